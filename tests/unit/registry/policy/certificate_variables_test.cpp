#include "registry/policy/certificate_variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace iotemu::registry::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Why the first value of a field is withheld; empty: it is not, or there is none.
std::string withheld(const CertificateVariables& variables, const char* field) {
  const auto values = variables.find(field);
  return values.empty() || !values.front().withheld ? "" : values.front().text;
}

std::string first(const CertificateVariables& variables, const char* field) {
  const auto values = variables.find(field);
  return values.empty() ? "(none)" : values.front().text;
}

// P7.5: "values longer than 1024 characters → not replaced"; characters, not bytes.
TEST(CertificateVariables, WithholdValuesOfMoreThan1024Characters) {
  std::string umlauts;
  for (int i = 0; i < 1024; ++i) umlauts += "\xC3\xA4";
  const std::vector<NameAttribute> subject{{"CN", umlauts}, {"O", std::string(1025, 'a')}};
  const CertificateVariables variables = subject_variables(subject);
  EXPECT_EQ(first(variables, "Subject.CommonName"), umlauts);
  EXPECT_THAT(withheld(variables, "Subject.Organization"), HasSubstr("1025 characters"));
}

// P7.5: "containing `*`, `$`, `+`, `?`, `#` → not replaced".
TEST(CertificateVariables, WithholdValuesWithWildcardCharacters) {
  for (const char forbidden : std::string{"*$+?#"}) {
    const std::vector<NameAttribute> subject{{"CN", std::string{"a"} + forbidden}};
    const CertificateVariables variables = subject_variables(subject);
    EXPECT_THAT(withheld(variables, "Subject.CommonName"), HasSubstr(std::string{forbidden}));
    EXPECT_THAT(variables.available_keys(), IsEmpty());
  }
}

// P7.5: "appear with a backslash in front".
TEST(CertificateVariables, EscapeSpecialCharacters) {
  const std::vector<NameAttribute> subject{{"CN", R"(a,b"c\d=e<f>g;h i)"}};
  EXPECT_EQ(first(subject_variables(subject), "Subject.CommonName"), R"(a\,b\"c\\d\=e\<f\>g\;h i)");
}

TEST(CertificateVariables, KeepTheLengthLimitBeforeEscaping) {
  const std::vector<NameAttribute> subject{{"CN", std::string(1024, ',')}};
  EXPECT_EQ(first(subject_variables(subject), "Subject.CommonName").size(), 2048U);
}

TEST(CertificateVariables, WithholdBytesThatAreNoText) {
  const std::vector<NameAttribute> subject{{"CN", "a\xFF"}};
  EXPECT_EQ(withheld(subject_variables(subject), "Subject.CommonName"), "is not UTF-8 text");
}

TEST(CertificateVariables, KeepThePlaceOfAWithheldValue) {
  const std::vector<NameAttribute> subject{{"OU", "a*"}, {"OU", "b"}};
  const CertificateVariables variables = subject_variables(subject);
  const auto values = variables.find("Subject.OrganizationalUnit");
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values[1].text, "b");
  EXPECT_THAT(variables.available_keys(), ElementsAre("iot:Certificate.Subject.OrganizationalUnit.1"));
}

TEST(CertificateVariables, ListTheKeysThatHaveAValueFieldByField) {
  CertificateVariables variables;
  variables.set_serial_number("17");
  const std::vector<NameAttribute> subject{{"C", "DE"}, {"L", "Berlin"}, {"CN", "a"}, {"CN", "b"}};
  variables.add_subject(subject);
  const std::vector<std::string> hosts{"h.example.org"};
  variables.add_issuer_alternative_names(AlternativeName::dns_name, hosts);
  EXPECT_THAT(variables.available_keys(),
              ElementsAre("iot:Certificate.SerialNumber", "iot:Certificate.Subject.Country",
                          "iot:Certificate.Subject.CommonName", "iot:Certificate.Subject.CommonName.1",
                          "iot:Certificate.Issuer.AlternativeName.DNSName"));
}

TEST(CertificateVariables, KnowWhichFieldsExistAtAll) {
  EXPECT_TRUE(CertificateVariables::is_known("SerialNumber"));
  EXPECT_TRUE(CertificateVariables::is_known("Subject.GenerationQualifier"));
  EXPECT_TRUE(CertificateVariables::is_known("issuer.alternativename.ipaddress"));
  EXPECT_FALSE(CertificateVariables::is_known("Subject.Locality"));
  EXPECT_FALSE(CertificateVariables::is_known("Subject"));
}

}  // namespace
}  // namespace iotemu::registry::policy
