#pragma once

// Just enough DER to judge a certificate or a request before OpenSSL decodes it: OpenSSL reads the public key
// while it decodes, which is where hostile parameters cost time (CVE-2022-0778).

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "registry/pki/certificate.h"

namespace iotemu::registry::pki::der {

inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kOid = 0x06;
inline constexpr std::uint8_t kSequence = 0x30;

/// One element; views into the input.
struct Element {
  std::uint8_t tag{0};
  std::string_view content{};
  std::string_view whole{};
};

/// Reads elements one after another. The first failure sticks; later reads give empty elements.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_{bytes} {}

  /// The next element, whatever it is.
  Element next();
  /// The next element, which must have this tag.
  Element expect(std::uint8_t tag);
  [[nodiscard]] bool next_is(std::uint8_t tag) const {
    return ok_ && !rest_.empty() && static_cast<std::uint8_t>(rest_.front()) == tag;
  }
  [[nodiscard]] bool more() const { return ok_ && !rest_.empty(); }
  [[nodiscard]] bool ok() const { return ok_; }
  /// Everything was read and nothing failed.
  [[nodiscard]] bool finished() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_{true};
};

/// One element fills `bytes`, and all lengths in it are definite and minimal; nesting is bounded.
[[nodiscard]] bool is_strict(std::string_view bytes);

}  // namespace iotemu::registry::pki::der

namespace iotemu::registry::pki {

struct KeyFacts {
  KeyType type{KeyType::ec};
  int bits{0};
};

// The checks fail with Errc::certificate_validation; the message is the clause that says what is wrong.

/// A SubjectPublicKeyInfo: RSA of 2048 to 8192 bits with a sane exponent, or a point on named P-256, P-384 or
/// P-521 (P1.2 check 6, P2.1).
Result<KeyFacts> check_public_key(std::string_view spki);

/// A whole certificate: form, sizes, version, serial, signature algorithm (P2.1), key, extensions (none
/// twice, no unknown critical one).
Result<KeyFacts> check_certificate_form(std::string_view der);

/// A whole certification request, likewise.
Status check_request_form(std::string_view der);

}  // namespace iotemu::registry::pki
