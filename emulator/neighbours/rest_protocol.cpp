#include <utility>

#include "emulator/api/validate.h"
#include "emulator/neighbours/protocol.h"

namespace iotemu::neighbours {
namespace {

std::string header_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : to_text(value);
}

}  // namespace

std::optional<api::RouteMatch> match_rest(const api::Router& router, const http::Request& request) {
  if (request.segments.empty() || !request.segments.back().empty())
    return router.match(request.method, request.segments);
  auto segments = request.segments;
  segments.pop_back();
  return router.match(request.method, segments);
}

Answer<Json> read_rest(const ServiceFacts& service, const Operation& operation, const api::RouteMatch& match,
                       const http::Request& request) {
  const auto invalid = service.invalid.empty() ? "ValidationException" : service.invalid;
  auto input = api::read_input(operation.shape, match, request);
  if (!input) {
    const bool unreadable = input.error().code == Errc::serialization;
    return Fault{unreadable ? "SerializationException" : invalid, input.error().message};
  }
  if (auto valid = api::validate(operation.shape, *input); !valid) {
    return Fault{invalid, valid.error().message};
  }
  return std::move(*input);
}

http::Response rest_answer(const Operation& operation, Json answer) {
  http::Response response{.status = operation.success};
  bool has_payload = false;
  for (const auto& [member, kind, header] : operation.placed) {
    const auto found = answer.find(member);
    has_payload = has_payload || kind == OutputPlace::Kind::payload;
    if (found == answer.end()) continue;
    if (kind == OutputPlace::Kind::header) {
      response.headers.push_back({std::string{header}, header_text(*found)});
    } else if (kind == OutputPlace::Kind::status) {
      response.status = found->get<unsigned>();
    } else {
      response.body = std::move(found->get_ref<std::string&>());
    }
    answer.erase(found);
  }
  if (!has_payload && response.status != 204) response.body = to_text(answer);
  return response;
}

http::Response rest_fault(const ServiceFacts& service, const Fault& fault) {
  Json body{{"Message", fault.message}};
  if (service.says_fault_type) body["Type"] = fault.status < 500 ? "User" : "Service";
  if (fault.more.is_object()) body.update(fault.more);
  return {.status = fault.status,
          .body = to_text(body),
          .headers = {{"x-amzn-ErrorType", std::string{fault.name}}}};
}

}  // namespace iotemu::neighbours
