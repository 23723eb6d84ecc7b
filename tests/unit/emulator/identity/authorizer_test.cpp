#include "emulator/identity/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/event_bus.h"
#include "base/manual_clock.h"
#include "base/seeded_random.h"
#include "fixtures/authority.h"

namespace iotemu::identity {
namespace {

using mqtt::Access;
using ::testing::HasSubstr;

constexpr auto kEverything =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]})";
constexpr auto kOwn = R"({"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:us-east-1:123456789012:topic/own/${iot:ClientId}"}]})";

class Authorizer : public ::testing::Test {
 protected:
  Authorizer() {
    const auto ca = fixtures::Authority::create(fixtures::make_subject({.common_name = "CA"}));
    const auto device = ca->issue_device(fixtures::make_subject({.common_name = "pump"}));
    const registry::pki::Certificate& certificate = device->identity.certificate;
    record = *registry.register_certificate_without_ca(
        {.pem = certificate.pem(), .status = registry::CertificateStatus::active});
    client = {.client_id = "pump",
              .certificate_id = certificate.id(),
              .certificate = std::make_shared<const CertificateFacts>(facts_of(certificate)),
              .address = "192.0.2.7",
              .peer = "192.0.2.7:4000"};
  }

  void attach(const char* name, const char* document) {
    const auto policy = *registry::PolicyName::parse(name);
    ASSERT_TRUE(registry.create_policy(policy, document));
    ASSERT_TRUE(registry.attach_policy(policy, record->arn));
  }

  ManualClock clock;
  SeededRandom random{1};
  registry::MemoryStore store;
  EventBus bus;
  registry::Registry registry{Realm{}, clock, random, store, bus};
  Refusals refusals{clock};
  registry::CertificatePtr record;
  Client client;
};

TEST_F(Authorizer, NoPolicyDeniesEverythingAndSaysSo) {
  PolicyAuthorizer authorizer{registry, refusals, client};
  EXPECT_FALSE(authorizer.connect());
  EXPECT_THAT(refusals.list().back().cause, HasSubstr("has no policy attached"));
  EXPECT_THAT(refusals.list().back().cure, HasSubstr("aws iot attach-policy"));
  EXPECT_EQ(authorizer.publish("t", false), Access::denied);
  EXPECT_EQ(authorizer.subscribe("t"), Access::denied);
  EXPECT_FALSE(authorizer.receive("t"));
}

TEST_F(Authorizer, PolicyChangeIsSeenByTheNextQuestion) {
  PolicyAuthorizer authorizer{registry, refusals, client};
  EXPECT_EQ(authorizer.publish("t", false), Access::denied);
  attach("all", kEverything);
  EXPECT_EQ(authorizer.publish("t", false), Access::allowed);
  EXPECT_EQ(authorizer.publish("t", true), Access::allowed);
  ASSERT_TRUE(registry.detach_policy(*registry::PolicyName::parse("all"), record->arn));
  EXPECT_EQ(authorizer.publish("t", false), Access::denied);
}

TEST_F(Authorizer, ChangeElsewhereKeepsTheVerdicts) {
  attach("own", kOwn);
  PolicyAuthorizer authorizer{registry, refusals, client};
  EXPECT_FALSE(authorizer.receive("other"));
  EXPECT_EQ(refusals.list().size(), 1U);
  ASSERT_TRUE(registry.create_policy(*registry::PolicyName::parse("unrelated"), kEverything));
  EXPECT_FALSE(authorizer.receive("other"));
  EXPECT_EQ(refusals.list().size(), 1U) << "a verdict that is remembered is recorded once";
  EXPECT_TRUE(authorizer.receive("own/pump"));
}

// LE-4: the will of a connection that is cut because its certificate left ACTIVE is still published.
TEST_F(Authorizer, CertificateThatLeftActiveMayStillLeaveItsWillUntilItIsDeleted) {
  attach("all", kEverything);
  PolicyAuthorizer authorizer{registry, refusals, client};
  ASSERT_TRUE(registry.set_certificate_status(record->id, registry::CertificateStatus::inactive));
  EXPECT_EQ(authorizer.publish("t", false), Access::allowed);
  ASSERT_TRUE(registry.delete_certificate(record->id, true));
  EXPECT_EQ(authorizer.publish("t", false), Access::denied);
}

// M3-40, M3-44, RU-33: the table of reserved topics stands above every policy.
TEST_F(Authorizer, ReservedTopicsAreForbiddenWhateverThePolicySays) {
  attach("all", kEverything);
  PolicyAuthorizer authorizer{registry, refusals, client};
  EXPECT_EQ(authorizer.publish("$aws/events/x", false), Access::forbidden_topic);
  EXPECT_EQ(authorizer.publish("$aws/things/t/shadow/update", false), Access::allowed);
  EXPECT_EQ(authorizer.publish("$aws/things/t/shadow/update", true), Access::forbidden_topic);
  EXPECT_EQ(authorizer.publish("$aws/rules/r/t", false), Access::observer_only);
  EXPECT_EQ(authorizer.subscribe("$aws/rules/#"), Access::forbidden_topic);
  EXPECT_EQ(authorizer.subscribe("$aws/events/#"), Access::allowed);
  EXPECT_FALSE(authorizer.will("$aws/rules/r", false));
}

TEST_F(Authorizer, ManyTopicsDoNotGrowItsMemoryWithoutBoundAndKeepTheirVerdicts) {
  attach("own", kOwn);
  PolicyAuthorizer authorizer{registry, refusals, client};
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(authorizer.receive("own/pump"));
    for (int topic = 0; topic < 500; ++topic) EXPECT_FALSE(authorizer.receive("t/" + std::to_string(topic)));
  }
}

}  // namespace
}  // namespace iotemu::identity
