#pragma once

// What a domain configuration says about a client with a certificate that came by its name (D-3, D-4, D-6).
// Pure.

#include <optional>
#include <string>
#include <string_view>

#include "emulator/identity/client.h"
#include "registry/records/domain_configuration.h"

namespace iotemu::identity {

/// Why the configuration keeps a client of the service out, if it does. A client certificate callback is
/// asked elsewhere.
[[nodiscard]] std::optional<Turned> judge_domain(const registry::DomainConfigurationRecord& domain,
                                                 Transport transport, Service service);

/// The event of a client certificate callback, JSON (D-6).
[[nodiscard]] std::string certificate_callback_event(const mqtt::PeerIdentity& peer,
                                                     const registry::CertificateId& principal,
                                                     std::string_view connection_id);

/// Why what the callback answered is not `{"isAuthenticated":true}`; nothing if it is.
[[nodiscard]] std::optional<std::string> callback_refusal(const Result<std::string>& answer);

}  // namespace iotemu::identity
