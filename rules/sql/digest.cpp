#include "rules/sql/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/hex.h"

namespace iotemu::rules::sql {
namespace {

/// The permutation of RFC 1319, made from the digits of pi.
constexpr std::array<std::uint8_t, 256> kMd2Permutation{
    41,  46,  67,  201, 162, 216, 124, 1,   61,  54,  84,  161, 236, 240, 6,   19,  98,  167, 5,   243,
    192, 199, 115, 140, 152, 147, 43,  217, 188, 76,  130, 202, 30,  155, 87,  60,  253, 212, 224, 22,
    103, 66,  111, 24,  138, 23,  229, 18,  190, 78,  196, 214, 218, 158, 222, 73,  160, 251, 245, 142,
    187, 47,  238, 122, 169, 104, 121, 145, 21,  178, 7,   63,  148, 194, 16,  137, 11,  34,  95,  33,
    128, 127, 93,  154, 90,  144, 50,  39,  53,  62,  204, 231, 191, 247, 151, 3,   255, 25,  48,  179,
    72,  165, 181, 209, 215, 94,  146, 42,  172, 86,  170, 198, 79,  184, 56,  210, 150, 164, 125, 182,
    118, 252, 107, 226, 156, 116, 4,   241, 69,  157, 112, 89,  100, 113, 135, 32,  134, 91,  207, 101,
    230, 45,  168, 2,   27,  96,  37,  173, 174, 176, 185, 246, 28,  70,  97,  105, 52,  64,  126, 15,
    85,  71,  163, 35,  221, 81,  175, 58,  195, 92,  249, 206, 186, 197, 234, 38,  44,  83,  13,  110,
    133, 40,  132, 9,   211, 223, 205, 244, 65,  129, 77,  82,  106, 220, 55,  200, 108, 193, 171, 250,
    36,  225, 123, 8,   12,  189, 177, 74,  120, 136, 149, 139, 227, 99,  232, 109, 233, 203, 213, 254,
    59,  0,   29,  57,  242, 239, 183, 14,  102, 88,  208, 228, 166, 119, 114, 248, 235, 117, 75,  10,
    49,  68,  80,  180, 143, 237, 31,  26,  219, 153, 141, 51,  159, 17,  131, 20};

/// OpenSSL 3 keeps MD2 out of its default builds.
class Md2 {
 public:
  static constexpr std::size_t kBlock = 16;
  using Block = std::array<std::uint8_t, kBlock>;

  void add(const Block& block) {
    for (std::size_t i = 0; i < kBlock; ++i) {
      state_[kBlock + i] = block[i];
      state_[2 * kBlock + i] = static_cast<std::uint8_t>(state_[i] ^ block[i]);
    }
    std::uint8_t t = 0;
    for (std::uint8_t round = 0; round < 18; ++round) {
      for (auto& byte : state_) t = byte = static_cast<std::uint8_t>(byte ^ kMd2Permutation[t]);
      t = static_cast<std::uint8_t>(t + round);
    }
    t = checksum_.back();
    for (std::size_t i = 0; i < kBlock; ++i) {
      t = checksum_[i] =
          static_cast<std::uint8_t>(checksum_[i] ^ kMd2Permutation[static_cast<std::uint8_t>(block[i] ^ t)]);
    }
  }

  [[nodiscard]] const Block& checksum() const { return checksum_; }
  [[nodiscard]] std::span<const std::uint8_t> result() const { return std::span{state_}.first<kBlock>(); }

 private:
  std::array<std::uint8_t, 3 * kBlock> state_{};
  Block checksum_{};
};

std::string md2(std::string_view bytes) {
  Md2 md2;
  Md2::Block block{};
  std::size_t filled = 0;
  for (const char c : bytes) {
    block[filled++] = static_cast<std::uint8_t>(c);
    if (filled == Md2::kBlock) {
      md2.add(block);
      filled = 0;
    }
  }
  const auto padding = static_cast<std::uint8_t>(Md2::kBlock - filled);
  for (; filled < Md2::kBlock; ++filled) block[filled] = padding;
  md2.add(block);
  // A copy: adding a block changes the checksum that it is.
  const auto checksum = md2.checksum();
  md2.add(checksum);
  return to_hex(md2.result());
}

const char* name_of(Digest kind) {
  switch (kind) {
    case Digest::md2:
      break;
    case Digest::md5:
      return "MD5";
    case Digest::sha1:
      return "SHA1";
    case Digest::sha224:
      return "SHA224";
    case Digest::sha256:
      return "SHA256";
    case Digest::sha384:
      return "SHA384";
    case Digest::sha512:
      return "SHA512";
  }
  return "";
}

}  // namespace

std::string hex_digest(Digest kind, std::string_view bytes) {
  if (kind == Digest::md2) return md2(bytes);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  std::size_t size = digest.size();
  if (EVP_Q_digest(nullptr, name_of(kind), nullptr, bytes.data(), bytes.size(), digest.data(), &size) != 1) {
    return {};
  }
  return to_hex(std::span{digest}.first(size));
}

}  // namespace iotemu::rules::sql
