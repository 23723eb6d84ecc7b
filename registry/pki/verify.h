#pragma once

// Who signed whom, and when it is valid. Only the direct issuer is ever looked at: no path is built (P1.2,
// P3.3). Pure; any thread.

#include "base/clock.h"
#include "registry/pki/certificate.h"

namespace iotemu::registry::pki {

/// The certificate's issuer name is that subject name: same DER, or equal after normalisation (P3.4 step 4).
[[nodiscard]] bool names_match(const Certificate& certificate, const Certificate& issuer);

/// The issuer's key verifies the certificate's signature.
[[nodiscard]] bool signature_verifies(const Certificate& certificate, const Certificate& issuer);

/// Both of the above.
[[nodiscard]] bool signed_by(const Certificate& certificate, const Certificate& issuer);

/// Both key identifiers are present and differ. A hint only: it decides between several candidates.
[[nodiscard]] bool key_ids_differ(const Certificate& certificate, const Certificate& issuer);

enum class Validity { valid, not_yet_valid, expired };
/// Both ends of the window belong to it.
[[nodiscard]] Validity validity_at(Time not_before, Time not_after, Time now);
[[nodiscard]] Validity validity_at(const Certificate& certificate, Time now);

}  // namespace iotemu::registry::pki
