#pragma once

// Credentials of an IAM role for a device by its certificate (C-1 to C-5). Runs on the HTTPS server's thread,
// or on that of a function which was asked first.

#include <functional>
#include <string>
#include <utility>

#include "base/json.h"
#include "emulator/http/message.h"
#include "emulator/identity/authenticator.h"
#include "emulator/identity/refusals.h"
#include "registry/records/role_alias.h"

namespace iotemu::identity {

class CredentialProvider {
 public:
  /// Opens a session of the alias's role and gives its Credentials, as STS does; Errc::invalid_request if the
  /// alias names no role.
  using OpenSession =
      std::function<Result<Json>(const registry::RoleAliasRecord& alias, const std::string& session)>;

  /// `refusals` outlives it.
  CredentialProvider(Refusals& refusals, OpenSession open) : refusals_{refusals}, open_{std::move(open)} {}

  /// Whether the request is for the provider: `GET /role-aliases/<alias>/credentials`.
  [[nodiscard]] static bool is_asked(const http::Request& request);
  /// What a client gets whom the door or a policy turns away (C-3).
  [[nodiscard]] static http::Response access_denied();

  /// Answers a request whose certificate is ACTIVE.
  [[nodiscard]] http::Response answer(const http::Request& request,
                                      CertificateAuthenticator::Entrant entrant) const;

 private:
  Refusals& refusals_;
  OpenSession open_;
};

}  // namespace iotemu::identity
