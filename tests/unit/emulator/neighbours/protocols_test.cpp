// The forms on the wire: blobs of PEM as the AWS CLI sends them, templates by name, documents of IAM.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "emulator/neighbours/iam_document.h"
#include "emulator/neighbours/pca_template.h"
#include "emulator/neighbours/pem_blob.h"

namespace iotemu::neighbours {
namespace {

using testing::ElementsAre;

constexpr const char* kPem =
    "-----BEGIN CERTIFICATE REQUEST-----\nAAAABBBBCCCC\n-----END CERTIFICATE REQUEST-----\n";

TEST(PemBlob, IsBase64OfPem) {  // P9.1
  EXPECT_EQ(pem_of_blob(to_base64(kPem)), kPem);
}

TEST(PemBlob, MayBeEncodedTwice) {  // P9.1
  EXPECT_EQ(pem_of_blob(to_base64(to_base64(kPem) + "\n")), kPem);
}

TEST(PemBlob, IsPutTogetherAgainWhenAClientTookThePemForBase64) {
  EXPECT_EQ(pem_of_blob("BEGINCERTIFICATEREQUESTAAAABBBBCCCCENDCERTIFICATEREQUEST"), kPem);
  // Reading ends at the padding.
  EXPECT_EQ(pem_of_blob("BEGINCERTIFICATEAAAABBA="),
            "-----BEGIN CERTIFICATE-----\nAAAABBA=\n-----END CERTIFICATE-----\n");
}

TEST(PemBlob, LeavesTheRestToTheParser) {
  EXPECT_EQ(pem_of_blob("no base64!"), "no base64!");
  EXPECT_EQ(pem_of_blob(to_base64("hello")), "hello");
}

TEST(PcaTemplate, IsAnEndEntityByDefault) {  // P9.3
  const auto found = find_template("");
  EXPECT_EQ(found->name, "EndEntityCertificate");
  EXPECT_THAT(found->extended_key_usage, ElementsAre("serverAuth", "clientAuth"));
  EXPECT_FALSE(found->is_ca);
}

struct TemplateCase {
  const char* name;
  const char* fault;  ///< empty: it exists
};
class Templates : public testing::TestWithParam<TemplateCase> {};

TEST_P(Templates, ExistByName) {  // P9.3
  const auto found = find_template(GetParam().name);
  EXPECT_STREQ(found ? "" : std::string{found.fault().name}.c_str(), GetParam().fault) << GetParam().name;
}

constexpr const char* kWrongName = "InvalidArgsException";
constexpr const char* kWrongArn = "InvalidArnException";
#define TEMPLATE(name) "arn:aws:acm-pca:::template/" name "/V1"
INSTANTIATE_TEST_SUITE_P(
    P9_3, Templates,
    testing::Values(TemplateCase{TEMPLATE("RootCACertificate"), ""},
                    TemplateCase{TEMPLATE("RootCACertificate_APIPassthrough"), ""},
                    TemplateCase{TEMPLATE("RootCACertificate_CSRPassthrough"), kWrongName},
                    TemplateCase{TEMPLATE("SubordinateCACertificate_PathLen3_APICSRPassthrough"), ""},
                    TemplateCase{TEMPLATE("SubordinateCACertificate_PathLen4"), kWrongName},
                    TemplateCase{TEMPLATE("SubordinateCACertificate"), kWrongName},
                    TemplateCase{TEMPLATE("EndEntityCertificate_PathLen0"), kWrongName},
                    TemplateCase{TEMPLATE("EndEntityServerAuthCertificate_CSRPassthrough"), ""},
                    TemplateCase{TEMPLATE("BlankEndEntityCertificate_APIPassthrough"), ""},
                    TemplateCase{TEMPLATE("BlankEndEntityCertificate"), kWrongName},
                    TemplateCase{
                        TEMPLATE("BlankEndEntityCertificate_CriticalBasicConstraints_CSRPassthrough"), ""},
                    TemplateCase{TEMPLATE("BlankSubordinateCACertificate_PathLen1_APIPassthrough"), ""},
                    TemplateCase{TEMPLATE("BlankRootCACertificate_APIPassthrough"), ""},
                    TemplateCase{TEMPLATE("BlankRootCACertificate_PathLen2_APIPassthrough"), ""},
                    TemplateCase{"arn:aws:acm-pca:::template/EndEntityCertificate/V2", kWrongName},
                    TemplateCase{"EndEntityCertificate", kWrongArn}));
#undef TEMPLATE

TEST(IamDocument, IsJsonWithStatements) {  // P9.6
  EXPECT_TRUE(check_document(R"({"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]})", false));
  for (const auto* wrong :
       {"{", "[]", "{}", R"({"Version":"2020-01-01","Statement":{}})", R"({"Statement":[]})",
        R"({"Statement":{"Effect":"Maybe","Action":"a","Resource":"*"}})",
        R"({"Statement":{"Effect":"Allow","Resource":"*"}})",
        R"({"Statement":{"Effect":"Allow","Action":"a"}})",
        R"({"Statement":{"Effect":"Allow","Action":"a","Resource":"*","Principal":"*"}})"}) {
    const auto checked = check_document(wrong, false);
    ASSERT_FALSE(checked) << wrong;
    EXPECT_EQ(checked.fault().name, "MalformedPolicyDocument");
  }
}

TEST(IamDocument, OfATrustHasPrincipalsAndNoResources) {  // P9.6
  EXPECT_TRUE(check_document(
      R"({"Statement":{"Effect":"Allow","Principal":{"Service":"iot.amazonaws.com"},"Action":"sts:AssumeRole"}})",
      true));
  EXPECT_FALSE(check_document(R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}})", true));
  EXPECT_FALSE(check_document(
      R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}})", true));
}

struct TrustCase {
  const char* statement;
  bool trusted;
};
class Trust : public testing::TestWithParam<TrustCase> {};

TEST_P(Trust, NamesWhoMayAssumeTheRole) {
  const auto why = why_not_trusted(
      std::string{R"({"Statement":)"} + GetParam().statement + "}",
      {.account = "111122223333", .arn = "arn:aws:iam::111122223333:root", .external_id = "x1"});
  EXPECT_EQ(why.empty(), GetParam().trusted) << why;
}

INSTANTIATE_TEST_SUITE_P(
    Statements, Trust,
    testing::Values(
        TrustCase{R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"})", true},
        TrustCase{
            R"({"Effect":"Allow","Action":["sts:AssumeRole"],"Principal":{"AWS":["arn:aws:iam::111122223333:user/u"]}})",
            true},
        TrustCase{
            R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"iot.amazonaws.com"}})",
            false},
        TrustCase{R"({"Effect":"Allow","Action":"sts:TagSession","Principal":"*"})", false},
        TrustCase{
            R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}})",
            true},
        TrustCase{
            R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"StringEquals":{"sts:ExternalId":"x2"}}})",
            false},
        TrustCase{
            R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}})",
            false},
        TrustCase{
            R"([{"Effect":"Allow","Action":"*","Principal":"*"},{"Effect":"Deny","Action":"sts:*","Principal":{"AWS":"111122223333"}}])",
            false},
        TrustCase{R"({"Effect":"Allow","Action":"sts:Assume*","Principal":"*"})", true},
        TrustCase{R"({"Effect":"Allow","Action":"sts:AssumeRoleWith*","Principal":"*"})", false}));

/// Everybody is let in but whom the statement denies.
class Denial : public testing::TestWithParam<TrustCase> {};

TEST_P(Denial, ShutsOutWhereItCannotBeTold) {
  const auto why = why_not_trusted(
      std::string{R"({"Statement":[{"Effect":"Allow","Action":"*","Principal":"*"},{"Effect":"Deny",)"} +
          GetParam().statement + "}]}",
      {.account = "111122223333", .arn = "arn:aws:iam::111122223333:root", .external_id = "x1"});
  EXPECT_EQ(why.empty(), GetParam().trusted) << why;
}

INSTANTIATE_TEST_SUITE_P(
    Statements, Denial,
    testing::Values(
        TrustCase{
            R"("Action":"*","Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}})",
            false},
        TrustCase{R"("Action":"*","Principal":"*","Condition":{"StringNotEquals":{"sts:ExternalId":"x2"}})",
                  false},
        TrustCase{R"("Action":"*","Principal":"*","Condition":{"StringNotEquals":{"sts:ExternalId":"x1"}})",
                  true},
        TrustCase{R"("Action":"*","Principal":"*","Condition":{"StringEquals":{"sts:ExternalId":"x2"}})",
                  true},
        TrustCase{R"("NotAction":"s3:*","Principal":"*")", false},
        TrustCase{R"("NotAction":"sts:Assume*","Principal":"*")", true},
        TrustCase{R"("Action":"*","NotPrincipal":{"AWS":"444455556666"})", false},
        TrustCase{R"("Action":"*","NotPrincipal":{"AWS":"111122223333"})", true}));

}  // namespace
}  // namespace iotemu::neighbours
