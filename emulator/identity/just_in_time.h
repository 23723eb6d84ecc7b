#pragma once

// Just-in-time provisioning at the door (P5.1): runs the template of the CA that signed a waiting certificate
// and says in words what came of it, so that "stuck pending" is never a riddle.

#include "emulator/identity/client.h"
#include "registry/registry.h"

namespace iotemu::identity {

/// Provisions the certificate, here and now. The connection that asked is refused either way: with
/// Refusal::certificate_pending when the next connect will be judged by policies, with
/// Refusal::provisioning_failed when the certificate stays PENDING_ACTIVATION (P5.7). `first`: this connect
/// registered the certificate. Writes the log line `ProvisionDevice`.
[[nodiscard]] Turned provision_just_in_time(registry::Registry& registry,
                                            const registry::CertificateRecord& certificate, bool first);

}  // namespace iotemu::identity
