#include "emulator/topics/fleet_requests.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"

namespace iotemu::topics {
namespace {

struct Row {
  Rejection rejection;
  RejectionShape shape;
};

// P6.4.
constexpr std::array kRows{
    Row{Rejection::token_empty, {400, "InvalidCertificateOwnershipToken"}},
    Row{Rejection::token_invalid, {400, "InvalidCertificateOwnershipToken"}},
    Row{Rejection::payload_invalid, {400, "InvalidPayload"}},
    Row{Rejection::csr_invalid, {400, "InvalidCertificateSigningRequest"}},
    Row{Rejection::template_missing, {404, "ResourceNotFound"}},
    Row{Rejection::template_unusable, {403, "AccessDenied"}},
    Row{Rejection::parameters_invalid, {400, "InvalidParameters"}},
    Row{Rejection::denied, {403, "AccessDenied"}},
    Row{Rejection::conflict, {409, "ResourceConflict"}},
    Row{Rejection::throttled, {429, "Throttled"}},
    Row{Rejection::internal, {500, "InternalError"}},
};

/// The longest CSR (P2.3).
constexpr std::size_t kMaxCsrBytes = 4096;

/// The text between `prefix` and the last slash, and what follows that.
std::optional<std::pair<std::string_view, std::string_view>> split_last(std::string_view topic,
                                                                        std::string_view prefix) {
  if (!topic.starts_with(prefix)) return std::nullopt;
  topic.remove_prefix(prefix.size());
  const std::size_t slash = topic.rfind('/');
  if (slash == topic.npos) return std::pair{std::string_view{}, topic};
  return std::pair{topic.substr(0, slash), topic.substr(slash + 1)};
}

/// Little of what a device sent is sent back.
constexpr std::size_t kMaxMessageBytes = 1000;

Rejected bad_payload(std::string message) {
  return {.rejection = Rejection::payload_invalid,
          .message = std::move(message),
          .cure = "send the payload that the topic asks for (P6.2, P6.3), in the format that it ends with"};
}

/// The payload as an object.
Read<Json> read_object(const FleetTopic& topic, std::string_view payload) {
  auto value = decode_payload(topic.format, payload);
  if (!value) return bad_payload("The payload is not valid: " + value.error().message);
  if (!value->is_object()) return bad_payload("The payload is not an object");
  return std::move(*value);
}

}  // namespace

std::optional<FleetTopic> parse_fleet_topic(std::string_view topic) {
  const auto fleet_topic = [](FleetOperation operation, std::string_view format,
                              std::string_view name) -> std::optional<FleetTopic> {
    const auto parsed = parse_payload_format(format);
    if (!parsed) return std::nullopt;
    return FleetTopic{.operation = operation, .format = *parsed, .template_name = std::string{name}};
  };
  constexpr std::string_view kProvision = "/provision";
  if (const auto parts = split_last(topic, "$aws/certificates/")) {
    if (parts->first == "create") return fleet_topic(FleetOperation::create_keys, parts->second, {});
    if (parts->first == "create-from-csr")
      return fleet_topic(FleetOperation::create_from_csr, parts->second, {});
  }
  if (const auto parts = split_last(topic, "$aws/provisioning-templates/")) {
    if (!parts->first.ends_with(kProvision)) return std::nullopt;
    const auto name = parts->first.substr(0, parts->first.size() - kProvision.size());
    if (name.find('/') == name.npos) return fleet_topic(FleetOperation::provision, parts->second, name);
  }
  return std::nullopt;
}

RejectionShape shape_of(Rejection rejection) {
  return std::ranges::find(kRows, rejection, &Row::rejection)->shape;
}

Json rejection_payload(const Rejected& rejected) {
  const RejectionShape shape = shape_of(rejected.rejection);
  return {{"statusCode", shape.status_code},
          {"errorCode", shape.error_code},
          {"errorMessage", front_characters(rejected.message, kMaxMessageBytes)}};
}

Read<CreateRequest> read_create(const FleetTopic& topic, std::string_view payload) {
  if (topic.operation == FleetOperation::create_keys && payload.empty()) return CreateRequest{};
  auto object = read_object(topic, payload);
  if (auto* rejected = std::get_if<Rejected>(&object)) return std::move(*rejected);
  if (topic.operation == FleetOperation::create_keys) return CreateRequest{};
  const Json& json = std::get<Json>(object);
  const auto csr = json.find("certificateSigningRequest");
  if (csr == json.end() || !csr->is_string()) {
    return bad_payload("The payload has no string certificateSigningRequest");
  }
  CreateRequest request{.csr_pem = csr->get<std::string>()};
  if (request.csr_pem.size() > kMaxCsrBytes) {
    return Rejected{.rejection = Rejection::csr_invalid,
                    .message = "The certificate signing request has " +
                               std::to_string(request.csr_pem.size()) + " characters, more than " +
                               std::to_string(kMaxCsrBytes),
                    .cure = "send one PEM block with a supported key (P2.1)"};
  }
  return request;
}

Read<ProvisionRequest> read_provision(const FleetTopic& topic, std::string_view payload) {
  auto object = read_object(topic, payload);
  if (auto* rejected = std::get_if<Rejected>(&object)) return std::move(*rejected);
  const Json& json = std::get<Json>(object);
  ProvisionRequest request;
  if (const auto token = json.find("certificateOwnershipToken"); token != json.end() && !token->is_null()) {
    if (!token->is_string()) return bad_payload("certificateOwnershipToken is not a string");
    request.token = token->get<std::string>();
  }
  if (const auto given = json.find("parameters"); given != json.end() && !given->is_null()) {
    if (!given->is_object()) return bad_payload("parameters is not an object");
    for (const auto& [name, value] : given->items()) {
      if (!value.is_string()) return bad_payload("parameter '" + name + "' is not a string");
      request.parameters[name] = value.get<std::string>();
    }
  }
  return request;
}

}  // namespace iotemu::topics
