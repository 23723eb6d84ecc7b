#include "registry/policy/evaluate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "registry/policy/resource.h"
#include "tests/unit/registry/policy/allocation_counter.h"

namespace iotemu::registry::policy {
namespace {

std::vector<NamedDocument> policy(const std::string& text) {
  auto document = parse(text);
  EXPECT_TRUE(document.ok()) << text;
  return {{.name = "p", .document = *std::move(document)}};
}

std::vector<NamedDocument> typical_policy() {
  return policy(R"({"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iot:Connect",
     "Resource":"arn:aws:iot:us-east-1:123456789012:client/${iot:Connection.Thing.ThingName}"},
    {"Effect":"Allow","Action":["iot:Publish","iot:Receive"],
     "Resource":["arn:aws:iot:us-east-1:123456789012:topic/device/${iot:ClientId}/*",
                 "arn:aws:iot:us-east-1:123456789012:topic/$aws/things/${iot:ClientId}/*"]},
    {"Effect":"Deny","Action":"iot:Publish",
     "Resource":"arn:aws:iot:us-east-1:123456789012:topic/device/*/config"},
    {"Effect":"Allow","Action":"iot:Subscribe",
     "Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/device/${iot:ClientId}/*",
     "Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}}]})");
}

Context attached(const std::string& name) {
  Context context;
  context.client_id = name;
  context.is_attached = true;
  context.thing = std::make_shared<const AssociatedThing>(AssociatedThing{.name = name});
  return context;
}

// P7.3
TEST(Compiled, DeniesEverythingWithoutPolicies) {
  EXPECT_EQ(Compiled{}.decide(Action::connect, "arn:aws:iot:us-east-1:123456789012:client/a"),
            Verdict::implicit_deny);
}

TEST(Compiled, AnswersTheTypicalDevice) {
  const Compiled compiled{typical_policy(), attached("sn-1")};
  ResourceNames resources{Realm{}};
  EXPECT_TRUE(compiled.allows(Action::connect, resources.client("sn-1")));
  EXPECT_FALSE(compiled.allows(Action::connect, resources.client("sn-2")));
  EXPECT_TRUE(compiled.allows(Action::publish, resources.topic("device/sn-1/temp")));
  EXPECT_EQ(compiled.decide(Action::publish, resources.topic("device/sn-1/config")), Verdict::explicit_deny);
  EXPECT_TRUE(compiled.allows(Action::receive, resources.topic("device/sn-1/config")));
  EXPECT_TRUE(compiled.allows(Action::subscribe, resources.topic_filter("device/sn-1/#")));
  EXPECT_FALSE(compiled.allows(Action::subscribe, resources.topic_filter("#")));
}

TEST(Compiled, OutlivesThePoliciesAndTheContextItWasMadeOf) {
  Compiled compiled;
  {
    const auto policies = typical_policy();
    const Context context = attached("sn-1");
    compiled = Compiled{policies, context};
  }
  EXPECT_TRUE(compiled.allows(Action::publish, "arn:aws:iot:us-east-1:123456789012:topic/device/sn-1/a"));
}

TEST(Compiled, DecidesConditionsWhenItIsBuilt) {
  const auto policies = typical_policy();
  Context context = attached("sn-1");
  context.is_attached = false;
  const char* filter = "arn:aws:iot:us-east-1:123456789012:topicfilter/device/sn-1/#";
  EXPECT_FALSE(Compiled(policies, context).allows(Action::subscribe, filter));
  context.is_attached = true;
  EXPECT_TRUE(Compiled(policies, context).allows(Action::subscribe, filter));
}

// P7.7: iot:LastWillTopic as a variable has a value for iot:Connect only.
TEST(Compiled, KeepsApartActionsWhoseVariablesDiffer) {
  const auto policies = policy(R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*",
    "Resource":"${iot:LastWillTopic}"}})");
  Context context;
  context.last_will_topic = "arn:aws:iot:us-east-1:123456789012:topic/lw";
  const Compiled compiled{policies, context};
  EXPECT_TRUE(compiled.allows(Action::connect, *context.last_will_topic));
  EXPECT_FALSE(compiled.allows(Action::publish, *context.last_will_topic));
}

TEST(Compiled, DecidesWithoutAllocation) {
  const Compiled compiled{typical_policy(), attached("sn-1")};
  ResourceNames resources{Realm{}};
  const std::string topic(256, 'x');
  const long before = testing::allocations();
  int allowed = 0;
  allowed += compiled.allows(Action::publish, resources.topic(topic)) ? 1 : 0;
  allowed += compiled.allows(Action::publish, resources.topic("device/sn-1/a")) ? 1 : 0;
  allowed += compiled.allows(Action::subscribe, resources.topic_filter("device/sn-1/#")) ? 1 : 0;
  EXPECT_EQ(testing::allocations(), before);
  EXPECT_EQ(allowed, 2);
}

// P0.2: ARNs carry the partition of the region.
TEST(ResourceNames, BuildsTheArnsOfARealm) {
  ResourceNames resources{Realm{.account = "111122223333", .region = "cn-north-1"}};
  EXPECT_EQ(resources.client("a"), "arn:aws-cn:iot:cn-north-1:111122223333:client/a");
  EXPECT_EQ(resources.topic("a/b"), "arn:aws-cn:iot:cn-north-1:111122223333:topic/a/b");
  EXPECT_EQ(resources.topic_filter("a/#"), "arn:aws-cn:iot:cn-north-1:111122223333:topicfilter/a/#");
  EXPECT_EQ(resources.thing("t/shadow"), "arn:aws-cn:iot:cn-north-1:111122223333:thing/t/shadow");
}

}  // namespace
}  // namespace iotemu::registry::policy
