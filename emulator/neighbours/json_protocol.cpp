#include "emulator/api/validate.h"
#include "emulator/neighbours/protocol.h"

namespace iotemu::neighbours {
namespace {

std::string content_type(const ServiceFacts& service) {
  return "application/x-amz-json-" + std::string{service.json_version};
}

}  // namespace

Answer<Json> read_json(const ServiceFacts& service, const Operation& operation,
                       const http::Request& request) {
  auto input = api::read_input(operation.shape, {}, request);
  if (!input) return Fault{"SerializationException", input.error().message};
  if (auto valid = api::validate(operation.shape, *input); !valid) {
    return Fault{service.invalid.empty() ? "ValidationException" : service.invalid, valid.error().message};
  }
  return std::move(*input);
}

http::Response json_answer(const ServiceFacts& service, const Json& answer) {
  return {.body = to_text(answer), .content_type = content_type(service)};
}

http::Response json_fault(const ServiceFacts& service, const Fault& fault) {
  const auto name = std::string{fault.name};
  http::Response response{
      .status = fault.status,
      .body = to_text(Json{{"__type", std::string{service.type_space} + name}, {"message", fault.message}}),
      .content_type = content_type(service),
      .headers = {{"x-amzn-ErrorType", name}}};
  if (!fault.query_name.empty()) {
    response.headers.push_back({"x-amzn-query-error", std::string{fault.query_name} +
                                                          (fault.status < 500 ? ";Sender" : ";Receiver")});
  }
  return response;
}

}  // namespace iotemu::neighbours
