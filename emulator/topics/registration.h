#pragma once

// The registration event of P4.1: what the service says when a certificate that waits for its activation
// knocks. Pure.

#include <string>

#include "base/realm.h"
#include "iotemu/events.h"

namespace iotemu::topics {

/// `$aws/events/certificates/registered/<caCertificateId>`.
[[nodiscard]] std::string registration_topic(const CertificateRegistered& event);

/// Exactly six keys; `certificateRegistrationTimestamp` is null on the first knock and a string of
/// milliseconds afterwards, while `timestamp` is a number.
[[nodiscard]] std::string registration_payload(const CertificateRegistered& event);

/// The way back, for a handler inside this process: what the payload does not tell comes from the realm and
/// the client id. `json` keeps the payload.
[[nodiscard]] CertificateRegistered read_registration(const std::string& payload, const Realm& realm,
                                                      const std::string& client_id);

}  // namespace iotemu::topics
