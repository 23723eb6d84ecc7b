#include "registry/pki/der.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>
#include <vector>

namespace iotemu::registry::pki {
namespace der {
namespace {

constexpr int kMaxDepth = 32;

bool is_strict(std::string_view bytes, int depth) {
  if (depth > kMaxDepth) return false;
  Reader in{bytes};
  while (in.more()) {
    const auto element = in.next();
    const bool constructed = (element.tag & 0x20) != 0;
    if (constructed && !is_strict(element.content, depth + 1)) return false;
  }
  return in.ok();
}

}  // namespace

Element Reader::next() {
  const auto failed = [this] {
    ok_ = false;
    rest_ = {};
    return Element{};
  };
  if (!ok_ || rest_.size() < 2) return failed();
  const auto at = [this](std::size_t i) { return static_cast<std::uint8_t>(rest_[i]); };
  const auto tag = at(0);
  if ((tag & 0x1f) == 0x1f) return failed();  // tag numbers above 30 occur in no certificate
  std::size_t header = 2;
  std::size_t length = at(1);
  if (length >= 0x80) {
    const std::size_t octets = length & 0x7f;
    if (octets == 0 || octets > 3 || rest_.size() < 2 + octets) return failed();  // 0: indefinite, BER only
    length = 0;
    for (std::size_t i = 0; i < octets; ++i) length = length << 8 | at(2 + i);
    const bool minimal = length >= 0x80 && at(2) != 0;
    if (!minimal) return failed();
    header += octets;
  }
  if (rest_.size() - header < length) return failed();
  const Element element{
      .tag = tag, .content = rest_.substr(header, length), .whole = rest_.substr(0, header + length)};
  rest_.remove_prefix(header + length);
  return element;
}

Element Reader::expect(std::uint8_t tag) {
  const auto element = next();
  if (element.tag == tag) return element;
  ok_ = false;
  rest_ = {};
  return {};
}

bool is_strict(std::string_view bytes) {
  Reader in{bytes};
  in.next();
  return in.finished() && is_strict(bytes, 0);
}

}  // namespace der

namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxNameBytes = 8192;
constexpr std::size_t kMaxSerialBytes = 20;
constexpr std::size_t kMaxExtensions = 64;
constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;
constexpr std::size_t kMaxRsaExponentBytes = 8;

// Object identifiers as their DER content.
constexpr auto kRsaEncryption = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"sv;
constexpr auto kRsaPss = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"sv;
constexpr auto kEcPublicKey = "\x2a\x86\x48\xce\x3d\x02\x01"sv;

struct Curve {
  std::string_view oid;
  int bits;
};
constexpr std::array kCurves{
    Curve{"\x2a\x86\x48\xce\x3d\x03\x01\x07"sv, 256},
    Curve{"\x2b\x81\x04\x00\x22"sv, 384},
    Curve{"\x2b\x81\x04\x00\x23"sv, 521},
};

/// P2.1: SHA-2 with RSA, RSA-PSS, DSA or ECDSA.
constexpr std::array kSignatureAlgorithms{
    "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"sv,  // sha256WithRSAEncryption
    "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"sv,  // sha384WithRSAEncryption
    "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"sv,  // sha512WithRSAEncryption
    kRsaPss,
    "\x60\x86\x48\x01\x65\x03\x04\x03\x02"sv,  // dsa-with-sha256
    "\x2a\x86\x48\xce\x3d\x04\x03\x02"sv,      // ecdsa-with-SHA256
    "\x2a\x86\x48\xce\x3d\x04\x03\x03"sv,      // ecdsa-with-SHA384
    "\x2a\x86\x48\xce\x3d\x04\x03\x04"sv,      // ecdsa-with-SHA512
};

/// Last octet of the 2.5.29.* extensions that may be critical: key identifiers, usages, names, constraints,
/// policies, CRL distribution.
constexpr std::array<std::uint8_t, 14> kKnownExtensions{14, 15, 17, 18, 19, 30, 31,
                                                        32, 33, 35, 36, 37, 46, 54};

Error invalid(std::string what) {
  return {Errc::certificate_validation, std::move(what)};
}

int bit_length(std::string_view unsigned_bytes) {
  if (unsigned_bytes.empty()) return 0;
  const auto top = static_cast<std::uint8_t>(unsigned_bytes.front());
  return static_cast<int>((unsigned_bytes.size() - 1) * 8) + std::bit_width(top);
}

/// The magnitude of a positive, minimally encoded INTEGER; empty if it is not one.
std::string_view positive(std::string_view integer) {
  if (integer.empty() || (static_cast<std::uint8_t>(integer.front()) & 0x80) != 0) return {};
  if (integer.front() != '\0') return integer;
  integer.remove_prefix(1);
  const bool needed_zero = !integer.empty() && (static_cast<std::uint8_t>(integer.front()) & 0x80) != 0;
  return needed_zero ? integer : std::string_view{};
}

Result<KeyFacts> check_rsa(std::string_view key) {
  der::Reader outer{key};
  der::Reader numbers{outer.expect(der::kSequence).content};
  const auto modulus = positive(numbers.expect(der::kInteger).content);
  const auto exponent = positive(numbers.expect(der::kInteger).content);
  if (!outer.finished() || !numbers.finished() || modulus.empty() || exponent.empty()) {
    return invalid("the RSA key cannot be read");
  }
  const int bits = bit_length(modulus);
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return invalid("an RSA key must have 2048 to 8192 bits, this one has " + std::to_string(bits));
  }
  const bool odd = (exponent.back() & 1) != 0 && (modulus.back() & 1) != 0;
  if (!odd || exponent == "\x01"sv || exponent.size() > kMaxRsaExponentBytes) {
    return invalid("the RSA key has an unusable exponent or modulus");
  }
  return KeyFacts{.type = KeyType::rsa, .bits = bits};
}

Result<KeyFacts> check_ec(der::Reader& parameters, std::string_view point) {
  if (!parameters.next_is(der::kOid)) {
    return invalid("an EC key must name its curve, explicit parameters are not accepted");
  }
  const auto oid = parameters.expect(der::kOid).content;
  const auto* curve =
      std::find_if(kCurves.begin(), kCurves.end(), [&](const Curve& c) { return c.oid == oid; });
  if (curve == kCurves.end()) return invalid("an EC key must be on P-256, P-384 or P-521");
  const auto coordinate = static_cast<std::size_t>((curve->bits + 7) / 8);
  const char form = point.empty() ? '\0' : point.front();
  const bool uncompressed = form == 4 && point.size() == 1 + 2 * coordinate;
  const bool compressed = (form == 2 || form == 3) && point.size() == 1 + coordinate;
  if (!uncompressed && !compressed) return invalid("the EC point has a wrong form or length");
  return KeyFacts{.type = KeyType::ec, .bits = curve->bits};
}

/// `algorithm`: the content of an AlgorithmIdentifier.
Status check_signature_algorithm(std::string_view algorithm) {
  der::Reader in{algorithm};
  const auto oid = in.expect(der::kOid).content;
  const bool known =
      std::find(kSignatureAlgorithms.begin(), kSignatureAlgorithms.end(), oid) != kSignatureAlgorithms.end();
  if (in.ok() && known) return Ok{};
  return invalid("the signature algorithm is not SHA-256, SHA-384 or SHA-512 with RSA, ECDSA or DSA");
}

bool is_known_extension(std::string_view oid) {
  return oid.size() == 3 && oid.starts_with("\x55\x1d"sv) &&
         std::find(kKnownExtensions.begin(), kKnownExtensions.end(), static_cast<std::uint8_t>(oid[2])) !=
             kKnownExtensions.end();
}

Status check_extensions(std::string_view list) {
  std::vector<std::string_view> seen;
  der::Reader in{list};
  while (in.more()) {
    der::Reader extension{in.expect(der::kSequence).content};
    const auto oid = extension.expect(der::kOid).content;
    const bool critical = extension.next_is(der::kBoolean) && extension.next().content != "\x00"sv;
    extension.expect(der::kOctetString);
    if (!extension.finished()) return invalid("an extension cannot be read");
    if (std::find(seen.begin(), seen.end(), oid) != seen.end()) return invalid("an extension occurs twice");
    if (critical && !is_known_extension(oid)) return invalid("a critical extension is unknown");
    seen.push_back(oid);
    if (seen.size() > kMaxExtensions) return invalid("it has more than 64 extensions");
  }
  if (!in.ok()) return invalid("the extensions cannot be read");
  return Ok{};
}

Status check_serial(std::string_view serial) {
  const bool padded = serial.size() == kMaxSerialBytes + 1 && serial.front() == '\0';
  if (!serial.empty() && (serial.size() <= kMaxSerialBytes || padded)) return Ok{};
  return invalid("the serial number must have 1 to 20 bytes");
}

}  // namespace

Result<KeyFacts> check_public_key(std::string_view spki) {
  der::Reader outer{spki};
  der::Reader info{outer.expect(der::kSequence).content};
  der::Reader algorithm{info.expect(der::kSequence).content};
  const auto oid = algorithm.expect(der::kOid).content;
  auto bits = info.expect(der::kBitString).content;
  if (!outer.finished() || !info.finished() || !algorithm.ok() || !bits.starts_with('\0')) {
    return invalid("the public key cannot be read");
  }
  bits.remove_prefix(1);
  if (oid == kRsaEncryption || oid == kRsaPss) return check_rsa(bits);
  if (oid == kEcPublicKey) return check_ec(algorithm, bits);
  return invalid("the key must be RSA or elliptic curve");
}

Result<KeyFacts> check_certificate_form(std::string_view bytes) {
  if (bytes.size() > kMaxCertificateBytes) {
    return invalid("it has more than " + std::to_string(kMaxCertificateBytes) + " bytes");
  }
  if (!der::is_strict(bytes)) return invalid("it is not one DER element");
  der::Reader outer{bytes};
  der::Reader certificate{outer.expect(der::kSequence).content};
  der::Reader body{certificate.expect(der::kSequence).content};
  const auto algorithm = certificate.expect(der::kSequence).content;
  certificate.expect(der::kBitString);

  char version = 0;
  if (body.next_is(0xa0)) {
    der::Reader field{body.next().content};
    const auto value = field.expect(der::kInteger).content;
    if (!field.finished() || value.size() != 1 || value[0] < 0 || value[0] > 2) {
      return invalid("the version is unknown");
    }
    version = value[0];
  }
  const auto serial = body.expect(der::kInteger).content;
  body.expect(der::kSequence);  // the algorithm again; OpenSSL compares the two
  const auto issuer = body.expect(der::kSequence).whole;
  body.expect(der::kSequence);  // validity
  const auto subject = body.expect(der::kSequence).whole;
  const auto key = body.expect(der::kSequence).whole;
  if (!certificate.finished() || !body.ok()) return invalid("it does not have the parts of a certificate");
  if (auto checked = check_serial(serial); !checked) return checked.error();
  if (issuer.size() > kMaxNameBytes || subject.size() > kMaxNameBytes) {
    return invalid("a name has more than 8192 bytes");
  }
  if (auto checked = check_signature_algorithm(algorithm); !checked) return checked.error();
  auto facts = check_public_key(key);
  if (!facts) return facts;

  while (body.more()) {
    const auto field = body.next();
    if (field.tag != 0xa3) continue;  // [1] and [2]: unique identifiers
    if (version != 2) return invalid("only version 3 has extensions");
    der::Reader wrapper{field.content};
    const auto list = wrapper.expect(der::kSequence).content;
    if (!wrapper.finished()) return invalid("the extensions cannot be read");
    if (auto checked = check_extensions(list); !checked) return checked.error();
  }
  if (!body.ok()) return invalid("it does not have the parts of a certificate");
  return facts;
}

Status check_request_form(std::string_view bytes) {
  if (!der::is_strict(bytes)) return invalid("it is not one DER element");
  der::Reader outer{bytes};
  der::Reader request{outer.expect(der::kSequence).content};
  der::Reader body{request.expect(der::kSequence).content};
  const auto algorithm = request.expect(der::kSequence).content;
  request.expect(der::kBitString);
  body.expect(der::kInteger);
  const auto subject = body.expect(der::kSequence).whole;
  const auto key = body.expect(der::kSequence).whole;
  if (!request.finished() || !body.ok()) return invalid("it does not have the parts of a request");
  if (subject.size() > kMaxNameBytes) return invalid("the name has more than 8192 bytes");
  if (auto checked = check_signature_algorithm(algorithm); !checked) return checked.error();
  if (auto facts = check_public_key(key); !facts) return facts.error();
  return Ok{};
}

}  // namespace iotemu::registry::pki
