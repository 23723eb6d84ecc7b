#pragma once

// The wire forms of the neighbours: JSON 1.0 and 1.1 (the operation in X-Amz-Target, errors as `__type`), the
// query protocol (a form with Action in, XML out) and REST with JSON (the operation is verb and path). Pure.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/api/router.h"
#include "emulator/http/message.h"
#include "emulator/neighbours/service.h"

namespace iotemu::neighbours {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// Reads and validates the body of a JSON request.
[[nodiscard]] Answer<Json> read_json(const ServiceFacts& service, const Operation& operation,
                                     const http::Request& request);
[[nodiscard]] http::Response json_answer(const ServiceFacts& service, const Json& answer);
/// `service` may be nobody's: default facts.
[[nodiscard]] http::Response json_fault(const ServiceFacts& service, const Fault& fault);

/// Verb and path as a router knows them: older SDKs write a slash at the end that newer ones leave out.
[[nodiscard]] std::optional<api::RouteMatch> match_rest(const api::Router& router,
                                                        const http::Request& request);
/// Reads and validates path, query, headers and body.
[[nodiscard]] Answer<Json> read_rest(const ServiceFacts& service, const Operation& operation,
                                     const api::RouteMatch& match, const http::Request& request);
/// Members that the operation places elsewhere leave the body; 204 has none.
[[nodiscard]] http::Response rest_answer(const Operation& operation, Json answer);
[[nodiscard]] http::Response rest_fault(const ServiceFacts& service, const Fault& fault);

[[nodiscard]] bool is_form(const http::Request& request);
/// The form's Action, empty if there is none: nothing else is read.
[[nodiscard]] std::string form_action(const http::Request& request);
/// The fields of a form, which are bounded in number.
[[nodiscard]] Answer<Fields> form_fields(const http::Request& request);
/// The value of the first field of this name, empty if there is none.
[[nodiscard]] std::string_view field(const Fields& fields, std::string_view name);
/// Reads and validates a form: lists as `Name.member.N` or flat as `Name.N`, structures as `Name.Part`, flat
/// maps as `Name.N.Key` and `Name.N.Value`.
[[nodiscard]] Answer<Json> read_form(const ServiceFacts& service, const Operation& operation,
                                     const Fields& fields);
/// `answer` is the content of `<Operation>Result`, which is left out when there is none.
[[nodiscard]] http::Response xml_answer(const ServiceFacts& service, const Operation& operation,
                                        const Json& answer, std::string_view request_id);
/// As S3 writes it.
[[nodiscard]] http::Response rest_xml_fault(const Fault& fault, std::string_view request_id);
[[nodiscard]] http::Response xml_fault(std::string_view xml_space, const Fault& fault,
                                       std::string_view request_id);

}  // namespace iotemu::neighbours
