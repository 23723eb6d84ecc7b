#pragma once

// The digests that SQL offers (RU section 7.6). Pure; any thread.

#include <string>
#include <string_view>

namespace iotemu::rules::sql {

enum class Digest { md2, md5, sha1, sha224, sha256, sha384, sha512 };

/// Lower-case hex. Empty if the machine's OpenSSL refuses the algorithm, as a FIPS set-up does with MD5.
[[nodiscard]] std::string hex_digest(Digest kind, std::string_view bytes);

}  // namespace iotemu::rules::sql
