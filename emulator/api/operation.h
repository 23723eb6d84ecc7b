#pragma once

// One API operation is one row: where its members travel, what they must look like, and the function that
// carries it out. The tables of rows drive routing, validation, the in-process call, the coverage report and
// the generic tests; nothing about an operation is said anywhere else.

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "emulator/api/errors.h"
#include "emulator/api/patterns.h"
#include "registry/registry.h"

namespace iotemu::bulk {
class RegistrationTasks;
}
namespace iotemu::invoke {
class Functions;
}

namespace iotemu::api {

class DeviceRights;
class MessageSpace;
struct ApiOptions;
struct Operation;
class Realms;

enum class Verb { get, post, put, patch, del };
/// `GET`, `DELETE`, …
[[nodiscard]] std::string_view method_of(Verb verb);

/// Where a member travels.
enum class Place {
  path,
  query,
  header,
  body,
  payload  ///< The whole body is this one member: as it is (DP-0e), or JSON for a structure.
};
enum class Type {
  string,
  integer,
  number,
  boolean,
  structure,
  list,
  string_map,
  blob,
  document  ///< any JSON, which the operation judges itself
};

/// A member with its rules (P appendix A). Made by `path_member`, `query`, `header`, `body` or `element`
/// below and refined by chaining: `body("tags").list_of(tag())`.
struct Member {
  std::string_view name{};  ///< the service model's member name: the key of the input object
  std::string_view wire{};  ///< the name in the path template, the query or the header
  Place place{Place::body};
  Type type{Type::string};
  bool is_required{false};
  std::size_t min_length{0};
  std::size_t max_length{std::numeric_limits<std::size_t>::max()};
  std::int64_t lowest{std::numeric_limits<std::int64_t>::min()};
  std::int64_t highest{std::numeric_limits<std::int64_t>::max()};
  bool decodes_base64{false};  ///< base64 on the wire; the input object holds what it says
  bool is_closed{false};       ///< a structure that refuses members which it does not have, by name
  bool is_flat{false};         ///< a list or map that the query protocol writes as `wire.N`
  bool is_base64{false};       ///< a string whose length is that of the bytes it stands for
  const Pattern* must_match{nullptr};
  std::span<const std::string_view> values{};
  std::vector<Member> parts{};  ///< of a structure: its members; list: the element; map: key and value

  [[nodiscard]] Member required() const;
  /// Characters of a string, elements of a list.
  [[nodiscard]] Member length(std::size_t min, std::size_t max) const;
  [[nodiscard]] Member base64() const;
  [[nodiscard]] Member pattern(const Pattern& pattern) const;
  [[nodiscard]] Member one_of(std::span<const std::string_view> allowed) const;
  [[nodiscard]] Member integer(std::int64_t low = std::numeric_limits<std::int64_t>::min(),
                               std::int64_t high = std::numeric_limits<std::int64_t>::max()) const;
  /// With or without a fraction.
  [[nodiscard]] Member number(std::int64_t low, std::int64_t high) const;
  [[nodiscard]] Member boolean() const;
  [[nodiscard]] Member as_base64() const;
  [[nodiscard]] Member structure(std::vector<Member> members) const;
  /// Unknown members are refused, not dropped: where dropping one would change what is asked for.
  [[nodiscard]] Member closed() const;
  [[nodiscard]] Member list_of(const Member& element) const;
  /// JSON with rules that rows cannot say.
  [[nodiscard]] Member document() const;
  [[nodiscard]] Member flat(std::string_view wire_name) const;
  [[nodiscard]] Member map_of(const Member& key, const Member& value) const;
};

[[nodiscard]] Member path_member(std::string_view name, std::string_view wire = {});
[[nodiscard]] Member query(std::string_view name, std::string_view wire = {});
[[nodiscard]] Member header(std::string_view name, std::string_view wire);
[[nodiscard]] Member body(std::string_view name);
/// The whole HTTP body as it is (DP-0e), or as JSON if it is made a structure.
[[nodiscard]] Member payload(std::string_view name);

/// One validated request on its way through its operation.
struct Call {
  registry::Registry& registry;
  Realms& realms;  ///< for what concerns two accounts
  bulk::RegistrationTasks& tasks;
  const invoke::Functions& functions;
  /// The realm's, in operations of the data plane; else null.
  MessageSpace* messages;
  /// Who asks, as rules see it (M 7.6, `principal()`); empty: nobody that could be named.
  const std::string& principal;
  /// Who asks, if it is a device by its certificate; null for everybody else.
  DeviceRights* device;
  const std::string& request_id;
  const std::string& source_ip;  ///< Of the caller; empty inside the process.
  const std::string& endpoint;   ///< How the caller reached the API: `http://host:port`.
  bool foreign;                  ///< A web page of another site makes a browser ask.
  const ApiOptions& options;
  const Operation& operation;
  const Json& input;

  [[nodiscard]] bool has(std::string_view name) const { return input.contains(name); }
  /// Empty when absent.
  [[nodiscard]] std::string str(std::string_view name) const;
  /// False when absent.
  [[nodiscard]] bool flag(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;

  [[nodiscard]] registry::CertificateId certificate_id(std::string_view name = "certificateId") const;
  [[nodiscard]] registry::PolicyName policy_name() const;
  [[nodiscard]] registry::TemplateName template_name() const;
  [[nodiscard]] registry::ThingName thing_name() const;
  [[nodiscard]] std::optional<registry::ThingTypeName> thing_type_name() const;
  [[nodiscard]] registry::ThingGroupName thing_group_name(std::string_view name = "thingGroupName") const;
  [[nodiscard]] std::optional<registry::BillingGroupName> billing_group_name() const;
  [[nodiscard]] registry::RoleAliasName role_alias() const;
  [[nodiscard]] registry::AuthorizerName authorizer_name() const;
  [[nodiscard]] registry::DomainConfigurationName domain_configuration_name() const;
  [[nodiscard]] registry::TopicRuleName topic_rule_name() const;
  [[nodiscard]] registry::Tags tags() const;
  /// Of either style (P10.4): pageSize and marker, or maxResults and nextToken.
  [[nodiscard]] registry::PageRequest page() const;
};

struct Operation {
  std::string_view name{};
  Verb verb{Verb::get};
  std::string_view path{};  ///< `{member+}` in the last place takes the rest of the path, slashes included
  std::vector<Member> input{};
  std::vector<std::string_view> output{};  ///< the members an answer may have
  /// What the model lists beside the errors that any operation may answer: invalid_request, throttled,
  /// unauthorized, unavailable, internal. An SDK has types for no others (P10.3).
  std::vector<Errc> errors{};
  Result<Json> (*run)(Call&){nullptr};
  bool blocking{false};  ///< makes keys, signs, waits or walks: runs on the blocking pool
  Plane plane{Plane::control};
};

using OperationTable = std::vector<Operation>;

const OperationTable& ca_certificate_operations();
const OperationTable& certificate_operations();
const OperationTable& certificate_transfer_operations();
const OperationTable& policy_operations();
const OperationTable& policy_attachment_operations();
const OperationTable& authorization_operations();
const OperationTable& thing_operations();
const OperationTable& thing_type_operations();
const OperationTable& thing_principal_operations();
const OperationTable& thing_group_operations();
const OperationTable& dynamic_thing_group_operations();
const OperationTable& billing_group_operations();
const OperationTable& fleet_indexing_operations();
const OperationTable& fleet_aggregation_operations();
const OperationTable& provisioning_template_operations();
const OperationTable& provisioning_claim_operations();
const OperationTable& register_thing_operations();
const OperationTable& registration_task_operations();
const OperationTable& role_alias_operations();
const OperationTable& authorizer_operations();
const OperationTable& test_invoke_authorizer_operations();
const OperationTable& domain_configuration_operations();
const OperationTable& logging_operations();
const OperationTable& endpoint_operations();
const OperationTable& event_configuration_operations();
const OperationTable& tag_operations();
const OperationTable& topic_rule_operations();
const OperationTable& topic_rule_destination_operations();
const OperationTable& data_plane_operations();

/// An operation of the service that is known by name only (P10.7).
struct UnbuiltOperation {
  std::string_view name{};
  Verb verb{Verb::get};
  std::string_view path{};
};
[[nodiscard]] std::span<const UnbuiltOperation> unbuilt_operations();

}  // namespace iotemu::api
