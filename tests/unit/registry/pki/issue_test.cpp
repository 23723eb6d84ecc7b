#include "registry/pki/issue.h"

#include <gtest/gtest.h>

#include "registry/pki/pem.h"
#include "registry/pki/verify.h"
#include "tests/unit/registry/pki/der_builder.h"
#include "tests/unit/registry/result_matchers.h"

namespace iotemu::registry::pki {
namespace {

constexpr Time kFrom{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};
constexpr Time kTo{std::chrono::sys_days{std::chrono::year{2035} / 1 / 1}};

Identity factory() {
  return *make_ca(ca_profile({{.name = "CN", .value = "Factory"}}, kFrom, kTo));
}

TEST(Issue, CaIsSelfSignedAndACa) {
  const auto ca = factory();
  EXPECT_TRUE(ca.certificate.is_ca());
  EXPECT_TRUE(signed_by(ca.certificate, ca.certificate));
  EXPECT_EQ(ca.certificate.authority_key_id(), ca.certificate.subject_key_id());
  EXPECT_EQ(ca.certificate.key_type(), KeyType::ec);
  EXPECT_EQ(ca.certificate.key_bits(), 256);
}

TEST(Issue, DeviceNamesItsIssuerAndItsKey) {
  const auto ca = factory();
  const auto device =
      *issue(device_profile({{.name = "CN", .value = "d"}}, kFrom, kTo), ca, KeyKind::ec_p384);
  EXPECT_FALSE(device.certificate.is_ca());
  EXPECT_EQ(device.certificate.public_key_der(), device.key.public_key_der());
  EXPECT_EQ(device.certificate.key_bits(), 384);
  EXPECT_EQ(device.certificate.authority_key_id(), ca.certificate.subject_key_id());
  EXPECT_EQ(device.certificate.serial_hex().size(), 40U);
}

TEST(Issue, VersionOneHasNoExtensions) {
  auto profile = device_profile({{.name = "CN", .value = "d"}}, kFrom, kTo);
  profile.version = 1;
  const auto certificate = issue(profile, factory())->certificate;
  EXPECT_EQ(certificate.version(), 1);
  EXPECT_TRUE(certificate.subject_key_id().empty());
}

TEST(Issue, ExtensionsGoInAsGiven) {
  auto profile = device_profile({{.name = "CN", .value = "d"}}, kFrom, kTo);
  profile.extensions = {{.oid = "1.2.3.4", .der = "\x05\x00"}};
  EXPECT_THAT(issue(profile, factory()), IsOk());
  profile.extensions = {{.oid = "1.2.3.4", .critical = true, .der = "\x05"}};
  EXPECT_THAT(issue(profile, factory()), FailsWith(Errc::certificate_validation, "critical extension"));
  const auto ca = factory();
  EXPECT_THAT(sign_der(profile, ca.key.public_key_der(),
                       {.name_der = ca.certificate.subject().der, .key_id = {}, .key = ca.key}),
              IsOk());
}

TEST(Issue, ImpossibleWishesAreInvalidRequests) {
  const auto ca = factory();
  const auto with = [&](auto change) {
    auto profile = device_profile({{.name = "CN", .value = "d"}}, kFrom, kTo);
    change(profile);
    return issue(profile, ca);
  };
  EXPECT_THAT(with([](Profile& p) { p.subject = {{.name = "noSuchName", .value = "x"}}; }),
              FailsWith(Errc::invalid_request, "noSuchName"));
  EXPECT_THAT(with([](Profile& p) { p.subject = {{.name = "CN", .value = "\xff"}}; }),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(with([](Profile& p) { p.key_usage = {"flying"}; }), FailsWith(Errc::invalid_request));
  EXPECT_THAT(with([](Profile& p) { p.extended_key_usage = {"flying"}; }), FailsWith(Errc::invalid_request));
  EXPECT_THAT(with([](Profile& p) { p.extensions = {{.oid = "x"}}; }), FailsWith(Errc::invalid_request));
  EXPECT_THAT(with([](Profile& p) {
                p.alternative_names = {{.kind = AltName::Kind::ip, .value = "not an address"}};
              }),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(issue_for_key(device_profile({}, kFrom, kTo), "junk", ca), FailsWith(Errc::invalid_request));
}

TEST(Issue, OldDigestsCanBeMadeForTestsButNotRead) {
  auto profile = device_profile({{.name = "CN", .value = "d"}}, kFrom, kTo);
  profile.digest = Digest::sha1;
  EXPECT_THAT(issue(profile, factory()), FailsWith(Errc::certificate_validation, "signature algorithm"));
}

TEST(Issue, VerificationCertificateCarriesTheCode) {  // P1.2
  const auto ca = factory();
  const std::string code(64, 'a');
  const auto certificate = *verification_certificate(code, ca, kFrom, kTo);
  EXPECT_EQ(certificate.subject().common_name(), code);
  EXPECT_TRUE(signed_by(certificate, ca.certificate));
}

TEST(Csr, GivesSubjectAndKeyToTheIssuer) {  // P2.3
  const auto key = *PrivateKey::generate(KeyKind::ec_p256);
  const auto pem = *make_csr({{.name = "CN", .value = "mine"}}, key);
  const auto csr = Csr::from_pem("some text\n" + pem);
  ASSERT_THAT(csr, IsOk());
  EXPECT_EQ(csr->public_key_der, key.public_key_der());
  const auto certificate =
      issue_from_csr(device_profile({{.name = "CN", .value = "not mine"}}, kFrom, kTo), *csr, factory());
  ASSERT_THAT(certificate, IsOk());
  EXPECT_EQ(certificate->subject().text(), "CN=mine");
}

TEST(Csr, MustBeSignedWithItsOwnKey) {  // P2.3
  const auto pem = *make_csr({{.name = "CN", .value = "mine"}}, *PrivateKey::generate(KeyKind::ec_p256));
  auto der = *pem_bytes(pem_block(pem, "CERTIFICATE REQUEST"), "CERTIFICATE REQUEST");
  der[der.size() - 3] = static_cast<char>(der[der.size() - 3] ^ 1);
  EXPECT_THAT(Csr::from_pem(to_pem(der, "CERTIFICATE REQUEST")),
              FailsWith(Errc::invalid_request, "signature"));
}

std::string request_with(const std::string& key, const std::string& algorithm = kEcdsaSha256) {
  return to_pem(sequence(sequence(integer("\x00"sv) + name("d") + key + tlv(0xa0, "")) + algorithm +
                         bit_string(std::string(64, '\x01'))),
                "CERTIFICATE REQUEST");
}

TEST(Csr, KeysAreChecked) {  // P2.1: InvalidRequestException for requests
  EXPECT_THAT(Csr::from_pem(request_with(rsa_key(modulus(1024), "\x01\x00\x01"sv))),
              FailsWith(Errc::invalid_request, "this one has 1024"));
  EXPECT_THAT(Csr::from_pem(request_with(ec_key(sequence(""), "\x04"))),
              FailsWith(Errc::invalid_request, "explicit parameters"));
  EXPECT_THAT(Csr::from_pem(request_with(ec_key(kP256, kP256Point), kRsaSha1)),
              FailsWith(Errc::invalid_request, "signature algorithm"));
  EXPECT_THAT(Csr::from_pem("junk"), FailsWith(Errc::invalid_request));
  EXPECT_THAT(Csr::from_pem("-----BEGIN CERTIFICATE REQUEST-----\n!\n-----END CERTIFICATE REQUEST-----"),
              FailsWith(Errc::invalid_request));
}

TEST(PrivateKey, SurvivesItsPem) {
  for (const auto kind : {KeyKind::ec_p256, KeyKind::ec_p521, KeyKind::rsa_2048}) {
    const auto key = *PrivateKey::generate(kind);
    const auto again = PrivateKey::from_pem(key.private_pem().text());
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(again->public_key_der(), key.public_key_der());
    EXPECT_EQ(again->public_pem(), key.public_pem());
  }
}

TEST(PrivateKey, HasTheFormOfTheService) {  // P2.2
  EXPECT_TRUE(
      PrivateKey::generate(KeyKind::ec_p256)->private_pem().text().starts_with("-----BEGIN EC PRIVATE KEY"));
  EXPECT_TRUE(PrivateKey::generate(KeyKind::rsa_2048)
                  ->private_pem()
                  .text()
                  .starts_with("-----BEGIN RSA PRIVATE KEY"));
}

TEST(PrivateKey, FromJunkIsAnInvalidRequest) {
  EXPECT_THAT(PrivateKey::from_pem(""), FailsWith(Errc::invalid_request));
  EXPECT_THAT(PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
              FailsWith(Errc::invalid_request));
}

TEST(Secret, LeavesNothingBehindWhenItMoves) {
  Secret first{"short"};
  const Secret second{std::move(first)};
  EXPECT_EQ(second.text(), "short");
  EXPECT_EQ(first.text(), "");  // NOLINT(bugprone-use-after-move): that is the point
}

}  // namespace
}  // namespace iotemu::registry::pki
