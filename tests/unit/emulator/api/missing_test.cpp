// What each operation says of a resource that does not exist: 404 for those whose model has it, and the known
// exceptions (P appendix A, P appendix C.8 test 78).

#include <ostream>

#include "tests/unit/emulator/api/api_fixture.h"

namespace iotemu::api {
namespace {

const std::string kId(64, 'a');
const std::string kCertificate = "arn:aws:iot:us-east-1:123456789012:cert/" + kId;

struct Missing {
  const char* operation{};
  const char* method{};
  std::string target{};
  std::string body{};
  std::vector<http::Header> headers{};

  friend std::ostream& operator<<(std::ostream& out, const Missing& row) { return out << row.operation; }
};

class MissingResource : public ApiTest, public testing::WithParamInterface<Missing> {};

TEST_P(MissingResource, IsA404WithTheNameInTheHeaderAndTheWordsInTheBody) {
  const auto answer = send(GetParam().method, GetParam().target, GetParam().body, GetParam().headers);
  EXPECT_EQ(answer.status, 404U) << answer.body;
  EXPECT_EQ(error_type(answer), "ResourceNotFoundException");
  const auto body = Json::parse(answer.body);
  EXPECT_THAT(body.at("message").get<std::string>(), testing::HasSubstr("not exist"));
  EXPECT_EQ(body.size(), 1U);
}

std::string with_document() {
  return Json{
      {"policyDocument",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]})"}}
      .dump();
}

std::string with_template() {
  return Json{{"templateBody",
               R"({"Parameters":{"AWS::IoT::Certificate::Id":{"Type":"String"}},"Resources":{"certificate":{
                  "Type":"AWS::IoT::Certificate",
                  "Properties":{"CertificateId":{"Ref":"AWS::IoT::Certificate::Id"}}}}})"}}
      .dump();
}

INSTANTIATE_TEST_SUITE_P(
    AppendixA, MissingResource,
    testing::Values(
        Missing{"DescribeCACertificate", "GET", "/cacertificate/" + kId},
        Missing{"UpdateCACertificate", "PUT", "/cacertificate/" + kId + "?newStatus=ACTIVE"},
        Missing{"DeleteCACertificate", "DELETE", "/cacertificate/" + kId},
        Missing{"DescribeCertificate", "GET", "/certificates/" + kId},
        Missing{"UpdateCertificate", "PUT", "/certificates/" + kId + "?newStatus=ACTIVE"},
        Missing{"DeleteCertificate", "DELETE", "/certificates/" + kId + "?forceDelete=true"},
        Missing{"GetPolicy", "GET", "/policies/p"}, Missing{"DeletePolicy", "DELETE", "/policies/p"},
        Missing{"CreatePolicyVersion", "POST", "/policies/p/version", with_document()},
        Missing{"GetPolicyVersion", "GET", "/policies/p/version/1"},
        Missing{"ListPolicyVersions", "GET", "/policies/p/version"},
        Missing{"SetDefaultPolicyVersion", "PATCH", "/policies/p/version/1"},
        Missing{"DeletePolicyVersion", "DELETE", "/policies/p/version/1"},
        Missing{"AttachPolicy", "PUT", "/target-policies/p", Json{{"target", kCertificate}}.dump()},
        Missing{"ListAttachedPolicies", "POST", "/attached-policies/" + kCertificate},
        Missing{"ListTargetsForPolicy", "POST", "/policy-targets/p"},
        Missing{"AttachPrincipalPolicy",
                "PUT",
                "/principal-policies/p",
                "",
                {{"x-amzn-iot-principal", kCertificate}}},
        Missing{"ListPrincipalPolicies",
                "GET",
                "/principal-policies",
                "",
                {{"x-amzn-iot-principal", kCertificate}}},
        Missing{"ListPolicyPrincipals", "GET", "/policy-principals", "", {{"x-amzn-iot-policy", "p"}}},
        Missing{"CreateThing", "POST", "/things/t", R"({"thingTypeName":"none"})"},
        Missing{"DescribeThing", "GET", "/things/t"}, Missing{"UpdateThing", "PATCH", "/things/t"},
        Missing{
            "AttachThingPrincipal", "PUT", "/things/t/principals", "", {{"x-amzn-principal", kCertificate}}},
        Missing{"DetachThingPrincipal",
                "DELETE",
                "/things/t/principals",
                "",
                {{"x-amzn-principal", kCertificate}}},
        Missing{"ListThingPrincipals", "GET", "/things/t/principals"},
        Missing{"ListThingPrincipalsV2", "GET", "/things/t/principals-v2"},
        Missing{"ListPrincipalThings", "GET", "/principals/things", "", {{"x-amzn-principal", kCertificate}}},
        Missing{"ListPrincipalThingsV2",
                "GET",
                "/principals/things-v2",
                "",
                {{"x-amzn-principal", kCertificate}}},
        Missing{"DescribeThingGroup", "GET", "/thing-groups/g"},
        Missing{"UpdateThingGroup", "PATCH", "/thing-groups/g", R"({"thingGroupProperties":{}})"},
        Missing{"ListThingGroups", "GET", "/thing-groups?parentGroup=g"},
        Missing{"AddThingToThingGroup", "PUT", "/thing-groups/addThingToThingGroup",
                R"({"thingGroupName":"g","thingName":"t"})"},
        Missing{"RemoveThingFromThingGroup", "PUT", "/thing-groups/removeThingFromThingGroup",
                R"({"thingGroupName":"g","thingName":"t"})"},
        Missing{"UpdateThingGroupsForThing", "PUT", "/thing-groups/updateThingGroupsForThing",
                R"({"thingGroupsToAdd":["g"],"thingName":"t"})"},
        Missing{"ListThingGroupsForThing", "GET", "/things/t/thing-groups"},
        Missing{"ListThingsInThingGroup", "GET", "/thing-groups/g/things?recursive=true"},
        Missing{"DescribeBillingGroup", "GET", "/billing-groups/b"},
        Missing{"UpdateBillingGroup", "PATCH", "/billing-groups/b", R"({"billingGroupProperties":{}})"},
        Missing{"AddThingToBillingGroup", "PUT", "/billing-groups/addThingToBillingGroup",
                R"({"billingGroupName":"b","thingName":"t"})"},
        Missing{"RemoveThingFromBillingGroup", "PUT", "/billing-groups/removeThingFromBillingGroup",
                R"({"billingGroupName":"b","thingName":"t"})"},
        Missing{"ListThingsInBillingGroup", "GET", "/billing-groups/b/things"},
        Missing{"DescribeThingType", "GET", "/thing-types/t"},
        Missing{"UpdateThingType", "PATCH", "/thing-types/t"},
        Missing{"DeprecateThingType", "POST", "/thing-types/t/deprecate"},
        Missing{"DeleteThingType", "DELETE", "/thing-types/t"},
        Missing{"DescribeProvisioningTemplate", "GET", "/provisioning-templates/p"},
        Missing{"UpdateProvisioningTemplate", "PATCH", "/provisioning-templates/p", R"({"enabled":true})"},
        Missing{"DeleteProvisioningTemplate", "DELETE", "/provisioning-templates/p"},
        Missing{"CreateProvisioningTemplateVersion", "POST", "/provisioning-templates/p/versions",
                with_template()},
        Missing{"DescribeProvisioningTemplateVersion", "GET", "/provisioning-templates/p/versions/1"},
        Missing{"DeleteProvisioningTemplateVersion", "DELETE", "/provisioning-templates/p/versions/1"},
        Missing{"ListProvisioningTemplateVersions", "GET", "/provisioning-templates/p/versions"},
        Missing{"DescribeThingRegistrationTask", "GET", "/thing-registration-tasks/t"},
        Missing{"StopThingRegistrationTask", "PUT", "/thing-registration-tasks/t/cancel"},
        Missing{"TagResource", "POST", "/tags",
                R"({"resourceArn":"arn:aws:iot:us-east-1:123456789012:rolealias/r","tags":[{"Key":"k"}]})"},
        Missing{"UntagResource", "POST", "/untag",
                R"({"resourceArn":"arn:aws:iot:us-east-1:123456789012:authorizer/a","tagKeys":["k"]})"},
        Missing{"ListTagsForResource", "GET",
                "/tags?resourceArn=arn:aws:iot:us-east-1:123456789012:policy/p"}),
    [](const auto& row) { return std::string{row.param.operation}; });

// P1.7, P7.2, P8.1: operations that model no 404, or succeed in spite of it.
TEST_F(ApiTest, AnswersSomeQuestionsAboutNothingWithSuccess) {
  EXPECT_EQ(ok("ListCertificatesByCA", {{"caCertificateId", kId}}).at("certificates"), Json::array());
  ok("DetachPolicy", {{"policyName", "p"}, {"target", kCertificate}});
  ok("DeleteThing", {{"thingName", "t"}});
}

TEST_F(ApiTest, CannotDeleteARegistrationCodeThatNobodyAskedFor) {  // P1.1
  EXPECT_EQ(error_type(send("DELETE", "/registrationcode")), "ResourceNotFoundException");
}

TEST_F(ApiTest, RefusesARegistrationConfigThatNamesAnUnknownTemplate) {  // P1.3
  const auto authority = registered_ca("factory");
  const auto refused =
      call("UpdateCACertificate", {{"certificateId", authority.identity().certificate.id().hex()},
                                   {"registrationConfig", {{"templateName", "none"}}}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::not_found);
}

}  // namespace
}  // namespace iotemu::api
