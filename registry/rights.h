#pragma once

// The rights of one connection: which policies count for it, and what their variables stand for (P7.3, P7.5,
// P7.6). Pure: what the registry knows and what the connection tells go in. The door asks it about devices
// that connect, TestAuthorization about connections that nobody made, so both go by the same rules.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/realm.h"
#include "registry/answers.h"
#include "registry/pki/certificate.h"
#include "registry/policy/certificate_variables.h"
#include "registry/policy/context.h"
#include "registry/policy/document.h"

namespace iotemu::registry {

/// What a connection tells. What is absent leaves its variables without a value.
struct Connection {
  bool is_mqtt{true};  ///< A request of HTTPS has neither a client id nor a thing (T-17, P7.5).
  std::optional<std::string> client_id{};
  std::optional<std::string> server_name{};
  std::optional<std::string> source_ip{};
  std::shared_ptr<const policy::CertificateVariables> certificate{};
  bool persistent{false};
  std::string will_topic{};  ///< Empty without a will.
};

struct Rights {
  std::vector<policy::NamedDocument> policies{};  ///< All that count, by name, each once.
  policy::Context context{};
};

[[nodiscard]] Rights rights_of(const Realm& realm, const PrincipalView& view, const Connection& connection);

/// P7.6: the exclusive thing, else the attached thing that has the client id as its name. Null: none.
[[nodiscard]] const AttachedThing* associated_thing(const PrincipalView& view, std::string_view client_id);

/// What policies can know of a certificate (P7.5).
[[nodiscard]] policy::CertificateVariables certificate_variables(const pki::Certificate& certificate);

}  // namespace iotemu::registry
