// What each operation answers, member by member (P appendix A). The rules of the resources themselves are the
// registry's tests; here it is names, forms and paging.

#include "registry/pki/csr.h"
#include "tests/unit/emulator/api/api_fixture.h"

namespace iotemu::api {
namespace {

using testing::ElementsAre;

std::vector<std::string> names(const Json& object) {
  std::vector<std::string> all;
  for (const auto& [name, value] : object.items()) all.push_back(name);
  return all;
}

TEST_F(ApiTest, RegistersACaAndDescribesIt) {  // P1.2, P1.4
  const auto authority = registered_ca("factory");
  const auto listed = ok("ListCACertificates").at("certificates");
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_THAT(names(listed[0]), ElementsAre("certificateArn", "certificateId", "creationDate", "status"));
  const auto id = listed[0].at("certificateId");

  ok("UpdateCACertificate",
     {{"certificateId", id},
      {"newAutoRegistrationStatus", "ENABLE"},
      {"registrationConfig",
       {{"templateBody", R"({"Resources":{}})"}, {"roleArn", "arn:aws:iam::123456789012:role/r"}}}});
  const auto answer = ok("DescribeCACertificate", {{"certificateId", id}});
  EXPECT_THAT(names(answer.at("certificateDescription")),
              ElementsAre("autoRegistrationStatus", "certificateArn", "certificateId", "certificateMode",
                          "certificatePem", "creationDate", "customerVersion", "generationId",
                          "lastModifiedDate", "ownedBy", "status", "validity"));
  EXPECT_EQ(answer.at("certificateDescription").at("status"), "ACTIVE");
  EXPECT_EQ(answer.at("certificateDescription").at("autoRegistrationStatus"), "ENABLE");
  EXPECT_EQ(answer.at("certificateDescription").at("certificateMode"), "DEFAULT");
  EXPECT_EQ(answer.at("certificateDescription").at("ownedBy"), "123456789012");
  EXPECT_EQ(answer.at("registrationConfig"),
            (Json{{"templateBody", R"({"Resources":{}})"}, {"roleArn", "arn:aws:iam::123456789012:role/r"}}));

  ok("UpdateCACertificate",
     {{"certificateId", id}, {"newStatus", "INACTIVE"}, {"removeAutoRegistration", true}});
  EXPECT_FALSE(ok("DescribeCACertificate", {{"certificateId", id}}).contains("registrationConfig"));
  EXPECT_EQ(ok("DeleteCACertificate", {{"certificateId", id}}), Json::object());
  EXPECT_EQ(call("DescribeCACertificate", {{"certificateId", id}}).error().code, Errc::not_found);
}

TEST_F(ApiTest, AnswersTheRegistrationCodeUntilItIsDeleted) {  // P1.1
  const auto code = ok("GetRegistrationCode");
  EXPECT_EQ(ok("GetRegistrationCode"), code);
  ok("DeleteRegistrationCode");
  EXPECT_NE(ok("GetRegistrationCode"), code);
}

TEST_F(ApiTest, RegistersACertificateAndDescribesIt) {  // P2.4, P2.6
  const auto registered =
      ok("RegisterCertificate",
         {{"certificatePem", device_pem(registered_ca("factory"), "d1")}, {"status", "ACTIVE"}});
  const auto id = registered.at("certificateId");
  const auto description = ok("DescribeCertificate", {{"certificateId", id}}).at("certificateDescription");
  EXPECT_THAT(names(description),
              ElementsAre("caCertificateId", "certificateArn", "certificateId", "certificateMode",
                          "certificatePem", "creationDate", "customerVersion", "generationId",
                          "lastModifiedDate", "ownedBy", "status", "validity"));
  EXPECT_THAT(names(description.at("validity")), ElementsAre("notAfter", "notBefore"));
  EXPECT_EQ(description.at("certificateArn"), registered.at("certificateArn"));
  const auto item = ok("ListCertificatesByCA", {{"caCertificateId", description.at("caCertificateId")}})
                        .at("certificates")
                        .at(0);
  EXPECT_EQ(item, ok("ListCertificates").at("certificates").at(0));
  EXPECT_THAT(names(item),
              ElementsAre("certificateArn", "certificateId", "certificateMode", "creationDate", "status"));
}

TEST_F(ApiTest, RefusesPendingActivationAsAWish) {  // P2.4
  const auto pem = device_pem(registered_ca("factory"), "d1");
  for (const auto* operation : {"RegisterCertificate", "RegisterCertificateWithoutCA"}) {
    const auto refused = call(operation, {{"certificatePem", pem}, {"status", "PENDING_ACTIVATION"}});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Errc::certificate_state);
    EXPECT_EQ(refused.error().message, "Not allowed to register certificate with PENDING_ACTIVATION status");
  }
}

TEST_F(ApiTest, IssuesFromACsrAndLeavesOutTheCa) {  // P2.2, P2.3
  const auto key = registry::pki::PrivateKey::generate(registry::pki::KeyKind::ec_p256);
  const auto csr = registry::pki::make_csr(fixtures::make_subject({.common_name = "d1"}), *key);
  const auto created =
      ok("CreateCertificateFromCsr", {{"certificateSigningRequest", *csr}, {"setAsActive", true}});
  EXPECT_THAT(names(created), ElementsAre("certificateArn", "certificateId", "certificatePem"));
  const auto description = ok("DescribeCertificate", {{"certificateId", created.at("certificateId")}})
                               .at("certificateDescription");
  EXPECT_FALSE(description.contains("caCertificateId"));
  EXPECT_EQ(description.at("status"), "ACTIVE");
}

TEST_F(ApiTest, WalksPagesByMarkerNewestFirstUnlessAskedOtherwise) {  // P1.7, P10.4
  for (const auto* name : {"p1", "p2", "p3"}) {
    ok("CreatePolicy", {{"policyName", name}, {"policyDocument", kAllowAll}});
    realms.clock.advance(Duration{1000});
  }
  const auto walk = [&](bool ascending) {
    std::vector<std::string> seen;
    Json input{{"pageSize", 2}, {"ascendingOrder", ascending}};
    for (int page = 0; page < 2; ++page) {
      const auto answer = ok("ListPolicies", input);
      for (const auto& policy : answer.at("policies")) seen.push_back(policy.at("policyName"));
      EXPECT_EQ(answer.contains("nextMarker"), page == 0);
      if (page == 0) input["marker"] = answer.at("nextMarker");
    }
    return seen;
  };
  EXPECT_THAT(walk(true), ElementsAre("p1", "p2", "p3"));
  EXPECT_THAT(walk(false), ElementsAre("p3", "p2", "p1"));
  EXPECT_EQ(call("ListPolicies", {{"marker", "bm90IG91cnM="}}).error().code, Errc::invalid_request);
}

TEST_F(ApiTest, KeepsPolicyVersions) {  // P7.2
  EXPECT_THAT(names(ok("CreatePolicy", {{"policyName", "p"}, {"policyDocument", kAllowAll}})),
              ElementsAre("policyArn", "policyDocument", "policyName", "policyVersionId"));
  EXPECT_EQ(
      ok("CreatePolicyVersion", {{"policyName", "p"}, {"policyDocument", kAllowAll}}).at("isDefaultVersion"),
      false);
  ok("SetDefaultPolicyVersion", {{"policyName", "p"}, {"policyVersionId", "2"}});
  EXPECT_EQ(ok("GetPolicy", {{"policyName", "p"}}).at("defaultVersionId"), "2");
  EXPECT_EQ(ok("GetPolicyVersion", {{"policyName", "p"}, {"policyVersionId", "2"}}).at("isDefaultVersion"),
            true);
  const auto versions = ok("ListPolicyVersions", {{"policyName", "p"}}).at("policyVersions");
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_THAT(names(versions[0]), ElementsAre("createDate", "isDefaultVersion", "versionId"));
  EXPECT_EQ(call("DeletePolicyVersion", {{"policyName", "p"}, {"policyVersionId", "2"}}).error().code,
            Errc::delete_conflict);
  ok("DeletePolicyVersion", {{"policyName", "p"}, {"policyVersionId", "1"}});
  EXPECT_EQ(call("GetPolicyVersion", {{"policyName", "p"}, {"policyVersionId", "99999999999999999999"}})
                .error()
                .code,
            Errc::not_found);
  ok("DeletePolicy", {{"policyName", "p"}});
}

TEST_F(ApiTest, AttachesPoliciesByTheNewAndTheDeprecatedOperations) {  // P7.2, P4.3
  const auto arn = ok("CreateKeysAndCertificate").at("certificateArn");
  ok("CreatePolicy", {{"policyName", "p"}, {"policyDocument", kAllowAll}});
  ok("AttachPrincipalPolicy", {{"policyName", "p"}, {"principal", arn}});
  ok("AttachPolicy", {{"policyName", "p"}, {"target", arn}});
  const auto policies =
      Json::array({{{"policyName", "p"}, {"policyArn", "arn:aws:iot:us-east-1:123456789012:policy/p"}}});
  EXPECT_EQ(ok("ListAttachedPolicies", {{"target", arn}}).at("policies"), policies);
  EXPECT_EQ(ok("ListPrincipalPolicies", {{"principal", arn}}).at("policies"), policies);
  EXPECT_EQ(ok("ListTargetsForPolicy", {{"policyName", "p"}}).at("targets"), Json::array({arn}));
  EXPECT_EQ(ok("ListPolicyPrincipals", {{"policyName", "p"}}).at("principals"), Json::array({arn}));
  ok("DetachPrincipalPolicy", {{"policyName", "p"}, {"principal", arn}});
  ok("DetachPolicy", {{"policyName", "p"}, {"target", arn}});
  EXPECT_EQ(ok("ListTargetsForPolicy", {{"policyName", "p"}}).at("targets"), Json::array());
}

TEST_F(ApiTest, KeepsThingsWithTheirAttributesAndVersion) {  // P8.1
  EXPECT_THAT(
      names(ok("CreateThing", {{"thingName", "t"}, {"attributePayload", {{"attributes", {{"a", "1"}}}}}})),
      ElementsAre("thingArn", "thingId", "thingName"));
  ok("UpdateThing", {{"thingName", "t"},
                     {"attributePayload", {{"attributes", {{"b", "2"}}}, {"merge", true}}},
                     {"expectedVersion", 1}});
  const auto thing = ok("DescribeThing", {{"thingName", "t"}});
  EXPECT_THAT(names(thing),
              ElementsAre("attributes", "defaultClientId", "thingArn", "thingId", "thingName", "version"));
  EXPECT_EQ(thing.at("attributes"), (Json{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(thing.at("version"), 2);
  EXPECT_EQ(thing.at("defaultClientId"), "t");
  ok("UpdateThing", {{"thingName", "t"}, {"attributePayload", {{"attributes", Json::object()}}}});
  EXPECT_EQ(ok("DescribeThing", {{"thingName", "t"}}).at("attributes"), Json::object());
  EXPECT_EQ(call("DeleteThing", {{"thingName", "t"}, {"expectedVersion", 1}}).error().code,
            Errc::version_conflict);
  ok("DeleteThing", {{"thingName", "t"}, {"expectedVersion", 3}});
}

TEST_F(ApiTest, FindsThingsByAttributeAndType) {  // P8.1
  ok("CreateThingType", {{"thingTypeName", "robot"}});
  ok("CreateThing", {{"thingName", "t1"}, {"thingTypeName", "robot"}});
  ok("CreateThing", {{"thingName", "t2"}, {"attributePayload", {{"attributes", {{"room", "kitchen"}}}}}});
  const auto found = [&](const Json& filter) {
    std::vector<std::string> all;
    const auto answer = ok("ListThings", filter);
    for (const auto& thing : answer.at("things")) all.push_back(thing.at("thingName"));
    return all;
  };
  EXPECT_THAT(found({{"thingTypeName", "robot"}}), ElementsAre("t1"));
  EXPECT_THAT(found({{"attributeName", "room"}, {"attributeValue", "kitchen"}}), ElementsAre("t2"));
  EXPECT_THAT(found({{"attributeName", "room"}, {"attributeValue", "kit"}}), ElementsAre());
  EXPECT_THAT(
      found({{"attributeName", "room"}, {"attributeValue", "kit"}, {"usePrefixAttributeValue", true}}),
      ElementsAre("t2"));
  const auto page = ok("ListThings", {{"maxResults", 1}});
  EXPECT_EQ(page.at("things").size(), 1U);
  EXPECT_EQ(ok("ListThings", {{"maxResults", 1}, {"nextToken", page.at("nextToken")}}).count("nextToken"),
            0U);
  EXPECT_EQ(call("ListThings", {{"attributeValue", "x"}}).error().code, Errc::invalid_request);
}

TEST_F(ApiTest, DescribesThingTypesThroughTheirLife) {  // P8.2
  ok("CreateThingType",
     {{"thingTypeName", "robot"},
      {"thingTypeProperties", {{"thingTypeDescription", "It walks"}, {"searchableAttributes", {"sn"}}}}});
  ok("DeprecateThingType", {{"thingTypeName", "robot"}});
  const auto type = ok("DescribeThingType", {{"thingTypeName", "robot"}});
  EXPECT_EQ(type.at("thingTypeProperties"),
            (Json{{"thingTypeDescription", "It walks"}, {"searchableAttributes", {"sn"}}}));
  EXPECT_THAT(names(type.at("thingTypeMetadata")),
              ElementsAre("creationDate", "deprecated", "deprecationDate"));
  EXPECT_EQ(ok("ListThingTypes").at("thingTypes").at(0).at("thingTypeMetadata").at("deprecated"), true);
  EXPECT_EQ(call("DeleteThingType", {{"thingTypeName", "robot"}}).error().code, Errc::invalid_request);
  realms.clock.advance(std::chrono::minutes{5});
  ok("DeleteThingType", {{"thingTypeName", "robot"}});
  EXPECT_EQ(call("DescribeThingType", {{"thingTypeName", "robot"}}).error().code, Errc::not_found);
}

TEST_F(ApiTest, UpdatesWhatAThingTypePropagatesAndNothingElse) {  // P8.2, M5-23
  ok("CreateThingType",
     {{"thingTypeName", "robot"},
      {"thingTypeProperties", {{"thingTypeDescription", "It walks"}, {"searchableAttributes", {"sn"}}}}});
  EXPECT_EQ(ok("UpdateThingType", {{"thingTypeName", "robot"}}), Json::object());
  const Json propagation{{"propagatingAttributes",
                          {{{"userPropertyKey", "serial"}, {"thingAttribute", "sn"}},
                           {{"userPropertyKey", "client"}, {"connectionAttribute", "iot:ClientId"}}}}};
  ok("UpdateThingType",
     {{"thingTypeName", "robot"}, {"thingTypeProperties", {{"mqtt5Configuration", propagation}}}});
  EXPECT_EQ(ok("DescribeThingType", {{"thingTypeName", "robot"}}).at("thingTypeProperties"),
            (Json{{"thingTypeDescription", "It walks"},
                  {"searchableAttributes", {"sn"}},
                  {"mqtt5Configuration", propagation}}));
  EXPECT_EQ(call("UpdateThingType", {{"thingTypeName", "robot"},
                                     {"thingTypeProperties", {{"thingTypeDescription", "It flies"}}}})
                .error()
                .code,
            Errc::invalid_request);
}

TEST_F(ApiTest, UndoesADeprecation) {  // P8.2
  ok("CreateThingType", {{"thingTypeName", "robot"}});
  ok("DeprecateThingType", {{"thingTypeName", "robot"}});
  ok("DeprecateThingType", {{"thingTypeName", "robot"}, {"undoDeprecate", true}});
  EXPECT_EQ(ok("DescribeThingType", {{"thingTypeName", "robot"}}).at("thingTypeMetadata").at("deprecated"),
            false);
}

TEST_F(ApiTest, ListsThingPrincipalsBothWaysInBothVersions) {  // P8.3
  const auto arn = ok("CreateKeysAndCertificate").at("certificateArn");
  ok("CreateThing", {{"thingName", "t"}});
  ok("AttachThingPrincipal",
     {{"thingName", "t"}, {"principal", arn}, {"thingPrincipalType", "EXCLUSIVE_THING"}});
  EXPECT_EQ(ok("ListThingPrincipals", {{"thingName", "t"}}).at("principals"), Json::array({arn}));
  EXPECT_EQ(ok("ListPrincipalThings", {{"principal", arn}}).at("things"), Json::array({"t"}));
  EXPECT_EQ(ok("ListThingPrincipalsV2", {{"thingName", "t"}}).at("thingPrincipalObjects"),
            Json::array({{{"principal", arn}, {"thingPrincipalType", "EXCLUSIVE_THING"}}}));
  EXPECT_EQ(ok("ListPrincipalThingsV2", {{"principal", arn}}).at("principalThingObjects"),
            Json::array({{{"thingName", "t"}, {"thingPrincipalType", "EXCLUSIVE_THING"}}}));
  EXPECT_EQ(ok("ListThingPrincipalsV2", {{"thingName", "t"}, {"thingPrincipalType", "NON_EXCLUSIVE_THING"}})
                .at("thingPrincipalObjects"),
            Json::array());
  ok("DetachThingPrincipal", {{"thingName", "t"}, {"principal", arn}});
  EXPECT_EQ(call("DetachThingPrincipal", {{"thingName", "t"}, {"principal", arn}}).error().code,
            Errc::not_found);
}

TEST_F(ApiTest, ShowsTheTagsThatAResourceWasCreatedWith) {  // P8.8
  const auto tags = Json::array({{{"Key", "team"}, {"Value", "blue"}}});
  const auto policy =
      ok("CreatePolicy", {{"policyName", "p"}, {"policyDocument", kAllowAll}, {"tags", tags}});
  const auto type = ok("CreateThingType", {{"thingTypeName", "robot"}, {"tags", tags}});
  const auto authority = fixtures::Authority::create(fixtures::make_subject({.common_name = "factory"}));
  const auto ca =
      ok("RegisterCACertificate",
         {{"caCertificate", authority->certificate_pem()}, {"certificateMode", "SNI_ONLY"}, {"tags", tags}});
  for (const auto& arn : {policy.at("policyArn"), type.at("thingTypeArn"), ca.at("certificateArn")}) {
    EXPECT_EQ(ok("ListTagsForResource", {{"resourceArn", arn}}).at("tags"), tags) << arn;
  }
  const auto thing = ok("CreateThing", {{"thingName", "t"}}).at("thingArn");
  EXPECT_EQ(call("ListTagsForResource", {{"resourceArn", thing}}).error().code, Errc::invalid_request);
  for (const auto* unknown :
       {"arn:aws:iot:us-east-1:123456789012:policy/nope", "arn:aws:iot:eu-west-1:1:policy/p", "x",
        "arn:aws:iot:us-east-1:123456789012:policy/", "arn:aws:iot:us-east-1:123456789012:"}) {
    EXPECT_EQ(call("ListTagsForResource", {{"resourceArn", unknown}}).error().code, Errc::not_found)
        << unknown;
  }
}

TEST_F(ApiTest, NamesTheEndpoint) {  // P8.7
  for (const auto* type : {"iot:Data-ATS", "iot:CredentialProvider", "iot:Data", "iot:Jobs"}) {
    EXPECT_EQ(ok("DescribeEndpoint", {{"endpointType", type}}).at("endpointAddress"), "localhost") << type;
  }
  EXPECT_EQ(ok("DescribeEndpoint").at("endpointAddress"), "localhost");
  EXPECT_EQ(call("DescribeEndpoint", {{"endpointType", "iot:Nope"}}).error().code, Errc::invalid_request);
}

TEST_F(ApiTest, RefusesOldEndpointTypesWhenToldTo) {  // P8.7, switch describe_endpoint_legacy
  Api strict{{.describe_endpoint_legacy = false}, realms, system, tasks, functions, nobody_else, pool};
  EXPECT_EQ(strict.call({}, "DescribeEndpoint", {{"endpointType", "iot:Data"}}).error().code,
            Errc::invalid_request);
  EXPECT_TRUE(strict.call({}, "DescribeEndpoint", {{"endpointType", "iot:Data-ATS"}}).ok());
}

void index_things(const std::function<Json(std::string_view, const Json&)>& ok) {
  ok("UpdateIndexingConfiguration",
     {{"thingIndexingConfiguration",
       {{"thingIndexingMode", "REGISTRY"},
        {"thingConnectivityIndexingMode", "STATUS"},
        {"customFields", Json::array({{{"name", "attributes.size"}, {"type", "Number"}}})}}}});
}

TEST_F(ApiTest, BoundsWhatOneQuestionMayAsk) {  // FI-2, FI-4, P7.9
  index_things([&](auto operation, const Json& input) { return ok(operation, input); });
  ok("CreateThing", {{"thingName", "t"}});
  const auto percents = [](std::size_t count) {
    return Json{{"queryString", "*"}, {"percents", std::vector<double>(count, 50)}};
  };
  EXPECT_EQ(ok("GetPercentiles", percents(100)).at("percentiles").size(), 100U);
  EXPECT_EQ(call("GetPercentiles", percents(101)).error().code, Errc::invalid_request);
  ok("SearchIndex", {{"queryString", "*"}, {"maxResults", 100}});
  EXPECT_EQ(call("SearchIndex", {{"queryString", "*"}, {"maxResults", 101}}).error().code,
            Errc::invalid_request);
  const auto questions = [](std::size_t count) {
    return Json{{"principal", "us-east-1:11111111-2222-3333-4444-555555555555"},
                {"authInfos", Json::array({{{"actionType", "PUBLISH"},
                                            {"resources", std::vector<std::string>(count, "topic/a")}}})}};
  };
  EXPECT_EQ(ok("TestAuthorization", questions(100)).at("authResults").size(), 1U);
  EXPECT_EQ(call("TestAuthorization", questions(101)).error().code, Errc::invalid_request);
}

TEST_F(ApiTest, LeavesOutFiguresThatAreNoNumbers) {  // FI-4
  index_things([&](auto operation, const Json& input) { return ok(operation, input); });
  for (const auto* size : {"1e200", "3e200"}) {
    ok("CreateThing",
       {{"thingName", "t" + std::string{size}}, {"attributePayload", {{"attributes", {{"size", size}}}}}});
  }
  const auto figures =
      ok("GetStatistics", {{"queryString", "*"}, {"aggregationField", "attributes.size"}}).at("statistics");
  EXPECT_THAT(names(figures), ElementsAre("average", "count", "maximum", "minimum", "sum"));
  EXPECT_EQ(figures.at("average"), 2e200);
}

TEST_F(ApiTest, NamesOnlyModelledReasonsInConnectivityData) {  // FI-4
  index_things([&](auto operation, const Json& input) { return ok(operation, input); });
  ok("CreateThing", {{"thingName", "t"}});
  auto& registry = **realms.registry({});
  registry.device_connected(*registry::ThingName::parse("t"), 1);
  registry.device_disconnected(1, "API_INITIATED_DISCONNECT");
  EXPECT_EQ(ok("GetThingConnectivityData", {{"thingName", "t"}}).at("disconnectReason"),
            "SERVER_INITIATED_DISCONNECT");
  const auto found = ok("SearchIndex", {{"queryString", "*"}}).at("things").at(0);
  EXPECT_EQ(found.at("connectivity").at("disconnectReason"), "API_INITIATED_DISCONNECT");
}

}  // namespace
}  // namespace iotemu::api
