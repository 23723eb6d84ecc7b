#include "emulator/neighbours/digests.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <vector>

#include "base/base64.h"
#include "base/hex.h"

namespace iotemu::neighbours {
namespace {

std::string digest(std::string_view bytes, const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &length, kind, nullptr) != 1) return {};
  return {out.begin(), out.begin() + length};
}

std::string hex(const std::string& bytes) {
  const std::vector<std::uint8_t> octets{bytes.begin(), bytes.end()};
  return to_hex(octets);
}

}  // namespace

std::string md5_hex(std::string_view bytes) {
  return hex(digest(bytes, EVP_md5()));
}

std::string sha256_hex(std::string_view bytes) {
  return hex(digest(bytes, EVP_sha256()));
}

std::string sha256_base64(std::string_view bytes) {
  return to_base64(digest(bytes, EVP_sha256()));
}

}  // namespace iotemu::neighbours
