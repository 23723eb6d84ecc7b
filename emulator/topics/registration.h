#pragma once

// The registration event of P4.1: what the service says when a certificate that waits for its activation
// knocks. Pure.

#include <string>

#include "iotemu/events.h"

namespace iotemu::topics {

/// `$aws/events/certificates/registered/<caCertificateId>`.
[[nodiscard]] std::string registration_topic(const CertificateRegistered& event);

/// Exactly six keys; `certificateRegistrationTimestamp` is null on the first knock and a string of
/// milliseconds afterwards, while `timestamp` is a number.
[[nodiscard]] std::string registration_payload(const CertificateRegistered& event);

}  // namespace iotemu::topics
