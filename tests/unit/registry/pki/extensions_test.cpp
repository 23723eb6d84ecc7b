// Extensions one by one: what an issuer with templates puts together (P9.3, P9.4).

#include "registry/pki/extensions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "registry/pki/csr.h"

namespace iotemu::registry::pki {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr Time kNow = ManualClock::kStart;

TEST(Extensions, AreReadFromTheRequestThatAsksForThem) {
  const auto key = *PrivateKey::generate(KeyKind::ec_p384);
  const std::vector<RawExtension> wanted{*key_usage({"keyCertSign", "cRLSign"}),
                                         *basic_constraints({.ca = true, .path_length = 2}, true)};
  const auto csr = make_csr({{.name = "CN", .value = "sub"}}, key, wanted, Digest::sha384);
  ASSERT_TRUE(csr.ok());
  EXPECT_TRUE(Csr::from_pem(*csr).ok());
  const auto asked = requested_extensions(*csr);
  ASSERT_EQ(asked->size(), 2U);
  EXPECT_EQ((*asked)[0].oid, oid::kKeyUsage);
  EXPECT_TRUE((*asked)[0].critical);
  EXPECT_EQ((*asked)[1].der, wanted[1].der);
}

TEST(Extensions, AreNoneInARequestWithoutThem) {
  const auto key = *PrivateKey::generate(KeyKind::ec_p256);
  EXPECT_EQ(requested_extensions(*make_csr({{.name = "CN", .value = "d"}}, key))->size(), 0U);
  EXPECT_FALSE(requested_extensions("no request").ok());
}

TEST(Extensions, RefuseWordsAndNamesThatAreNone) {
  EXPECT_FALSE(key_usage({"everything"}).ok());
  EXPECT_FALSE(extended_key_usage({"clientAuth,serverAuth"}, false).ok());
  EXPECT_FALSE(extended_key_usage({"1.2.x"}, false).ok());
  EXPECT_FALSE(subject_alternative_names({{.kind = GeneralName::Kind::ip, .value = "10.0.0"}}).ok());
  EXPECT_FALSE(
      subject_alternative_names({{.kind = GeneralName::Kind::other, .value = "v", .type = "x"}}).ok());
  EXPECT_FALSE(certificate_policies({{.oid = "any"}}).ok());
}

TEST(Extensions, NameEveryKindOfSubject) {
  using Kind = GeneralName::Kind;
  const auto names =
      subject_alternative_names({{.kind = Kind::dns, .value = "a.example"},
                                 {.kind = Kind::edi_party, .value = "party", .type = "assigner"},
                                 {.kind = Kind::directory, .name = {{.name = "CN", .value = "dir"}}},
                                 {.kind = Kind::registered_id, .value = "1.2.3.4"},
                                 {.kind = Kind::other, .value = "utf8", .type = "1.2.3"}});
  ASSERT_TRUE(names.ok());
  for (const auto* part : {"a.example", "party", "assigner", "dir", "utf8"})
    EXPECT_THAT(names->der, HasSubstr(part));
}

TEST(AuthorityFacts, SayWhatACertificateMayDo) {  // P9.4
  const auto ca = make_ca(ca_profile({{.name = "CN", .value = "ca"}}, kNow, kNow + std::chrono::days{1}, 3));
  const auto facts = authority_facts(ca->certificate);
  EXPECT_TRUE(facts.is_ca);
  EXPECT_TRUE(facts.basic_constraints_critical);
  EXPECT_EQ(facts.path_length, 3);
  EXPECT_TRUE(facts.signs_certificates);
  EXPECT_TRUE(facts.signs_crls);
  EXPECT_THAT(facts.critical_oids, Contains(std::string{oid::kKeyUsage}));

  const auto device =
      issue(device_profile({{.name = "CN", .value = "d"}}, kNow, kNow + std::chrono::days{1}), *ca);
  EXPECT_FALSE(authority_facts(device->certificate).is_ca);
  EXPECT_FALSE(authority_facts(device->certificate).signs_certificates);
}

TEST(KeyIdentifier, IsTheOneThatIssuingWrites) {
  const auto ca = make_ca(ca_profile({{.name = "CN", .value = "ca"}}, kNow, kNow + std::chrono::days{1}));
  EXPECT_EQ(*key_identifier(ca->key.public_key_der()), ca->certificate.subject_key_id());
}

}  // namespace
}  // namespace iotemu::registry::pki
