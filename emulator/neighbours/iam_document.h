#pragma once

// Policy documents of IAM: whether they have the form of one, and whether a role's trust lets somebody in.
// Pure.

#include <string>
#include <string_view>

#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours {

/// MalformedPolicyDocument with the reason. `trust`: of a role, with Principal and without Resource.
[[nodiscard]] Done check_document(std::string_view document, bool trust);

/// Who asks to assume a role.
struct Assuming {
  std::string account{};
  std::string arn{};
  std::string external_id{};
};

/// Empty if the trust policy lets `who` in, else why it does not. Every long-term credential may be any user
/// or role of its account. Of conditions, only StringEquals and StringNotEquals on sts:ExternalId are
/// understood; another never holds for an Allow, and always for a Deny.
[[nodiscard]] std::string why_not_trusted(std::string_view trust_document, const Assuming& who);

}  // namespace iotemu::neighbours
