// What the action `republish` makes of its parameters, and what it refuses (M section 7.8, M3-43).

#include "emulator/sinks/republish.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mqtt/codec/properties.h"

namespace iotemu::sinks {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

Result<Republished> run(const Json& parameters, const std::string& payload = "{}") {
  return republished({.parameters = parameters, .payload = payload, .depth = 4}, {}, Time{}, Tick{});
}

TEST(Republish, IsAMessageOfTheService) {
  const auto made = run({{"topic", "a/b"}, {"qos", 1}}, "\x01");
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->message.topic, "a/b");
  EXPECT_EQ(made->message.payload, "\x01");
  EXPECT_EQ(made->message.qos, mqtt::QoS::at_least_once);
  EXPECT_FALSE(made->message.retain);
  EXPECT_THAT(made->message.publisher, IsEmpty());
  EXPECT_THAT(made->message.properties, IsEmpty());
  EXPECT_EQ(made->message.hops, 5U);
  EXPECT_FALSE(made->observer_only);
  EXPECT_EQ(run({{"topic", "a"}})->message.qos, mqtt::QoS::at_most_once);
}

TEST(Republish, ReachesReservedTopicsByTwoDollars) {
  const auto shadow = run({{"topic", "$$aws/things/t/shadow/update"}});
  ASSERT_TRUE(shadow.ok());
  EXPECT_EQ(shadow->message.topic, "$aws/things/t/shadow/update");
  EXPECT_FALSE(shadow->observer_only);
  const auto rule = run({{"topic", "$$aws/rules/r/x"}});
  ASSERT_TRUE(rule.ok());
  EXPECT_TRUE(rule->observer_only);
}

TEST(Republish, RefusesTopicsThatAreNotItsOwn) {
  for (const auto& [topic, says] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "is empty"},
           {"a/+", "wildcard"},
           {"a/#", "wildcard"},
           {std::string(257, 'x'), "bytes"},
           {"1/2/3/4/5/6/7/8/9", "slashes"},
           {"$aws/things/t/shadow/update", "write $$aws/things/t/shadow/update"},
           {"$mine", "reserved"},
           {"$$mine", "reserved"},
           {"$$aws/events/presence/connected/d", "reserved"},
           {"$$aws/things/t/jobs/get", "reserved"},
           {"$$aws/certificates/create/json", "reserved"}}) {
    const auto made = run({{"topic", topic}});
    ASSERT_FALSE(made.ok()) << topic;
    EXPECT_THAT(made.error().message, HasSubstr(says)) << topic;
  }
}

TEST(Republish, RefusesAResultThatIsNoPayload) {  // M3-38
  EXPECT_TRUE(run({{"topic", "a"}}, std::string(131'072, 'x')).ok());
  EXPECT_FALSE(run({{"topic", "a"}}, std::string(131'073, 'x')).ok());
}

TEST(Republish, GivesItsHeadersAsProperties) {
  const auto made =
      run({{"topic", "a"},
           {"headers",
            {{"payloadFormatIndicator", "UTF8_DATA"},
             {"contentType", "text/plain"},
             {"responseTopic", "b/c"},
             {"correlationData", "AQI="},
             {"messageExpiry", "60"},
             {"userProperties", {{{"key", "k"}, {"value", "1"}}, {{"key", "k"}, {"value", ""}}}}}}});
  ASSERT_TRUE(made.ok()) << made.error().message;
  mqtt::PropertyWriter expected;
  using mqtt::PropertyId;
  expected.add(PropertyId::payload_format_indicator, 1U)
      .add(PropertyId::message_expiry_interval, 60U)
      .add(PropertyId::content_type, "text/plain")
      .add(PropertyId::response_topic, "b/c")
      .add(PropertyId::correlation_data, "\x01\x02")
      .add_user_property("k", "1")
      .add_user_property("k", "");
  EXPECT_EQ(made->message.properties, expected.encoded());
  EXPECT_EQ(made->message.expires, Tick{} + std::chrono::seconds{60});
}

TEST(Republish, LeavesOutAHeaderWhoseTemplateGaveNothing) {  // RU-27
  const auto made = run({{"topic", "a"},
                         {"headers",
                          {{"payloadFormatIndicator", ""},
                           {"contentType", ""},
                           {"responseTopic", ""},
                           {"correlationData", ""},
                           {"messageExpiry", ""}}}});
  ASSERT_TRUE(made.ok());
  EXPECT_THAT(made->message.properties, IsEmpty());
}

TEST(Republish, RefusesHeadersThatAreNoProperties) {
  for (const auto& [name, value] :
       std::initializer_list<std::pair<std::string, std::string>>{{"payloadFormatIndicator", "1"},
                                                                  {"contentType", std::string(257, 'x')},
                                                                  {"responseTopic", "a/#"},
                                                                  {"correlationData", "no base64"},
                                                                  {"messageExpiry", "soon"},
                                                                  {"messageExpiry", "1.5"}}) {
    const auto made = run({{"topic", "a"}, {"headers", {{name, value}}}});
    ASSERT_FALSE(made.ok()) << name;
    EXPECT_THAT(made.error().message, HasSubstr(name));
  }
  EXPECT_FALSE(run({{"topic", "a"},
                    {"headers", {{"userProperties", {{{"key", "k"}, {"value", std::string(9000, 'x')}}}}}}})
                   .ok());
}

}  // namespace
}  // namespace iotemu::sinks
