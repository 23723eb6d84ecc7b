#pragma once

// Hand-made DER, for certificates that no issuer would make.

#include <string>
#include <string_view>

namespace iotemu::registry::pki {

inline std::string tlv(unsigned char tag, std::string_view content) {
  std::string out(1, static_cast<char>(tag));
  const auto byte = [](std::size_t value) {
    return static_cast<char>(static_cast<unsigned char>(value & 0xff));
  };
  if (content.size() < 0x80) {
    out += byte(content.size());
  } else if (content.size() < 0x100) {
    out += '\x81';
    out += byte(content.size());
  } else if (content.size() < 0x10000) {
    out += '\x82';
    out += byte(content.size() >> 8);
    out += byte(content.size());
  } else {
    out += '\x83';
    out += byte(content.size() >> 16);
    out += byte(content.size() >> 8);
    out += byte(content.size());
  }
  return out.append(content);
}

inline std::string sequence(std::string_view content) {
  return tlv(0x30, content);
}
inline std::string integer(std::string_view bytes) {
  return tlv(0x02, bytes);
}
inline std::string oid(std::string_view bytes) {
  return tlv(0x06, bytes);
}
inline std::string bit_string(std::string_view bytes) {
  return tlv(0x03, std::string(1, '\0').append(bytes));
}

using namespace std::string_view_literals;

inline const std::string kEcdsaSha256 = sequence(oid("\x2a\x86\x48\xce\x3d\x04\x03\x02"sv));
inline const std::string kRsaSha256 = sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"sv) + tlv(0x05, ""));
inline const std::string kRsaSha1 = sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"sv) + tlv(0x05, ""));
inline const std::string kRsaMd5 = sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"sv) + tlv(0x05, ""));

inline std::string name(std::string_view common_name, unsigned char string_type = 0x0c) {
  return sequence(tlv(0x31, sequence(oid("\x55\x04\x03"sv) + tlv(string_type, common_name))));
}

inline std::string rsa_key(std::string_view modulus, std::string_view exponent) {
  return sequence(sequence(oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"sv) + tlv(0x05, "")) +
                  bit_string(sequence(integer(modulus) + integer(exponent))));
}
/// An odd modulus of `bits` (a multiple of 8).
inline std::string modulus(std::size_t bits) {
  std::string bytes(bits / 8, '\x55');
  bytes.front() = '\xaa';
  return std::string(1, '\0') + bytes;
}
inline std::string ec_key(std::string_view parameters, std::string_view point) {
  return sequence(sequence(oid("\x2a\x86\x48\xce\x3d\x02\x01"sv) + std::string{parameters}) +
                  bit_string(point));
}
inline const std::string kP256 = oid("\x2a\x86\x48\xce\x3d\x03\x01\x07"sv);
/// The generator of P-256: a point that is on the curve.
inline const std::string kP256Point =
    "\x04\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4"
    "\xa1"
    "\x39\x45\xd8\x98\xc2\x96\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57"
    "\x6b"
    "\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";

inline std::string extension(std::string_view oid_bytes, bool critical, std::string_view value) {
  return sequence(oid(oid_bytes) + (critical ? tlv(0x01, "\xff") : std::string{}) + tlv(0x04, value));
}

/// A certificate of parts. Nobody signed it.
struct Parts {
  std::string version = tlv(0xa0, integer("\x02"));
  std::string serial = integer("\x01");
  std::string algorithm = kEcdsaSha256;
  std::string issuer = name("Factory");
  std::string validity = sequence(tlv(0x17, "250101000000Z") + tlv(0x17, "350101000000Z"));
  std::string subject = name("device");
  std::string key = ec_key(kP256, kP256Point);
  std::string extensions{};  ///< The content of the SEQUENCE; empty: absent.

  [[nodiscard]] std::string der() const {
    auto body = version + serial + algorithm + issuer + validity + subject + key;
    if (!extensions.empty()) body += tlv(0xa3, sequence(extensions));
    return sequence(sequence(body) + algorithm + bit_string(std::string(64, '\x01')));
  }
};

}  // namespace iotemu::registry::pki
