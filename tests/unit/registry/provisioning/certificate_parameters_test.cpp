#include "registry/provisioning/certificate_parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry/pki/issue.h"
#include "tests/unit/registry/result_matchers.h"

namespace iotemu::registry::provisioning {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

constexpr Time kFrom{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};
constexpr Time kTo{std::chrono::sys_days{std::chrono::year{2060} / 6 / 30}};

pki::Certificate certificate_of(const pki::Subject& subject, const std::string& serial = "\x01\x02") {
  pki::Profile profile = pki::device_profile(subject, kFrom, kTo);
  profile.serial = serial;
  return *pki::self_sign(profile, *pki::PrivateKey::generate(pki::KeyKind::ec_p256));
}

// P5.3: the table.
TEST(CertificateParameters, TakeEveryAttributeOfTheTable) {
  const auto certificate = certificate_of({{.name = "C", .value = "DE"},
                                           {.name = "O", .value = "Plant"},
                                           {.name = "OU", .value = "Hall 7"},
                                           {.name = "dnQualifier", .value = "q"},
                                           {.name = "ST", .value = "Bavaria"},
                                           {.name = "CN", .value = "press-1"},
                                           {.name = "serialNumber", .value = "4711"}});
  EXPECT_THAT(certificate_parameters(certificate, true),
              ElementsAre(Pair("AWS::IoT::Certificate::CommonName", "press-1"),
                          Pair("AWS::IoT::Certificate::Country", "DE"),
                          Pair("AWS::IoT::Certificate::DistinguishedNameQualifier", "q"),
                          Pair("AWS::IoT::Certificate::Id", certificate.id().hex()),
                          Pair("AWS::IoT::Certificate::Organization", "Plant"),
                          Pair("AWS::IoT::Certificate::OrganizationalUnit", "Hall 7"),
                          Pair("AWS::IoT::Certificate::SerialNumber", "4711"),
                          Pair("AWS::IoT::Certificate::StateName", "Bavaria")));
}

// P5.3: "No others exist: no Locality, Title, GivenName, Email".
TEST(CertificateParameters, TakeNothingElseFromTheSubject) {
  const auto certificate = certificate_of({{.name = "L", .value = "Munich"},
                                           {.name = "title", .value = "Dr"},
                                           {.name = "GN", .value = "Ada"},
                                           {.name = "emailAddress", .value = "a@b.example"}});
  EXPECT_THAT(certificate_parameters(certificate, false),
              ElementsAre(Pair("AWS::IoT::Certificate::Id", certificate.id().hex())));
}

// P5.3: "Several RDNs of one type: first in certificate order".
TEST(CertificateParameters, TakeTheFirstOfSeveralAttributes) {
  const auto certificate =
      certificate_of({{.name = "OU", .value = "first"}, {.name = "OU", .value = "second"}});
  EXPECT_THAT(certificate_parameters(certificate, false),
              Contains(Pair("AWS::IoT::Certificate::OrganizationalUnit", "first")));
}

// P5.3: `jitp_serial_fallback`; decimal like iot:Certificate.SerialNumber (P7.5).
TEST(CertificateParameters, FallBackToTheSerialNumberOfTheCertificateInDecimal) {
  const auto certificate = certificate_of({{.name = "CN", .value = "d"}}, "\x01\x02");
  EXPECT_THAT(certificate_parameters(certificate, true),
              Contains(Pair("AWS::IoT::Certificate::SerialNumber", "258")));
  EXPECT_THAT(certificate_parameters(certificate, false),
              Not(Contains(Key("AWS::IoT::Certificate::SerialNumber"))));
}

// P5.3: "backslash before each of , " \ + = < > ;".
TEST(CertificateParameters, EscapeWhatTheServiceEscapes) {
  const auto certificate = certificate_of({{.name = "CN", .value = R"(a,b"c\d+e=f<g>h;i j#k)"}});
  EXPECT_THAT(certificate_parameters(certificate, false),
              Contains(Pair("AWS::IoT::Certificate::CommonName", R"(a\,b\"c\\d\+e\=f\<g\>h\;i j#k)")));
}

// C.5 line 63: CN `a=b` → thing name failure through escaping.
TEST(CertificateParameters, MakeAnEscapedNameThatNoThingCanHave) {
  const auto document =
      parse_template(R"({"Resources": {"thing": {"Type": "AWS::IoT::Thing",)"
                     R"( "Properties": {"ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"}}}}})");
  ASSERT_THAT(document, IsOk());
  const auto plan_for = [&](const char* name) {
    return evaluate(**document, {.parameters = certificate_parameters(
                                     certificate_of({{.name = "CN", .value = name}}), true),
                                 .from_certificate = true,
                                 .missing = MissingParameter::fails_when_declared});
  };
  ASSERT_THAT(plan_for("a-b"), IsOk());
  EXPECT_EQ(plan_for("a-b")->thing->name.text(), "a-b");
  EXPECT_THAT(plan_for("a=b"), FailsWith(Errc::resource_registration_failure, R"('a\=b')"));
  EXPECT_THAT(plan_for("a=b"), FailsWith(Errc::resource_registration_failure, "are escaped"));
}

TEST(CertificateParameters, KnowTheNamesThatAwsDefines) {
  const auto* country = find_certificate_parameter("AWS::IoT::Certificate::Country");
  ASSERT_NE(country, nullptr);
  EXPECT_EQ(country->oid, "2.5.4.6");
  EXPECT_EQ(country->short_name, "C");
  ASSERT_NE(find_certificate_parameter("AWS::IoT::Certificate::Id"), nullptr);
  EXPECT_THAT(find_certificate_parameter("AWS::IoT::Certificate::Id")->oid, IsEmpty());
  for (const char* name : {"AWS::IoT::Certificate::OrganizationName", "AWS::IoT::Certificate::country",
                           "AWS::IoT::Certificate::Locality", "Country", ""}) {
    EXPECT_EQ(find_certificate_parameter(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace iotemu::registry::provisioning
