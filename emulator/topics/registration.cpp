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

}  // namespace iotemu::topics
