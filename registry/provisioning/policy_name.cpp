#include "registry/provisioning/policy_name.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

namespace iotemu::registry::provisioning {

std::string policy_name_of(std::string_view document) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::size_t kSha1Bytes = 20;
  std::array<std::uint8_t, kSha1Bytes> hash{};
  EVP_Digest(document.data(), document.size(), hash.data(), nullptr, EVP_sha1(), nullptr);
  std::string out;
  out.reserve(hash.size() * 2);
  for (const std::uint8_t byte : hash) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace iotemu::registry::provisioning
