#include "emulator/api/validate.h"
#include "emulator/neighbours/protocol.h"

namespace iotemu::neighbours {
namespace {

constexpr std::string_view kContentType = "application/x-amz-json-1.1";

}  // namespace

Answer<Json> read_json(const Operation& operation, const http::Request& request) {
  auto input = api::read_input(operation.shape, {}, request);
  if (!input) return Fault{"SerializationException", input.error().message};
  if (auto valid = api::validate(operation.shape, *input); !valid) {
    return Fault{"ValidationException", valid.error().message};
  }
  return std::move(*input);
}

http::Response json_answer(const Json& answer) {
  return {.body = to_text(answer), .content_type = std::string{kContentType}};
}

http::Response json_fault(const Fault& fault) {
  return {.status = fault.status,
          .body = to_text(Json{{"__type", fault.name}, {"message", fault.message}}),
          .content_type = std::string{kContentType},
          .headers = {{"x-amzn-ErrorType", std::string{fault.name}}}};
}

}  // namespace iotemu::neighbours
