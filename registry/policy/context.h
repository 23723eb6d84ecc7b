#pragma once

// What the policy engine may know about a request: every variable of P7.5 and every condition key of P7.7.
// The door fills one Context per connection; a copy is cheap (the certificate's and the thing's facts are
// shared), so that a request can add to it. A plain value: whoever holds it owns it.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/policy/action.h"
#include "registry/policy/certificate_variables.h"

namespace iotemu::registry::policy {

/// The thing that the connection is associated with (P7.6).
struct AssociatedThing {
  std::string name{};
  std::string type{};  // empty: the thing has no type
  std::map<std::string, std::string, std::less<>> attributes{};
};

/// The values of one key in one request.
struct Values {
  enum class Kind {
    single,    // one value
    set,       // a set; an operator without qualifier reads it as ForAllValues (P7.7, Connect matrix)
    qualified  // a set that only ForAllValues and ForAnyValue can read (`.List`, P7.5)
  };
  Kind kind{Kind::single};
  std::vector<std::string_view> items{};  // borrowed from the Context
};

struct Context {
  // The connection. An empty optional is a variable that cannot be resolved.
  std::optional<std::string> client_id{};
  std::optional<std::string> domain_name{};
  std::optional<std::string> source_ip{};
  std::optional<std::string> source_vpc{};
  std::optional<std::string> source_vpce{};
  std::optional<std::string> vpc_source_ip{};

  // The certificate.
  std::optional<std::string> certificate_id{};
  std::shared_ptr<const CertificateVariables> certificate{};

  // The thing, by the association rules of P7.6; over HTTPS all three stay empty.
  std::shared_ptr<const AssociatedThing> thing{};
  std::optional<bool> is_attached{};

  // Facts of a CONNECT; seen by iot:Connect requests only.
  bool persistent_connect{false};
  std::optional<std::string> last_will_topic{};  // ARN, `…:topic/<will topic>`; set: LastWill is set as well

  // Facts of single HTTPS requests.
  std::optional<bool> include_socket_information{};  // iot:GetConnection
  std::optional<std::string> topic{};                // iot:SendDirectMessage; the bare topic

  /// The values of a variable or condition key, named without `${}`; empty when it has none. Letter case of
  /// names does not matter (IAM's habit), except for attribute names in brackets.
  [[nodiscard]] std::optional<Values> lookup(std::string_view name, Action action) const;

  /// The text that replaces `${name}` in a policy; empty when the variable stays as it is (P7.5).
  [[nodiscard]] std::optional<std::string_view> replacement(std::string_view name, Action action) const;

  /// Why `replacement` has nothing for `name`, as a clause for a developer: "client id 'x' is not the name of
  /// a thing this certificate is attached to".
  [[nodiscard]] std::string why_unresolved(std::string_view name) const;
};

}  // namespace iotemu::registry::policy
