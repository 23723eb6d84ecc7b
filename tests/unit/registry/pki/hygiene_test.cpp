// Hostile and odd certificates: each one with its verdict and why.

#include <gtest/gtest.h>

#include <ostream>

#include "registry/pki/certificate.h"
#include "tests/unit/registry/pki/der_builder.h"
#include "tests/unit/registry/result_matchers.h"

namespace iotemu::registry::pki {
namespace {

struct Case {
  const char* name{};
  Parts parts{};
  const char* refusal{};  ///< Part of the message; null: accepted.
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.name;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::string numbered_extensions(int count) {
  std::string all;
  for (int i = 0; i < count; ++i)
    all += extension(std::string{"\x2a\x03"} + static_cast<char>(i), false, "\x05");
  return all;
}

std::string alternative_names(int count) {
  std::string names;
  for (int i = 0; i < count; ++i) names += tlv(0x82, "device-" + std::to_string(i) + ".example");
  return extension("\x55\x1d\x11"sv, false, sequence(names));
}

/// Explicit parameters whose prime is not one: the loop of CVE-2022-0778.
std::string explicit_parameters() {
  return sequence(integer("\x01") + sequence(oid("\x2a\x86\x48\xce\x3d\x01\x01"sv) + integer("\x02\xb9")) +
                  sequence(tlv(0x04, "\x17") + tlv(0x04, "\x00"sv)) + tlv(0x04, "\x02\x03") +
                  integer("\x01"));
}

const Case kCases[] = {
    {"Plain", {}, nullptr},
    {"VersionOne", {.version = ""}, nullptr},
    {"CompressedPoint", {.key = ec_key(kP256, "\x03" + kP256Point.substr(1, 32))}, nullptr},
    {"Rsa2048", {.key = rsa_key(modulus(2048), "\x01\x00\x01"sv)}, nullptr},
    {"ExponentThree", {.key = rsa_key(modulus(2048), "\x03")}, nullptr},
    {"NegativeSerial", {.serial = integer("\xfe")}, nullptr},
    {"SerialZero", {.serial = integer("\x00"sv)}, nullptr},
    {"ThousandAlternativeNames", {.extensions = alternative_names(1000)}, nullptr},
    {"NameWithNul",
     {.subject = name("a\x00"
                      "b"sv)},
     nullptr},
    {"NameInUtf16",
     {.subject = name("\x00"
                      "d\x20\xac"sv,
                      0x1e)},
     nullptr},
    {"UnknownExtension", {.extensions = extension("\x2a\x03\x04"sv, false, "\x05")}, nullptr},

    {"ExplicitCurve", {.key = ec_key(explicit_parameters(), "\x02\x09")}, "explicit parameters"},
    {"P224",
     {.key = ec_key(oid("\x2b\x81\x04\x00\x21"sv), "\x04" + std::string(56, 'x'))},
     "P-256, P-384 or P-521"},
    {"Brainpool",
     {.key = ec_key(oid("\x2b\x24\x03\x03\x02\x08\x01\x01\x07"sv), "\x04" + std::string(64, 'x'))},
     "P-256, P-384 or P-521"},
    {"PointOfWrongLength", {.key = ec_key(kP256, "\x04" + std::string(63, 'x'))}, "EC point"},
    {"PointAtInfinity", {.key = ec_key(kP256, "\x00"sv)}, "EC point"},
    {"PointNotOnTheCurve",
     {.key = ec_key(kP256, "\x04" + std::string(64, 'x'))},
     "public key cannot be used"},
    {"Ed25519",
     {.key = sequence(sequence(oid("\x2b\x65\x70")) + bit_string(std::string(32, 'x')))},
     "RSA or elliptic"},
    {"Rsa512", {.key = rsa_key(modulus(512), "\x01\x00\x01"sv)}, "this one has 512"},
    {"Rsa1024", {.key = rsa_key(modulus(1024), "\x01\x00\x01"sv)}, "this one has 1024"},
    {"Rsa16384", {.key = rsa_key(modulus(16384), "\x01\x00\x01"sv)}, "this one has 16384"},
    {"ExponentOne", {.key = rsa_key(modulus(2048), "\x01")}, "unusable exponent"},
    {"EvenExponent", {.key = rsa_key(modulus(2048), "\x04")}, "unusable exponent"},
    {"HugeExponent", {.key = rsa_key(modulus(2048), std::string(200, '\x55'))}, "unusable exponent"},
    {"NegativeModulus", {.key = rsa_key(std::string(256, '\xaa'), "\x03")}, "RSA key cannot be read"},
    {"Sha1Signature", {.algorithm = kRsaSha1}, "signature algorithm"},
    {"Md5Signature", {.algorithm = kRsaMd5}, "signature algorithm"},
    {"DuplicateExtension",
     {.extensions = repeated(extension("\x55\x1d\x0f"sv, true, tlv(0x03, "\x07\x80")), 2)},
     "occurs twice"},
    {"UnknownCriticalExtension",
     {.extensions = extension("\x2a\x03\x04"sv, true, "\x05")},
     "critical extension"},
    {"ExtensionsInVersionOne",
     {.version = "", .extensions = extension("\x55\x1d\x0f"sv, true, tlv(0x03, "\x07\x80"))},
     "only version 3"},
    {"TooManyExtensions", {.extensions = numbered_extensions(65)}, "more than 64"},
    {"BrokenBasicConstraints", {.extensions = extension("\x55\x1d\x13"sv, true, "junk")}, "basicConstraints"},
    {"BrokenAlternativeName", {.extensions = extension("\x55\x1d\x11"sv, false, "junk")}, "alternative name"},
    {"VersionFour", {.version = tlv(0xa0, integer("\x03"))}, "version"},
    {"SerialOfFortyBytes", {.serial = integer(std::string(40, '\x11'))}, "serial"},
    {"SerialWithoutBytes", {.serial = integer("")}, "serial"},
    {"HugeSubject", {.subject = name(std::string(40'000, 'x'))}, "name has more than 8192"},
    {"BadUtf8Name", {.subject = name("\xff\xfe")}, "cannot be decoded"},
    {"BadDates", {.validity = sequence(tlv(0x17, "x") + tlv(0x17, "y"))}, "dates cannot be read"},
};

class CertificateHygiene : public testing::TestWithParam<Case> {};

TEST_P(CertificateHygiene, GivesTheVerdict) {
  const auto& expected = GetParam();
  const auto certificate = Certificate::from_der(expected.parts.der());
  if (expected.refusal == nullptr) {
    EXPECT_THAT(certificate, IsOk());
  } else {
    EXPECT_THAT(certificate, FailsWith(Errc::certificate_validation, expected.refusal));
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, CertificateHygiene, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string{test.param.name}; });

TEST(CertificateForm, IsExactlyOneDerElement) {
  const auto good = Parts{}.der();
  EXPECT_THAT(Certificate::from_der(good + '\0'),
              FailsWith(Errc::certificate_validation, "not one DER element"));
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_THAT(Certificate::from_der(good.substr(0, cut)), FailsWith(Errc::certificate_validation));
  }
}

TEST(CertificateForm, IndefiniteLengthsAreNotDer) {
  auto body = Parts{}.der().substr(4);
  const auto indefinite = std::string{"\x30\x80"} + body + std::string(2, '\0');
  EXPECT_THAT(Certificate::from_der(indefinite),
              FailsWith(Errc::certificate_validation, "not one DER element"));
}

TEST(CertificateForm, SizeIsBounded) {
  EXPECT_THAT(Certificate::from_der(std::string(kMaxCertificateBytes + 1, '0')),
              FailsWith(Errc::certificate_validation, "bytes"));
}

TEST(CertificateForm, NestingIsBounded) {
  std::string nested;
  for (int i = 0; i < 5000; ++i) nested = sequence(nested);
  EXPECT_THAT(Certificate::from_der(nested), FailsWith(Errc::certificate_validation));
}

TEST(CertificateForm, AnyByteMayBeWrongWithoutHarm) {
  const auto good = Parts{.extensions = alternative_names(2)}.der();
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      auto bad = good;
      bad[at] = static_cast<char>(bad[at] ^ flip);
      const auto certificate = Certificate::from_der(bad);
      if (certificate) {
        EXPECT_EQ(certificate->der(), bad);
      } else {
        EXPECT_EQ(certificate.error().code, Errc::certificate_validation);
      }
    }
  }
}

TEST(CertificateForm, OddNamesAreReadAsTheyAre) {
  EXPECT_EQ(Certificate::from_der(Parts{.subject = name("a\x00"
                                                        "b"sv)}
                                      .der())
                ->subject()
                .common_name(),
            "a\x00"
            "b"sv);
  EXPECT_EQ(Certificate::from_der(Parts{.subject = name("a\x00"
                                                        "b"sv)}
                                      .der())
                ->subject()
                .text(),
            "CN=a\\x00b");
  EXPECT_EQ(Certificate::from_der(Parts{.subject = name("\x00"
                                                        "d\x20\xac"sv,
                                                        0x1e)}
                                      .der())
                ->subject()
                .common_name(),
            "d\xe2\x82\xac");
  EXPECT_EQ(Certificate::from_der(Parts{.serial = integer("\xfe")}.der())->serial_decimal(), "-2");
}

}  // namespace
}  // namespace iotemu::registry::pki
