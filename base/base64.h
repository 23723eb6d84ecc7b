#pragma once

// Base64 with padding (RFC 4648), for PEM bodies and paging markers.

#include <optional>
#include <string>
#include <string_view>

namespace iotemu {

[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Nothing for another alphabet, wrong padding, stray bits or white space.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace iotemu
