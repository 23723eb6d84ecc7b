// Digests of the UTF-8 text of their argument.

#include <array>

#include "rules/sql/arguments.h"
#include "rules/sql/digest.h"

namespace iotemu::rules::sql {
namespace {

/// MD2 is slow.
constexpr std::size_t bytes_per_step(Digest digest) {
  return digest == Digest::md2 ? 8 : 256;
}

template <Digest digest>
Value hashed(FunctionCall& call) {
  const auto text = text_argument(call, 0);
  if (!text || !call.charge(text->size() / bytes_per_step(digest))) return {};
  const auto hex = hex_digest(digest, *text);
  if (hex.empty()) return call.fail("this machine's OpenSSL refuses the algorithm");
  return call.text(hex);
}

constexpr std::array<Function, 7> kFunctions{{
    {.name = "md2", .least = 1, .most = 1, .run = hashed<Digest::md2>},
    {.name = "md5", .least = 1, .most = 1, .run = hashed<Digest::md5>},
    {.name = "sha1", .least = 1, .most = 1, .run = hashed<Digest::sha1>},
    {.name = "sha224", .least = 1, .most = 1, .run = hashed<Digest::sha224>},
    {.name = "sha256", .least = 1, .most = 1, .run = hashed<Digest::sha256>},
    {.name = "sha384", .least = 1, .most = 1, .run = hashed<Digest::sha384>},
    {.name = "sha512", .least = 1, .most = 1, .run = hashed<Digest::sha512>},
}};

}  // namespace

std::span<const Function> hash_functions() {
  return kFunctions;
}

}  // namespace iotemu::rules::sql
