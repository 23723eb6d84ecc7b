// Provisioning templates, RegisterThing and bulk registration tasks as the API shows them (P5.8–5.10, P
// appendix A). The rules are the tests' of the registry and of the tasks; here it is names, forms and errors.

#include "registry/pki/csr.h"
#include "tests/unit/emulator/api/api_fixture.h"

namespace iotemu::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kRole = "arn:aws:iam::123456789012:role/provisioning";
constexpr auto kFleetBody = R"({
  "Parameters": {"AWS::IoT::Certificate::Id": {"Type": "String"}},
  "Resources": {"certificate": {"Type": "AWS::IoT::Certificate",
    "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}}}})";
constexpr auto kCsrBody = R"({
  "Parameters": {"ThingName": {"Type": "String"}, "CSR": {"Type": "String"}},
  "Resources": {
    "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "ThingName"}}},
    "certificate": {"Type": "AWS::IoT::Certificate",
                    "Properties": {"CertificateSigningRequest": {"Ref": "CSR"}}}}})";
constexpr auto kThingBody = R"({"Parameters": {"ThingName": {"Type": "String"}},
  "Resources": {"thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "ThingName"}}}}})";

std::vector<std::string> names(const Json& object) {
  std::vector<std::string> all;
  for (const auto& [name, value] : object.items()) all.push_back(name);
  return all;
}

Json fleet_template(const std::string& name) {
  return {{"templateName", name}, {"templateBody", kFleetBody}, {"provisioningRoleArn", kRole}};
}

class ProvisioningApi : public ApiTest {
 protected:
  std::string start(const std::string& input) {
    bulk_input = input;
    const auto answer = ok("StartThingRegistrationTask", {{"templateBody", kThingBody},
                                                          {"inputFileBucket", "bucket"},
                                                          {"inputFileKey", "things.json"},
                                                          {"roleArn", kRole}});
    EXPECT_THAT(names(answer), ElementsAre("taskId"));
    EXPECT_TRUE(work.wait_idle(std::chrono::milliseconds{30'000}));
    return answer.value("taskId", "");
  }
  std::string key_of(const std::string& id) {
    return tasks.report_key({}, id, bulk::ReportType::results)->value();
  }
  Json describe(const std::string& id) { return ok("DescribeThingRegistrationTask", {{"taskId", id}}); }
};

TEST_F(ProvisioningApi, CreatesATemplateAndDescribesIt) {  // P5.10
  auto wanted = fleet_template("fleet");
  wanted["description"] = "Grüße";
  wanted["enabled"] = true;
  wanted["preProvisioningHook"] = {{"targetArn", "arn:aws:lambda:us-east-1:123456789012:function:hook"}};
  wanted["tags"] = Json::array({{{"Key", "k"}, {"Value", "v"}}});
  const auto created = ok("CreateProvisioningTemplate", wanted);
  EXPECT_EQ(created, (Json{{"templateArn", "arn:aws:iot:us-east-1:123456789012:provisioningtemplate/fleet"},
                           {"templateName", "fleet"},
                           {"defaultVersionId", 1}}));

  const auto described = ok("DescribeProvisioningTemplate", {{"templateName", "fleet"}});
  EXPECT_THAT(names(described), ElementsAre("creationDate", "defaultVersionId", "description", "enabled",
                                            "lastModifiedDate", "preProvisioningHook", "provisioningRoleArn",
                                            "templateArn", "templateBody", "templateName", "type"));
  EXPECT_EQ(described.at("type"), "FLEET_PROVISIONING");
  EXPECT_EQ(described.at("templateBody"), kFleetBody);
  EXPECT_EQ(described.at("description"), "Grüße");
  EXPECT_EQ(described.at("preProvisioningHook").at("payloadVersion"), "2020-04-01");
  EXPECT_EQ(ok("ListTagsForResource", {{"resourceArn", created.at("templateArn")}}).at("tags"),
            wanted.at("tags"));
}

TEST_F(ProvisioningApi, SaysWhichTemplateExistsAlready) {  // P5.10
  ok("CreateProvisioningTemplate", fleet_template("fleet"));
  const auto answer = send("POST", "/provisioning-templates", fleet_template("fleet").dump());
  EXPECT_EQ(answer.status, 409U);
  EXPECT_EQ(error_type(answer), "ResourceAlreadyExistsException");
  EXPECT_EQ(Json::parse(answer.body).at("message"), "Template with name fleet already exists");
}

TEST_F(ProvisioningApi, RefusesADescriptionWithControlCharacters) {  // P appendix A
  for (const auto* text : {"a\nb", "a\x7f", "\xc2\x85"}) {
    auto wanted = fleet_template("fleet");
    wanted["description"] = text;
    const auto refused = call("CreateProvisioningTemplate", wanted);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message, HasSubstr("[^\\p{C}]*"));
  }
}

TEST_F(ProvisioningApi, UpdatesATemplate) {  // P5.10
  ok("CreateProvisioningTemplate", fleet_template("fleet"));
  ok("CreateProvisioningTemplateVersion", {{"templateName", "fleet"}, {"templateBody", kFleetBody}});
  EXPECT_EQ(ok("UpdateProvisioningTemplate",
               {{"templateName", "fleet"},
                {"enabled", true},
                {"description", "d"},
                {"defaultVersionId", 2},
                {"provisioningRoleArn", "arn:aws:iam::123456789012:role/other"},
                {"preProvisioningHook", {{"targetArn", "f"}, {"payloadVersion", "2020-04-01"}}}}),
            Json::object());
  auto described = ok("DescribeProvisioningTemplate", {{"templateName", "fleet"}});
  EXPECT_EQ(described.at("enabled"), true);
  EXPECT_EQ(described.at("defaultVersionId"), 2);
  EXPECT_EQ(described.at("provisioningRoleArn"), "arn:aws:iam::123456789012:role/other");
  ok("UpdateProvisioningTemplate", {{"templateName", "fleet"}, {"removePreProvisioningHook", true}});
  described = ok("DescribeProvisioningTemplate", {{"templateName", "fleet"}});
  EXPECT_FALSE(described.contains("preProvisioningHook"));
  EXPECT_EQ(
      call("UpdateProvisioningTemplate", {{"templateName", "fleet"}, {"defaultVersionId", 99'999'999'999}})
          .error()
          .code,
      Errc::not_found);
}

TEST_F(ProvisioningApi, ListsTemplatesInPages) {  // P10.4
  for (const auto* name : {"a", "b", "c"}) ok("CreateProvisioningTemplate", fleet_template(name));
  const auto first = ok("ListProvisioningTemplates", {{"maxResults", 2}});
  ASSERT_EQ(first.at("templates").size(), 2U);
  EXPECT_THAT(names(first.at("templates")[0]), ElementsAre("creationDate", "enabled", "lastModifiedDate",
                                                           "templateArn", "templateName", "type"));
  const auto second = ok("ListProvisioningTemplates", {{"nextToken", first.at("nextToken")}});
  EXPECT_EQ(second.at("templates").size(), 1U);
  EXPECT_FALSE(second.contains("nextToken"));
}

TEST_F(ProvisioningApi, KeepsTemplateVersions) {  // P5.10
  ok("CreateProvisioningTemplate", fleet_template("fleet"));
  EXPECT_EQ(ok("CreateProvisioningTemplateVersion",
               {{"templateName", "fleet"}, {"templateBody", kFleetBody}, {"setAsDefault", true}}),
            (Json{{"templateArn", "arn:aws:iot:us-east-1:123456789012:provisioningtemplate/fleet"},
                  {"templateName", "fleet"},
                  {"versionId", 2},
                  {"isDefaultVersion", true}}));
  const auto described =
      ok("DescribeProvisioningTemplateVersion", {{"templateName", "fleet"}, {"versionId", 1}});
  EXPECT_THAT(names(described), ElementsAre("creationDate", "isDefaultVersion", "templateBody", "versionId"));
  EXPECT_EQ(described.at("isDefaultVersion"), false);
  const auto listed = ok("ListProvisioningTemplateVersions", {{"templateName", "fleet"}}).at("versions");
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_THAT(names(listed[1]), ElementsAre("creationDate", "isDefaultVersion", "versionId"));
  EXPECT_EQ(send("DELETE", "/provisioning-templates/fleet/versions/2").status, 409U);
  EXPECT_EQ(error_type(send("DELETE", "/provisioning-templates/fleet")), "DeleteConflictException");
  ok("DeleteProvisioningTemplateVersion", {{"templateName", "fleet"}, {"versionId", 1}});
  ok("DeleteProvisioningTemplate", {{"templateName", "fleet"}});
}

TEST_F(ProvisioningApi, RegistersAThingFromACsr) {  // P5.8
  const auto key = registry::pki::PrivateKey::generate(registry::pki::KeyKind::ec_p256);
  const auto csr = registry::pki::make_csr(fixtures::make_subject({.common_name = "d1"}), *key);
  const auto answer =
      ok("RegisterThing", {{"templateBody", kCsrBody}, {"parameters", {{"ThingName", "d1"}, {"CSR", *csr}}}});
  EXPECT_THAT(answer.at("certificatePem").get<std::string>(), HasSubstr("BEGIN CERTIFICATE"));
  EXPECT_EQ(answer.at("resourceArns").at("thing"), "arn:aws:iot:us-east-1:123456789012:thing/d1");
  EXPECT_THAT(answer.at("resourceArns").at("certificate").get<std::string>(), HasSubstr(":cert/"));
  EXPECT_EQ(ok("ListThingPrincipals", {{"thingName", "d1"}}).at("principals"),
            Json::array({answer.at("resourceArns").at("certificate")}));
}

TEST_F(ProvisioningApi, AnswersNoCertificateWhereTheTemplateHasNone) {  // P5.8
  const auto answer =
      ok("RegisterThing", {{"templateBody", kThingBody}, {"parameters", {{"ThingName", "t"}}}});
  EXPECT_THAT(names(answer), ElementsAre("resourceArns"));
}

TEST_F(ProvisioningApi, TellsABadTemplateFromADeviceThatCannotBeRegistered) {  // P5.8
  const auto asked = [&](const Json& input) { return error_type(send("POST", "/things", input.dump())); };
  EXPECT_EQ(asked({{"templateBody", "{"}}), "InvalidRequestException");
  EXPECT_EQ(asked({{"templateBody", kThingBody}}), "InvalidRequestException");  // no ThingName
  EXPECT_EQ(asked({{"templateBody", kThingBody}, {"parameters", {{"ThingName", "a b"}}}}),
            "ResourceRegistrationFailureException");
}

TEST_F(ProvisioningApi, DescribesABulkRegistration) {  // P5.9
  const auto id = start("{\"ThingName\": \"a\"}\nnonsense\n");
  const auto described = describe(id);
  EXPECT_THAT(names(described), ElementsAre("creationDate", "failureCount", "inputFileBucket", "inputFileKey",
                                            "lastModifiedDate", "message", "percentageProgress", "roleArn",
                                            "status", "successCount", "taskId", "templateBody"));
  EXPECT_EQ(described.at("status"), "Completed");
  EXPECT_EQ(described.at("successCount"), 1);
  EXPECT_EQ(described.at("failureCount"), 1);
  EXPECT_EQ(described.at("percentageProgress"), 100);
  EXPECT_EQ(described.at("templateBody"), kThingBody);
  EXPECT_EQ(ok("StopThingRegistrationTask", {{"taskId", id}}), Json::object());
  EXPECT_EQ(ok("ListThingRegistrationTasks", {{"status", "Completed"}}).at("taskIds"), Json::array({id}));
  EXPECT_EQ(ok("ListThingRegistrationTasks", {{"status", "Failed"}}).at("taskIds"), Json::array());
}

TEST_F(ProvisioningApi, LinksTheReportsWhereTheCallerReachedTheApi) {  // P5.9
  const auto id = start("{\"ThingName\": \"a\"}");
  const auto path = "/thing-registration-tasks/" + id + "/reports?reportType=";
  const auto results = send("GET", path + "RESULTS", "", {{"Host", "emulator.test:1234"}});
  const auto link = "/_iot/thing-registration-tasks/" + id + "/results?key=" + key_of(id);
  EXPECT_EQ(Json::parse(results.body),
            (Json{{"reportType", "RESULTS"},
                  {"resourceLinks", Json::array({"http://emulator.test:1234" + link})}}));
  EXPECT_EQ(Json::parse(send("GET", path + "ERRORS").body).at("resourceLinks"), Json::array());
  EXPECT_EQ(ok("ListThingRegistrationTaskReports", {{"taskId", id}, {"reportType", "RESULTS"}})
                .at("resourceLinks")
                .at(0),
            "http://127.0.0.1:4566" + link);
}

TEST_F(ProvisioningApi, RefusesTokensOfListsThatFitOnePage) {  // P10.4
  const auto id = start("{\"ThingName\": \"a\"}");
  ok("CreateProvisioningTemplate", fleet_template("fleet"));
  const std::pair<const char*, Json> lists[]{
      {"ListThingRegistrationTaskReports", {{"taskId", id}, {"reportType", "RESULTS"}, {"maxResults", 1}}},
      {"ListTagsForResource",
       {{"resourceArn", "arn:aws:iot:us-east-1:123456789012:provisioningtemplate/fleet"}}}};
  for (auto [operation, input] : lists) {
    input["nextToken"] = "";
    EXPECT_TRUE(call(operation, input).ok()) << operation;
    for (const std::string& token : {registry::to_marker({.name = "a"}), std::string{"nonsense"}}) {
      input["nextToken"] = token;
      const auto refused = call(operation, input);
      ASSERT_FALSE(refused.ok()) << operation;
      EXPECT_EQ(refused.error().code, Errc::invalid_request);
      EXPECT_THAT(refused.error().message, HasSubstr(token));
    }
  }
}

TEST_F(ProvisioningApi, HasNo404ForReportsOfAnUnknownTask) {  // P appendix A: the operation models none
  EXPECT_EQ(error_type(send("GET", "/thing-registration-tasks/t/reports?reportType=ERRORS")),
            "InvalidRequestException");
}

TEST_F(ProvisioningApi, ServesTheReports) {  // P5.9
  const auto results = send("GET", "/_iot/thing-registration-tasks/task-1/results?key=key-1");
  EXPECT_EQ(results.body, "results\n");
  EXPECT_EQ(results.content_type, "application/x-ndjson");
  EXPECT_EQ(send("GET", "/_iot/thing-registration-tasks/task-1/errors?key=key-1").body, "errors\n");
  EXPECT_EQ(send("GET", "/_iot/thing-registration-tasks/task-1/errors").status, 404U);
  EXPECT_EQ(send("GET", "/_iot/thing-registration-tasks/task-1/errors?key=key-2").status, 404U);
  EXPECT_EQ(send("GET", "/_iot/thing-registration-tasks/task-2/errors?key=key-1").status, 404U);
  EXPECT_EQ(send("GET", "/_iot/thing-registration-tasks/task-1").status, 404U);
  EXPECT_EQ(send("GET", "/_iot/thing-registration-tasks/task-1/results/x").status, 404U);
  EXPECT_EQ(send("POST", "/_iot/thing-registration-tasks/task-1/results").status, 405U);
}

}  // namespace
}  // namespace iotemu::api
