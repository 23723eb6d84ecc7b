#include "registry/ids.h"

#include <gtest/gtest.h>

#include "tests/unit/registry/result_matchers.h"

namespace iotemu::registry {
namespace {

const std::string kHex(64, 'a');

TEST(CertificateId, IsTheSha256OfTheBytesInLowercaseHex) {  // P0.2
  EXPECT_EQ(CertificateId::of_der("abc").hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(CertificateId, AcceptsEitherLetterCaseAndKeepsLowercase) {  // P0.2
  const auto upper = CertificateId::parse(std::string(64, 'A'));
  ASSERT_THAT(upper, IsOk());
  EXPECT_EQ(upper->hex(), kHex);
}

TEST(CertificateId, AcceptsThePrefixOnlyWithinSixtyFourCharacters) {  // P0.2
  EXPECT_THAT(CertificateId::parse("0x" + std::string(62, 'b')), IsOk());
  EXPECT_THAT(CertificateId::parse("0x" + kHex), FailsWith(Errc::invalid_request));
}

TEST(CertificateId, RefusesOtherLengthsAndCharacters) {
  for (const auto& text :
       {std::string{}, std::string(63, 'a'), std::string(65, 'a'), std::string(63, 'a') + "g",
        std::string(63, 'a') + " ", std::string(62, 'a') + "0x"}) {
    EXPECT_THAT(CertificateId::parse(text), FailsWith(Errc::invalid_request)) << text;
  }
}

TEST(Names, FollowThePatternAndLengthOfTheirResource) {  // P0.2
  EXPECT_THAT(PolicyName::parse("a_Z+=,.@-9"), IsOk());
  EXPECT_THAT(PolicyName::parse("a:b"), FailsWith(Errc::invalid_request));
  EXPECT_THAT(ThingName::parse("a:b_c-D9"), IsOk());
  EXPECT_THAT(ThingName::parse("a.b"), FailsWith(Errc::invalid_request));
  EXPECT_THAT(ThingName::parse("a b"), FailsWith(Errc::invalid_request));
  EXPECT_THAT(ThingTypeName::parse(std::string(128, 'x')), IsOk());
  EXPECT_THAT(ThingTypeName::parse(std::string(129, 'x')), FailsWith(Errc::invalid_request));
  EXPECT_THAT(TemplateName::parse(std::string(36, 'x')), IsOk());
  EXPECT_THAT(TemplateName::parse(std::string(37, 'x')), FailsWith(Errc::invalid_request));
  EXPECT_THAT(PolicyName::parse(""), FailsWith(Errc::invalid_request));
}

TEST(Arns, NameTheRealmAndTheResource) {  // P0.2
  const Realm realm{.account = "123456789012", .region = "cn-north-1"};
  EXPECT_EQ(certificate_arn(realm, *CertificateId::parse(kHex)),
            "arn:aws-cn:iot:cn-north-1:123456789012:cert/" + kHex);
  EXPECT_EQ(ca_certificate_arn(realm, *CertificateId::parse(kHex)),
            "arn:aws-cn:iot:cn-north-1:123456789012:cacert/" + kHex);
  EXPECT_EQ(thing_arn(Realm{}, *ThingName::parse("t")), "arn:aws:iot:us-east-1:123456789012:thing/t");
  EXPECT_EQ(thing_type_arn(Realm{}, *ThingTypeName::parse("t")),
            "arn:aws:iot:us-east-1:123456789012:thingtype/t");
  EXPECT_EQ(policy_arn(Realm{}, *PolicyName::parse("p")), "arn:aws:iot:us-east-1:123456789012:policy/p");
}

TEST(Principal, IsACertificateArnOfTheRealm) {  // P8.3
  const auto principal = Principal::parse(Realm{}, "arn:aws:iot:us-east-1:123456789012:cert/" + kHex);
  ASSERT_THAT(principal, IsOk());
  EXPECT_TRUE(principal->is_certificate());
  EXPECT_EQ(principal->certificate().hex(), kHex);
}

TEST(Principal, IsOtherwiseACognitoIdentity) {  // P8.3
  const std::string identity = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";
  const auto principal = Principal::parse(Realm{}, identity);
  ASSERT_THAT(principal, IsOk());
  EXPECT_FALSE(principal->is_certificate());
  EXPECT_EQ(principal->text(), identity);
}

TEST(Principal, OfAnotherAccountOrRegionDoesNotExistHere) {
  EXPECT_THAT(Principal::parse(Realm{}, "arn:aws:iot:us-east-1:999999999999:cert/" + kHex),
              FailsWith(Errc::not_found));
  EXPECT_THAT(Principal::parse(Realm{}, "arn:aws:iot:eu-west-1:123456789012:cert/" + kHex),
              FailsWith(Errc::not_found));
}

TEST(Principal, IsRefusedWhenMalformed) {  // P8.3
  for (const std::string text : {"", "cert", "arn:aws:iot:us-east-1:123456789012:cert/xyz",
                                 "arn:aws:iot:us-east-1:123456789012:thing/t", "us-east-1:not-a-uuid",
                                 "arn:aws:s3:us-east-1:123456789012:cert/"}) {
    EXPECT_THAT(Principal::parse(Realm{}, text), FailsWith(Errc::invalid_request)) << text;
  }
}

}  // namespace
}  // namespace iotemu::registry
