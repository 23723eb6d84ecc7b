#include "emulator/identity/device_https.h"

#include <memory>
#include <utility>

#include "emulator/api/errors.h"
#include "emulator/api/message_space.h"
#include "emulator/identity/authorizer.h"

namespace iotemu::identity {
namespace {

mqtt::PeerIdentity identity_of(const http::TlsPeer& peer) {
  return {.chain = peer.chain,
          .server_name = peer.server_name,
          .address = peer.address,
          .port = peer.port,
          .tls_version = peer.version};
}

/// What the policies of a certificate allow in one request.
class CertificateRights final : public api::DeviceRights {
 public:
  CertificateRights(const registry::Registry& registry, Refusals& refusals, Client client)
      : principal_{client.certificate_id.hex()}, authorizer_{registry, refusals, std::move(client)} {}

  bool allows(const api::DeviceRequest& request) override {
    return authorizer_.request(request.action, request.resource, request.include_socket_information);
  }
  [[nodiscard]] std::string principal() const override { return principal_; }

 private:
  const std::string principal_;
  PolicyAuthorizer authorizer_;
};

}  // namespace

void DeviceHttps::handle(http::Request request, http::Responder respond) {
  const auto kept = std::make_shared<http::Request>(std::move(request));
  const auto service = CredentialProvider::is_asked(*kept) ? Service::credential_provider : Service::data;
  door_.identify(identity_of(*kept->tls), service, kept->id,
                 [this, kept, respond = std::move(respond)](std::optional<Entrant> entrant) {
                   if (entrant) return serve(std::move(*kept), respond, std::move(*entrant));
                   auto answer = CredentialProvider::is_asked(*kept)
                                     ? CredentialProvider::access_denied()
                                     : api::data_error_response({Errc::forbidden, "Forbidden"}, kept->id);
                   answer.close = true;  // as a refused CONNECT ends its connection
                   respond(std::move(answer));
                 });
}

void DeviceHttps::serve(http::Request request, http::Responder respond, Entrant entrant) {
  if (CredentialProvider::is_asked(request)) {
    return respond(credentials_.answer(request, std::move(entrant)));
  }
  RealmHome& home = *entrant.home;
  auto rights = std::make_shared<CertificateRights>(home.registry(), refusals_, std::move(entrant.client));
  api_.handle_device(std::move(request), std::move(respond), home.realm(), std::move(rights));
}

http::TlsOptions DeviceHttps::tls_options(bool in_handshake) {
  http::TlsOptions options{.alpn = {"x-amzn-http-ca", "http/1.1"},  // T-5
                           .on_handshake_failed = [this](const http::TlsPeer& peer, std::string_view reason) {
                             door_.on_handshake_failed(identity_of(peer), reason);
                           }};
  if (in_handshake) {
    options.accepts = [this](const http::TlsPeer& peer) {
      return door_.accepts_in_handshake(identity_of(peer), Transport::https);
    };
  }
  return options;
}

}  // namespace iotemu::identity
