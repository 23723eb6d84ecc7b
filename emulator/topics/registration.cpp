#include "emulator/topics/registration.h"

#include <nlohmann/json.hpp>

namespace iotemu::topics {

std::string registration_topic(const CertificateRegistered& event) {
  return "$aws/events/certificates/registered/" + event.ca_certificate_id;
}

std::string registration_payload(const CertificateRegistered& event) {
  nlohmann::ordered_json json{
      {"certificateId", event.certificate_id}, {"caCertificateId", event.ca_certificate_id},
      {"timestamp", event.timestamp},          {"certificateStatus", "PENDING_ACTIVATION"},
      {"awsAccountId", event.account},         {"certificateRegistrationTimestamp", nullptr}};
  if (event.registered_at) json["certificateRegistrationTimestamp"] = std::to_string(*event.registered_at);
  return json.dump();
}

CertificateRegistered read_registration(const std::string& payload, const Realm& realm,
                                        const std::string& client_id) {
  const auto json = nlohmann::json::parse(payload);
  CertificateRegistered event{.certificate_id = json.at("certificateId"),
                              .ca_certificate_id = json.at("caCertificateId"),
                              .account = realm.account,
                              .region = realm.region,
                              .timestamp = json.at("timestamp"),
                              .client_id = client_id,
                              .json = payload};
  event.certificate_arn = iot_arn(realm, "cert/" + event.certificate_id);
  const auto& registered = json.at("certificateRegistrationTimestamp");
  if (registered.is_string()) event.registered_at = std::stoll(registered.get<std::string>());
  return event;
}

}  // namespace iotemu::topics
