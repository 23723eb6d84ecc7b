#pragma once

// PEM blocks, read leniently around the block and strictly inside it.

#include <optional>
#include <string>
#include <string_view>

namespace iotemu::registry::pki {

/// The first block with this label, from its BEGIN line to its END line; empty if there is none.
[[nodiscard]] std::string_view pem_block(std::string_view text, std::string_view label);
/// The bytes of a block as `pem_block` gives it. White space between the characters does not matter; headers
/// and anything else that is not Base64 do.
[[nodiscard]] std::optional<std::string> pem_bytes(std::string_view block, std::string_view label);
/// A block of 64 characters a line, newline at the end.
[[nodiscard]] std::string to_pem(std::string_view der, std::string_view label);

}  // namespace iotemu::registry::pki
