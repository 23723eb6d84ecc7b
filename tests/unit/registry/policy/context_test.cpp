#include "registry/policy/context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace iotemu::registry::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Context everything() {
  const std::vector<NameAttribute> subject{{"CN", "name"}, {"CN", "second"}};
  auto certificate = subject_variables(subject);
  certificate.set_serial_number("17");
  Context context;
  context.client_id = "sn-1";
  context.domain_name = "example.org";
  context.source_ip = "192.0.2.1";
  context.source_vpc = "vpc-1";
  context.source_vpce = "vpce-1";
  context.vpc_source_ip = "10.0.0.1";
  context.certificate_id = "abcd";
  context.certificate = std::make_shared<const CertificateVariables>(std::move(certificate));
  context.thing = std::make_shared<const AssociatedThing>(
      AssociatedThing{.name = "sn-1", .type = "pump", .attributes = {{"site", "berlin"}}});
  context.is_attached = true;
  context.persistent_connect = true;
  context.last_will_topic = "arn:aws:iot:us-east-1:123456789012:topic/lw";
  context.include_socket_information = true;
  context.topic = "direct";
  return context;
}

struct Variable {
  const char* name{};
  const char* value{};
  Action action{Action::publish};
};

// P7.5 and P7.7, C.7 line 71: each variable, resolvable and not.
class PolicyVariable : public ::testing::TestWithParam<Variable> {};

TEST_P(PolicyVariable, IsReplacedWhenTheRequestHasIt) {
  const Context context = everything();
  EXPECT_EQ(context.replacement(GetParam().name, GetParam().action), GetParam().value);
}

TEST_P(PolicyVariable, IsLeftAndExplainedWhenTheRequestLacksIt) {
  const Context empty;
  EXPECT_EQ(empty.replacement(GetParam().name, GetParam().action), std::nullopt);
  const std::string reason = empty.why_unresolved(GetParam().name);
  EXPECT_FALSE(reason.empty());
  EXPECT_NE(reason, "there is no policy variable of this name");
}

INSTANTIATE_TEST_SUITE_P(
    All, PolicyVariable,
    ::testing::Values(Variable{"iot:ClientId", "sn-1"}, Variable{"iot:DomainName", "example.org"},
                      Variable{"aws:SourceIp", "192.0.2.1"}, Variable{"aws:SourceVpc", "vpc-1"},
                      Variable{"aws:SourceVpce", "vpce-1"}, Variable{"aws:VpcSourceIp", "10.0.0.1"},
                      Variable{"iot:CertificateId", "abcd"}, Variable{"iot:Certificate.SerialNumber", "17"},
                      Variable{"iot:Certificate.Subject.CommonName", "name"},
                      Variable{"iot:Certificate.Subject.CommonName.1", "second"},
                      Variable{"iot:Connection.Thing.ThingName", "sn-1"},
                      Variable{"iot:Thing.ThingName", "sn-1"},
                      Variable{"iot:Connection.Thing.ThingTypeName", "pump"},
                      Variable{"iot:Connection.Thing.Attributes[site]", "berlin"},
                      Variable{"iot:Connection.Thing.IsAttached", "true"},
                      Variable{"iot:LastWillTopic", "arn:aws:iot:us-east-1:123456789012:topic/lw",
                               Action::connect},
                      Variable{"iot:IncludeSocketInformation", "true", Action::get_connection},
                      Variable{"iot:Topic", "direct", Action::send_direct_message}));

TEST(Context, OffersFactsOfOneRequestToThatActionOnly) {
  const Context context = everything();
  for (const char* key :
       {"iot:LastWillTopic", "iot:ConnectAttributes", "iot:IncludeSocketInformation", "iot:Topic"}) {
    EXPECT_EQ(context.lookup(key, Action::publish), std::nullopt) << key;
  }
}

TEST(Context, DerivesConnectAttributes) {
  Context context = everything();
  const auto both = context.lookup("iot:ConnectAttributes", Action::connect);
  ASSERT_TRUE(both);
  EXPECT_THAT(both->items, ElementsAre("PersistentConnect", "LastWill"));
  context.persistent_connect = false;
  context.last_will_topic.reset();
  const auto none = context.lookup("iot:ConnectAttributes", Action::connect);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->items.empty());
}

TEST(Context, DoesNotPutASetIntoAText) {
  const Context context = everything();
  for (const char* name : {"iot:ConnectAttributes", "iot:Certificate.AvailableKeys",
                           "iot:Certificate.Subject.CommonName.List"}) {
    EXPECT_EQ(context.replacement(name, Action::connect), std::nullopt) << name;
    EXPECT_THAT(context.why_unresolved(name), HasSubstr("cannot be put into a text")) << name;
  }
}

TEST(Context, DoesNotTakeOtherNamesForVariables) {
  const Context context = everything();
  for (const char* name :
       {"", "iot:", "ClientId", "iot:ClientId ", "iot:Connection.Thing.", "iot:Connection.Thing.Attributes[]",
        "iot:Connection.Thing.Attributes[site", "iot:Connection.Thing.Attributes", "iot:Certificate.",
        "iot:Certificate.Subject", "iot:Certificate.Subject.CommonName.0",
        "iot:Certificate.Subject.CommonName.-1", "iot:Certificate.Subject.CommonName.99999999999999999999",
        "iot:Certificate.Subject.CommonName.1.1", "iot:Certificate.CommonName", "aws:ClientId"}) {
    EXPECT_EQ(context.replacement(name, Action::connect), std::nullopt) << name;
    EXPECT_FALSE(context.why_unresolved(name).empty()) << name;
  }
}

TEST(Context, DoesNotReplaceWithBytesThatAreNoText) {
  Context context;
  context.client_id = "a\xFF";
  EXPECT_EQ(context.replacement("iot:ClientId", Action::connect), std::nullopt);
  EXPECT_EQ(context.why_unresolved("iot:ClientId"), "its value is not UTF-8 text");
}

TEST(Context, IsExtendedByCopyWithoutTouchingTheOriginal) {
  const Context connection = everything();
  Context request = connection;
  request.last_will_topic = "arn:aws:iot:us-east-1:123456789012:topic/other";
  EXPECT_EQ(connection.replacement("iot:LastWillTopic", Action::connect),
            "arn:aws:iot:us-east-1:123456789012:topic/lw");
  EXPECT_EQ(request.certificate, connection.certificate);  // shared, not copied
}

}  // namespace
}  // namespace iotemu::registry::policy
