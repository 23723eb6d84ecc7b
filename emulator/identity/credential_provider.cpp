#include "emulator/identity/credential_provider.h"

#include <algorithm>
#include <utility>

#include "emulator/identity/authorizer.h"
#include "registry/role_aliases.h"

namespace iotemu::identity {
namespace {

constexpr std::string_view kThingHeader = "x-amzn-iot-thingname";

http::Response refused(unsigned status, std::string_view type, std::string_view message) {
  return {.status = status,
          .body = to_text(Json{{"message", message}}),
          .headers = {{"x-amzn-ErrorType", std::string{type}}}};
}

bool is_attached(const registry::Registry& registry, const registry::CertificateId& id,
                 std::string_view thing) {
  const auto view = registry.principal_view(id);
  return view && std::ranges::any_of(view->things, [&](const registry::AttachedThing& attached) {
           return attached.thing->name.text() == thing;
         });
}

}  // namespace

bool CredentialProvider::is_asked(const http::Request& request) {
  const auto& path = request.segments;
  return request.method == "GET" && path.size() == 3 && path[0] == "role-aliases" && path[2] == "credentials";
}

http::Response CredentialProvider::access_denied() {
  return refused(403, "AccessDeniedException", "Access Denied");
}

http::Response CredentialProvider::answer(const http::Request& request,
                                          CertificateAuthenticator::Entrant entrant) const {
  const std::string& alias = request.segments[1];
  const registry::Registry& registry = entrant.home->registry();
  const Client client = entrant.client;
  PolicyAuthorizer authorizer{registry, refusals_, std::move(entrant.client)};
  if (!authorizer.request(registry::policy::Action::assume_role_with_certificate, "rolealias/" + alias)) {
    return access_denied();
  }
  const auto* thing = request.header(kThingHeader);
  if (thing != nullptr && !is_attached(registry, client.certificate_id, *thing)) {
    refusals_.add(refusal_of(
        client,
        Turned{.refusal = Refusal::request_denied,
               .cause = "the header " + std::string{kThingHeader} + " names '" + *thing +
                        "', and certificate " + client.certificate_id.hex() + " is not attached to it (C-3)",
               .cure =
                   "aws iot attach-thing-principal --thing-name NAME --principal CERTIFICATE-ARN, or leave "
                   "the header out"}));
    return access_denied();
  }
  const auto name = registry::RoleAliasName::parse(alias);
  const auto found = name ? registry.role_aliases().get(*name) : name.error();
  if (!found) return refused(404, "ResourceNotFoundException", "Role alias " + alias + " does not exist");
  // The session goes by the certificate's id.
  const auto opened = open_(**found, client.certificate_id.hex());
  if (!opened) return refused(400, "InvalidRequestException", opened.error().message);
  const Json credentials{{"accessKeyId", opened->at("AccessKeyId")},
                         {"secretAccessKey", opened->at("SecretAccessKey")},
                         {"sessionToken", opened->at("SessionToken")},
                         {"expiration", opened->at("Expiration")}};
  return {.body = to_text(Json{{"credentials", credentials}})};
}

}  // namespace iotemu::identity
