#pragma once

// The HTTPS port (T-15, T-17): a device asks the data plane, or the credential provider (C-1), with its
// certificate. The door of MQTT decides
// about the certificate, at every request, so that one that has left ACTIVE is refused in the middle of a
// connection; the policies of the certificate decide about the request. Runs on the HTTPS server's
// thread, or on that of a function which was asked first (D-6).

#include "emulator/api/api.h"
#include "emulator/http/server.h"
#include "emulator/identity/authenticator.h"
#include "emulator/identity/credential_provider.h"
#include "emulator/identity/refusals.h"

namespace iotemu::identity {

class DeviceHttps {
 public:
  /// All references outlive it.
  DeviceHttps(CertificateAuthenticator& door, Refusals& refusals, api::Api& api,
              CredentialProvider credentials)
      : door_{door}, refusals_{refusals}, api_{api}, credentials_{credentials} {}

  /// The handler of the HTTPS server.
  void handle(http::Request request, http::Responder respond);
  /// What the server wants of TLS; `in_handshake`: refusal mode `handshake_alert` (P3.6).
  [[nodiscard]] http::TlsOptions tls_options(bool in_handshake);

 private:
  using Entrant = CertificateAuthenticator::Entrant;
  void serve(http::Request request, http::Responder respond, Entrant entrant);

  CertificateAuthenticator& door_;
  Refusals& refusals_;
  api::Api& api_;
  CredentialProvider credentials_;
};

}  // namespace iotemu::identity
