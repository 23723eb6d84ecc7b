#pragma once

// The name of a policy that a template brings along (P5.5).

#include <string>
#include <string_view>

namespace iotemu::registry::provisioning {

/// 40 uppercase hex characters: SHA-1 over the UTF-8 bytes of the document, as AWS's example ARNs look. What
/// AWS hashes is unconfirmed: here, the text after evaluation.
[[nodiscard]] std::string policy_name_of(std::string_view document);

}  // namespace iotemu::registry::provisioning
