#pragma once

// Digests as the services show them: MD5 as SQS does, so that SDKs can compare, and SHA-256 of code.

#include <string>
#include <string_view>

namespace iotemu::neighbours {

/// 32 lowercase hexadecimal digits.
[[nodiscard]] std::string md5_hex(std::string_view bytes);
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
[[nodiscard]] std::string sha256_base64(std::string_view bytes);

}  // namespace iotemu::neighbours
