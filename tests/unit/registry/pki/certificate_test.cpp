#include "registry/pki/certificate.h"

#include <gtest/gtest.h>

#include "registry/pki/issue.h"
#include "registry/pki/verify.h"
#include "tests/unit/registry/result_matchers.h"

namespace iotemu::registry::pki {
namespace {

using namespace std::chrono_literals;

constexpr Time kFrom{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};
constexpr Time kTo{std::chrono::sys_days{std::chrono::year{2060} / 6 / 30}};

Identity ca_named(const std::string& name) {
  return *make_ca(ca_profile({{.name = "CN", .value = name}}, kFrom, kTo));
}
Certificate device_of(const Identity& ca) {
  return issue(device_profile({{.name = "CN", .value = "d"}}, kFrom, kTo), ca)->certificate;
}

TEST(Certificate, IdDependsOnTheDerAlone) {  // P0.2
  const auto certificate = ca_named("Factory").certificate;
  EXPECT_EQ(certificate.id(), CertificateId::of_der(certificate.der()));
  const auto pem = certificate.pem();
  std::string windows;
  std::string one_line;
  for (const char c : pem) windows += c == '\n' ? std::string{"\r\n"} : std::string{c};
  const auto begin = pem.find('\n') + 1;
  const auto end = pem.find("-----END");
  for (std::size_t i = begin; i < end; ++i) {
    if (pem[i] != '\n') one_line += pem[i];
  }
  one_line = pem.substr(0, begin) + one_line + "\n" + pem.substr(end);
  for (const auto& text : {windows, one_line, "Certificate:\n    Data:\n" + pem + "\ntrailing text"}) {
    const auto again = Certificate::from_pem(text);
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(again->id(), certificate.id());
    EXPECT_EQ(again->pem(), pem);
  }
}

TEST(Certificate, PemThatHoldsNoneIsRefused) {
  const auto pem = ca_named("Factory").certificate.pem();
  for (const std::string& text :
       {std::string{}, std::string{"junk"}, std::string{"-----BEGIN CERTIFICATE-----"},
        std::string{"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----"},
        std::string{"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"},
        std::string{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"},
        "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\n" + pem.substr(28)}) {
    EXPECT_THAT(Certificate::from_pem(text), FailsWith(Errc::certificate_validation)) << text;
  }
}

TEST(Certificate, ChainFilesAreReadInOrder) {
  const auto ca = ca_named("Factory");
  const auto device = device_of(ca);
  const auto chain = read_chain(device.pem() + "\n" + ca.certificate.pem());
  ASSERT_THAT(chain, IsOk());
  ASSERT_EQ(chain->size(), 2U);
  EXPECT_EQ((*chain)[0].id(), device.id());
  EXPECT_EQ((*chain)[1].id(), ca.certificate.id());
  EXPECT_THAT(read_chain("nothing"), FailsWith(Errc::certificate_validation));
  EXPECT_THAT(read_chain(device.pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
              FailsWith(Errc::certificate_validation));
}

TEST(Certificate, SubjectKeepsOrderAndAllValues) {  // P4.4.1, P7.5
  const auto ca = ca_named("Factory");
  const auto device = issue(device_profile({{.name = "serialNumber", .value = "1234"},
                                            {.name = "title", .value = "iot"},
                                            {.name = "generationQualifier", .value = "robot-1"},
                                            {.name = "dnQualifier", .value = "q"},
                                            {.name = "OU", .value = "first"},
                                            {.name = "OU", .value = "second"},
                                            {.name = "2.5.4.65", .value = "nick"}},
                                           kFrom, kTo),
                            ca)
                          ->certificate;
  EXPECT_EQ(device.subject().text(),
            "serialNumber=1234, title=iot, generationQualifier=robot-1, dnQualifier=q, OU=first, OU=second, "
            "pseudonym=nick");
  EXPECT_EQ(device.subject().values("2.5.4.11"), (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(device.subject().values("2.5.4.44"), std::vector<std::string>{"robot-1"});
  EXPECT_EQ(device.subject().attributes[2].oid, "2.5.4.44");
  EXPECT_EQ(device.subject().common_name(), "");
  EXPECT_EQ(device.issuer().der, ca.certificate.subject().der);
}

TEST(Certificate, SerialNumberIsDecimalText) {  // P7.5
  auto profile = ca_profile({{.name = "CN", .value = "Factory"}}, kFrom, kTo);
  profile.serial = "\x92\x12\x85\xcb\xb7\xa5\xe0\x86";
  const auto certificate = make_ca(profile)->certificate;
  EXPECT_EQ(certificate.serial_decimal(), "10525622389124227206");
  EXPECT_EQ(certificate.serial_hex(), "921285cbb7a5e086");
}

TEST(Certificate, AlternativeNamesAreSortedByKind) {  // P7.5
  auto profile = device_profile({{.name = "CN", .value = "d"}}, kFrom, kTo);
  profile.alternative_names = {
      {.kind = AltName::Kind::dns, .value = "a.example"},
      {.kind = AltName::Kind::dns, .value = "b.example"},
      {.kind = AltName::Kind::ip, .value = "192.0.2.7"},
      {.kind = AltName::Kind::ip, .value = "2001:db8::1"},
      {.kind = AltName::Kind::uri, .value = "urn:device:1"},
      {.kind = AltName::Kind::email, .value = "d@example.org"},
      {.kind = AltName::Kind::directory, .name = {{.name = "CN", .value = "dir"}}},
  };
  const auto made = issue(profile, ca_named("Factory"));
  ASSERT_THAT(made, IsOk());
  const auto& names = made->certificate.subject_alternative_names();
  EXPECT_EQ(names.dns, (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_EQ(names.ip, (std::vector<std::string>{"192.0.2.7", "2001:db8::1"}));
  EXPECT_EQ(names.uri, std::vector<std::string>{"urn:device:1"});
  EXPECT_EQ(names.email, std::vector<std::string>{"d@example.org"});
  EXPECT_EQ(names.directory, std::vector<std::string>{"CN=dir"});
}

TEST(Certificate, DatesAreReadToTheSecondInBothEncodings) {
  const auto certificate = ca_named("Factory").certificate;
  EXPECT_EQ(certificate.not_before(), kFrom);
  EXPECT_EQ(certificate.not_after(), kTo);  // past 2049: GeneralizedTime
}

TEST(Validity, HoldsBothEndsOfTheWindow) {
  EXPECT_EQ(validity_at(kFrom, kTo, kFrom), Validity::valid);
  EXPECT_EQ(validity_at(kFrom, kTo, kTo + 999ms), Validity::valid);
  EXPECT_EQ(validity_at(kFrom, kTo, kFrom - 1ms), Validity::not_yet_valid);
  EXPECT_EQ(validity_at(kFrom, kTo, kTo + 1s), Validity::expired);
}

TEST(Verify, NeedsTheNameAndTheKey) {
  const auto ca = ca_named("Factory");
  const auto impostor = ca_named("Factory");
  const auto stranger = ca_named("Stranger");
  const auto device = device_of(ca);
  EXPECT_TRUE(signed_by(device, ca.certificate));
  EXPECT_FALSE(signed_by(device, impostor.certificate));
  EXPECT_TRUE(names_match(device, impostor.certificate));
  EXPECT_FALSE(names_match(device, stranger.certificate));
  EXPECT_TRUE(key_ids_differ(device, impostor.certificate));
  EXPECT_FALSE(key_ids_differ(device, ca.certificate));
}

TEST(Verify, WorksForEveryKeyKindAndDigest) {  // P2.1
  for (const auto kind : {KeyKind::ec_p256, KeyKind::ec_p384, KeyKind::ec_p521, KeyKind::rsa_2048}) {
    const auto ca = *make_ca(ca_profile({{.name = "CN", .value = "Factory"}}, kFrom, kTo), kind);
    for (const auto digest : {Digest::sha256, Digest::sha384, Digest::sha512}) {
      auto profile = device_profile({{.name = "CN", .value = "d"}}, kFrom, kTo);
      profile.digest = digest;
      const auto made = issue(profile, ca);
      ASSERT_THAT(made, IsOk());
      EXPECT_TRUE(signed_by(made->certificate, ca.certificate));
    }
  }
}

TEST(Verify, ATamperedSignatureDoesNotVerify) {
  const auto ca = ca_named("Factory");
  auto der = device_of(ca).der();
  der[der.size() - 3] = static_cast<char>(der[der.size() - 3] ^ 1);
  const auto tampered = Certificate::from_der(der);
  ASSERT_THAT(tampered, IsOk());
  EXPECT_FALSE(signature_verifies(*tampered, ca.certificate));
}

}  // namespace
}  // namespace iotemu::registry::pki
