// What the operations on thing groups and billing groups answer (P8.4, P8.5, P appendix A). The rules of the
// groups themselves are the registry's tests; here it is names, forms, errors and paging.

#include "tests/unit/emulator/api/api_fixture.h"

namespace iotemu::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names(const Json& object) {
  std::vector<std::string> all;
  for (const auto& [name, value] : object.items()) all.push_back(name);
  return all;
}

std::string arn(const std::string& resource) {
  return "arn:aws:iot:us-east-1:123456789012:" + resource;
}

Json group_entry(const std::string& kind, const std::string& name) {
  return {{"groupName", name}, {"groupArn", arn(kind + "/" + name)}};
}

TEST_F(ApiTest, DescribesAThingGroupWithItsPathFromTheRoot) {  // P8.4
  EXPECT_THAT(names(ok("CreateThingGroup", {{"thingGroupName", "plant"}})),
              ElementsAre("thingGroupArn", "thingGroupId", "thingGroupName"));
  ok("CreateThingGroup", {{"thingGroupName", "hall"}, {"parentGroupName", "plant"}});
  ok("CreateThingGroup",
     {{"thingGroupName", "line"},
      {"parentGroupName", "hall"},
      {"thingGroupProperties",
       {{"thingGroupDescription", "Line 1"}, {"attributePayload", {{"attributes", {{"speed", "2"}}}}}}}});
  const auto root = ok("DescribeThingGroup", {{"thingGroupName", "plant"}});
  EXPECT_THAT(names(root), ElementsAre("thingGroupArn", "thingGroupId", "thingGroupMetadata",
                                       "thingGroupName", "thingGroupProperties", "version"));
  EXPECT_EQ(root.at("thingGroupProperties"), Json::object());
  EXPECT_THAT(names(root.at("thingGroupMetadata")), ElementsAre("creationDate"));

  const auto line = ok("DescribeThingGroup", {{"thingGroupName", "line"}});
  EXPECT_EQ(line.at("thingGroupArn"), arn("thinggroup/line"));
  EXPECT_EQ(line.at("version"), 1);
  EXPECT_EQ(
      line.at("thingGroupProperties"),
      (Json{{"thingGroupDescription", "Line 1"}, {"attributePayload", {{"attributes", {{"speed", "2"}}}}}}));
  EXPECT_EQ(line.at("thingGroupMetadata").at("parentGroupName"), "hall");
  EXPECT_EQ(line.at("thingGroupMetadata").at("rootToParentThingGroups"),
            Json::array({group_entry("thinggroup", "plant"), group_entry("thinggroup", "hall")}));
}

TEST_F(ApiTest, UpdatesAThingGroupAndAnswersItsVersion) {  // P8.4
  ok("CreateThingGroup", {{"thingGroupName", "g"},
                          {"thingGroupProperties", {{"attributePayload", {{"attributes", {{"a", "1"}}}}}}}});
  const auto update = [&](const Json& properties) {
    return ok("UpdateThingGroup", {{"thingGroupName", "g"}, {"thingGroupProperties", properties}});
  };
  EXPECT_EQ(update({{"attributePayload", {{"attributes", {{"b", "2"}}}, {"merge", true}}}}),
            (Json{{"version", 2}}));
  EXPECT_EQ(update({{"thingGroupDescription", "d"}}), (Json{{"version", 3}}));
  EXPECT_EQ(ok("DescribeThingGroup", {{"thingGroupName", "g"}}).at("thingGroupProperties"),
            (Json{{"thingGroupDescription", "d"},
                  {"attributePayload", {{"attributes", {{"a", "1"}, {"b", "2"}}}}}}));
  EXPECT_EQ(call("UpdateThingGroup",
                 {{"thingGroupName", "g"}, {"thingGroupProperties", Json::object()}, {"expectedVersion", 2}})
                .error()
                .code,
            Errc::version_conflict);
  EXPECT_EQ(call("DeleteThingGroup", {{"thingGroupName", "g"}, {"expectedVersion", 2}}).error().code,
            Errc::version_conflict);
  EXPECT_EQ(ok("DeleteThingGroup", {{"thingGroupName", "g"}, {"expectedVersion", 3}}), Json::object());
  EXPECT_EQ(ok("DeleteThingGroup", {{"thingGroupName", "g"}}), Json::object());
}

TEST_F(ApiTest, ListsThingGroupsOfAllLevelsUnlessToldOtherwise) {  // P8.4
  ok("CreateThingGroup", {{"thingGroupName", "plant"}});
  ok("CreateThingGroup", {{"thingGroupName", "hall"}, {"parentGroupName", "plant"}});
  const auto listed = [&](const Json& input) { return ok("ListThingGroups", input).at("thingGroups"); };
  const auto plant = group_entry("thinggroup", "plant");
  const auto hall = group_entry("thinggroup", "hall");
  EXPECT_THAT(listed(Json::object()), testing::UnorderedElementsAre(plant, hall));
  EXPECT_EQ(listed({{"recursive", false}}), Json::array({plant}));
  EXPECT_EQ(listed({{"parentGroup", "plant"}}), Json::array({hall}));
  EXPECT_EQ(listed({{"namePrefixFilter", "ha"}}), Json::array({hall}));
  EXPECT_EQ(call("ListThingGroups", {{"parentGroup", "none"}}).error().code, Errc::not_found);
}

TEST_F(ApiTest, PutsThingsIntoGroupsByNameOrArn) {  // P8.4
  for (const auto* name : {"g", "h"}) ok("CreateThingGroup", {{"thingGroupName", name}});
  ok("CreateThing", {{"thingName", "t"}});
  EXPECT_EQ(ok("AddThingToThingGroup",
               {{"thingGroupName", "g"}, {"thingName", "t"}, {"overrideDynamicGroups", true}}),
            Json::object());
  ok("AddThingToThingGroup", {{"thingGroupArn", arn("thinggroup/h")}, {"thingArn", arn("thing/t")}});
  EXPECT_EQ(ok("ListThingGroupsForThing", {{"thingName", "t"}}).at("thingGroups"),
            Json::array({group_entry("thinggroup", "g"), group_entry("thinggroup", "h")}));
  EXPECT_EQ(ok("ListThingsInThingGroup", {{"thingGroupName", "g"}}), (Json{{"things", {"t"}}}));
  ok("RemoveThingFromThingGroup", {{"thingGroupName", "g"}, {"thingArn", arn("thing/t")}});
  EXPECT_EQ(ok("ListThingsInThingGroup", {{"thingGroupName", "g"}}), (Json{{"things", Json::array()}}));
  ok("UpdateThingGroupsForThing",
     {{"thingName", "t"}, {"thingGroupsToAdd", {"g"}}, {"thingGroupsToRemove", {"h"}}});
  EXPECT_EQ(ok("ListThingGroupsForThing", {{"thingName", "t"}}).at("thingGroups"),
            Json::array({group_entry("thinggroup", "g")}));
}

TEST_F(ApiTest, SaysWhatIsWrongWithANameOrArn) {  // P8.4, P8.5
  ok("CreateThingGroup", {{"thingGroupName", "g"}});
  ok("CreateBillingGroup", {{"billingGroupName", "g"}});
  ok("CreateThing", {{"thingName", "t"}});
  struct Case {
    Json input{};
    Errc code{};
    const char* text{};
  };
  const Case cases[] = {
      {{{"thingName", "t"}}, Errc::invalid_request, "One of thingGroupName and thingGroupArn"},
      {{{"thingGroupName", "g"}}, Errc::invalid_request, "One of thingName and thingArn"},
      {{{"thingGroupArn", "x"}, {"thingName", "t"}}, Errc::invalid_request, "'x' is no ARN"},
      {{{"thingGroupArn", arn("thing/g")}, {"thingName", "t"}}, Errc::invalid_request, "thinggroup/"},
      {{{"thingGroupArn", arn("thinggroup/")}, {"thingName", "t"}},
       Errc::invalid_request,
       "thing group name"},
      {{{"thingGroupName", "g"}, {"thingName", "t"}, {"thingArn", arn("thing/u")}},
       Errc::invalid_request,
       "different resources"},
      {{{"thingGroupArn", "arn:aws:iot:eu-west-1:123456789012:thinggroup/g"}, {"thingName", "t"}},
       Errc::not_found,
       "does not exist in this account and region"},
      {{{"thingGroupName", "none"}, {"thingName", "t"}}, Errc::not_found, "Thing group none"},
      {{{"thingGroupName", "g"}, {"thingName", "none"}}, Errc::not_found, "Thing none"},
  };
  for (const auto& each : cases) {
    for (const auto* operation : {"AddThingToThingGroup", "RemoveThingFromThingGroup"}) {
      const auto refused = call(operation, each.input);
      ASSERT_FALSE(refused.ok()) << operation << each.input;
      EXPECT_EQ(refused.error().code, each.code) << each.input;
      EXPECT_THAT(refused.error().message, HasSubstr(each.text)) << each.input;
    }
  }
  EXPECT_EQ(call("AddThingToBillingGroup", {{"billingGroupArn", arn("thinggroup/g")}, {"thingName", "t"}})
                .error()
                .code,
            Errc::invalid_request);
  EXPECT_EQ(call("RemoveThingFromBillingGroup", {{"thingName", "t"}}).error().code, Errc::invalid_request);
  EXPECT_EQ(call("UpdateThingGroupsForThing", {{"thingGroupsToAdd", {"g"}}}).error().code,
            Errc::invalid_request);
  EXPECT_EQ(
      call("UpdateThingGroupsForThing", {{"thingName", "t"}, {"thingGroupsToAdd", {"a b"}}}).error().code,
      Errc::invalid_request);
}

TEST_F(ApiTest, WalksThePagesOfEveryGroupList) {  // P10.4
  ok("CreateThingGroup", {{"thingGroupName", "root"}});
  for (const auto* name : {"a", "b", "c"}) {
    ok("CreateThingGroup", {{"thingGroupName", name}});
    ok("CreateThingGroup", {{"thingGroupName", std::string{"below-"} + name}, {"parentGroupName", "root"}});
    ok("CreateBillingGroup", {{"billingGroupName", name}});
    ok("CreateThing", {{"thingName", name}, {"billingGroupName", "a"}});
    ok("AddThingToThingGroup", {{"thingGroupName", std::string{"below-"} + name}, {"thingName", name}});
    ok("AddThingToThingGroup", {{"thingGroupName", name}, {"thingName", "a"}});
    realms.clock.advance(Duration{1000});
  }
  struct Case {
    const char* operation{};
    const char* list{};
    std::size_t items{};
    Json input = Json::object();
  };
  const Case cases[] = {
      {"ListThingGroups", "thingGroups", 7},
      {"ListBillingGroups", "billingGroups", 3},
      {"ListThingGroupsForThing", "thingGroups", 4, {{"thingName", "a"}}},
      {"ListThingsInThingGroup", "things", 3, {{"thingGroupName", "root"}, {"recursive", true}}},
      {"ListThingsInBillingGroup", "things", 3, {{"billingGroupName", "a"}}},
  };
  for (const auto& each : cases) {
    auto input = each.input;
    input["maxResults"] = 1;
    std::set<std::string> seen;
    std::size_t pages = 0;
    for (bool more = true; more; ++pages) {
      ASSERT_LT(pages, each.items) << each.operation;
      const auto answer = ok(each.operation, input);
      ASSERT_EQ(answer.at(each.list).size(), 1U) << each.operation;
      seen.insert(answer.at(each.list).at(0).dump());
      more = answer.contains("nextToken");
      if (more) input["nextToken"] = answer.at("nextToken");
    }
    EXPECT_EQ(seen.size(), each.items) << each.operation;
    input["nextToken"] = "bm90IG91cnM=";
    EXPECT_EQ(call(each.operation, input).error().code, Errc::invalid_request) << each.operation;
  }
}

TEST_F(ApiTest, KeepsBillingGroupsAndShowsThemInTheirThings) {  // P8.5, P8.1
  EXPECT_THAT(
      names(ok("CreateBillingGroup", {{"billingGroupName", "b"},
                                      {"billingGroupProperties", {{"billingGroupDescription", "Berlin"}}}})),
      ElementsAre("billingGroupArn", "billingGroupId", "billingGroupName"));
  const auto group = ok("DescribeBillingGroup", {{"billingGroupName", "b"}});
  EXPECT_THAT(names(group), ElementsAre("billingGroupArn", "billingGroupId", "billingGroupMetadata",
                                        "billingGroupName", "billingGroupProperties", "version"));
  EXPECT_EQ(group.at("billingGroupArn"), arn("billinggroup/b"));
  EXPECT_EQ(group.at("billingGroupProperties"), (Json{{"billingGroupDescription", "Berlin"}}));
  EXPECT_THAT(names(group.at("billingGroupMetadata")), ElementsAre("creationDate"));
  EXPECT_EQ(ok("UpdateBillingGroup", {{"billingGroupName", "b"},
                                      {"billingGroupProperties", {{"billingGroupDescription", "Bonn"}}},
                                      {"expectedVersion", 1}}),
            (Json{{"version", 2}}));
  EXPECT_EQ(ok("ListBillingGroups", {{"namePrefixFilter", "b"}}).at("billingGroups"),
            Json::array({group_entry("billinggroup", "b")}));

  ok("CreateThing", {{"thingName", "t"}, {"billingGroupName", "b"}});
  EXPECT_EQ(ok("DescribeThing", {{"thingName", "t"}}).at("billingGroupName"), "b");
  EXPECT_EQ(ok("ListThingsInBillingGroup", {{"billingGroupName", "b"}}), (Json{{"things", {"t"}}}));
  ok("RemoveThingFromBillingGroup", {{"billingGroupName", "b"}, {"thingArn", arn("thing/t")}});
  EXPECT_FALSE(ok("DescribeThing", {{"thingName", "t"}}).contains("billingGroupName"));
  ok("AddThingToBillingGroup", {{"billingGroupArn", arn("billinggroup/b")}, {"thingName", "t"}});
  EXPECT_EQ(ok("DescribeThing", {{"thingName", "t"}}).at("billingGroupName"), "b");
  EXPECT_EQ(call("DeleteBillingGroup", {{"billingGroupName", "b"}, {"expectedVersion", 1}}).error().code,
            Errc::version_conflict);
  ok("DeleteBillingGroup", {{"billingGroupName", "b"}});
  EXPECT_FALSE(ok("DescribeThing", {{"thingName", "t"}}).contains("billingGroupName"));
}

TEST_F(ApiTest, ShowsTheTagsOfGroups) {  // P8.8
  const auto tags = Json::array({{{"Key", "team"}, {"Value", "blue"}}});
  ok("CreateThingGroup", {{"thingGroupName", "g"}, {"tags", tags}});
  ok("CreateBillingGroup", {{"billingGroupName", "g"}, {"tags", tags}});
  for (const auto* kind : {"thinggroup", "billinggroup"}) {
    const auto tags_of = [&](const std::string& name) {
      return call("ListTagsForResource", {{"resourceArn", arn(std::string{kind} + "/" + name)}});
    };
    EXPECT_EQ(tags_of("g")->at("tags"), tags) << kind;
    EXPECT_EQ(tags_of("none").error().code, Errc::not_found) << kind;
  }
}

TEST_F(ApiTest, ListsTheInheritedPoliciesOfAGroupWhenAsked) {  // P7.2
  ok("CreateThingGroup", {{"thingGroupName", "plant"}});
  ok("CreateThingGroup", {{"thingGroupName", "hall"}, {"parentGroupName", "plant"}});
  ok("CreatePolicy", {{"policyName", "p"}, {"policyDocument", kAllowAll}});
  ok("AttachPolicy", {{"policyName", "p"}, {"target", arn("thinggroup/plant")}});
  const Json input{{"target", arn("thinggroup/hall")}};
  EXPECT_EQ(ok("ListAttachedPolicies", input).at("policies"), Json::array());
  auto recursive = input;
  recursive["recursive"] = true;
  EXPECT_EQ(ok("ListAttachedPolicies", recursive).at("policies").at(0).at("policyName"), "p");
  EXPECT_EQ(ok("ListTargetsForPolicy", {{"policyName", "p"}}).at("targets"),
            Json::array({arn("thinggroup/plant")}));
}

TEST_F(ApiTest, AnswersGroupErrorsWithTheNamesOfTheService) {  // P10.3
  ok("CreateThingGroup", {{"thingGroupName", "g"}});
  const auto other =
      send("POST", "/thing-groups/g", R"({"thingGroupProperties":{"thingGroupDescription":"d"}})");
  EXPECT_EQ(other.status, 409U);
  EXPECT_EQ(error_type(other), "ResourceAlreadyExistsException");
  EXPECT_EQ(Json::parse(other.body).at("resourceArn"), arn("thinggroup/g"));
  EXPECT_EQ(
      error_type(send("PATCH", "/thing-groups/g", R"({"thingGroupProperties":{},"expectedVersion":9})")),
      "VersionConflictException");
  EXPECT_EQ(error_type(send("GET", "/billing-groups/none")), "ResourceNotFoundException");
  EXPECT_EQ(error_type(send("PATCH", "/billing-groups/none", "{}")), "InvalidRequestException");
  EXPECT_EQ(send("GET", "/things/t/thing-groups").status, 404U);
  EXPECT_EQ(send("DELETE", "/thing-groups/g?expectedVersion=1").status, 200U);
}

}  // namespace
}  // namespace iotemu::api
