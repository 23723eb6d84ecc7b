// Applying a plan to what exists (P5.5, P5.7, P5.8).

#include <algorithm>
#include <atomic>
#include <thread>

#include "registry/events.h"
#include "tests/unit/registry/provision_fixture.h"

namespace iotemu::registry {
namespace {

using provisioning::CertificateFromPem;
using provisioning::CertificatePlan;
using provisioning::Plan;
using provisioning::PolicyPlan;
using provisioning::ThingPlan;
using testing::ElementsAre;
using testing::Pair;

// P5.1: the whole of it.
TEST_F(Provisioning, MakesThingAndAttachmentsAndActivatesLast) {
  const auto certificate = waiting("d");
  auto plan = plan_for(certificate->id);
  plan.thing->attributes = Attributes{{"line", "3"}};
  plan.thing->type = kSensor;
  plan.thing->groups = std::vector{group_name("hall-1")};
  plan.thing->billing_group = billing_name("customer-1");

  const auto done = registry.provision(plan, Leftovers::nothing);

  ASSERT_THAT(done, IsOk());
  EXPECT_THAT(done->resource_arns,
              ElementsAre(Pair("certificate", certificate->arn),
                          Pair("policy", "arn:aws:iot:us-east-1:123456789012:policy/devices"),
                          Pair("thing", "arn:aws:iot:us-east-1:123456789012:thing/dev-1")));
  EXPECT_EQ(status_of(certificate->id), CertificateStatus::active);
  const auto thing = *registry.thing(kThing);
  EXPECT_EQ(thing->attributes, (Attributes{{"line", "3"}}));
  EXPECT_EQ(thing->type, kSensor);
  EXPECT_EQ(thing->billing_group, billing_name("customer-1"));
  EXPECT_EQ(groups_of(kThing), (std::set<std::string>{"hall-1"}));
  const auto view = registry.principal_view(certificate->id);
  ASSERT_EQ(view->things.size(), 1U);
  EXPECT_EQ(view->things[0].thing->name, kThing);
  ASSERT_EQ(view->policies.size(), 1U);
  EXPECT_EQ(view->policies[0].name, "devices");
}

// P5.7 last row: a second run finds everything and changes nothing.
TEST_F(Provisioning, IsIdempotent) {
  const auto certificate = waiting("d");
  auto plan = plan_for(certificate->id);
  plan.thing->attributes = Attributes{{"line", "3"}};
  plan.thing->groups = std::vector{group_name("hall-1")};
  ASSERT_THAT(registry.provision(plan, Leftovers::nothing), IsOk());
  const auto thing = *registry.thing(kThing);
  const auto generation = registry.generation();

  ASSERT_THAT(registry.provision(plan, Leftovers::nothing), IsOk());

  EXPECT_EQ(*registry.thing(kThing), thing) << "no new version";
  EXPECT_EQ(registry.generation(), generation) << "no verdict can have changed";
  EXPECT_EQ((*registry.certificate(certificate->id))->version, 2);
}

// P5.5: the inline policy of one name is made once and reused, without a new version.
TEST_F(Provisioning, MakesAnInlinePolicyOnceAndReusesIt) {
  const auto derived = policy_name("2A6577675B7CD1823E271C7AAD8184F44630FFD7");
  for (const auto* name : {"a", "b"}) {
    auto plan = plan_for(waiting(name)->id);
    plan.thing->name = thing_name(name);
    plan.policies = {PolicyPlan{.logical_name = "policy", .name = derived, .document = kAllowAll}};
    ASSERT_THAT(registry.provision(plan, Leftovers::nothing), IsOk());
  }
  EXPECT_EQ((*registry.policy(derived))->versions.size(), 1U);
  EXPECT_EQ(registry.targets_for_policy(derived, {})->items.size(), 2U);
}

struct LackCase {
  std::string name{};
  void (*spoil)(Plan&){};
  std::string why{};
};

class Lacks : public Provisioning, public testing::WithParamInterface<LackCase> {};

// P5.7: what is missing is named, and nothing is left behind.
TEST_P(Lacks, FailWholeAndSayWhy) {
  const auto certificate = waiting("d");
  ASSERT_THAT(registry.create_thing_type(type_name("old"), {}), IsOk());
  ASSERT_THAT(registry.deprecate_thing_type(type_name("old"), false), IsOk());
  auto plan = plan_for(certificate->id);
  plan.policies.push_back({.logical_name = "inline", .name = policy_name("ABC"), .document = kAllowAll});
  GetParam().spoil(plan);

  EXPECT_THAT(registry.provision(plan, Leftovers::nothing),
              FailsWith(Errc::resource_registration_failure, GetParam().why));

  EXPECT_EQ(status_of(certificate->id), CertificateStatus::pending_activation);
  EXPECT_THAT(registry.thing(kThing), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.policy(policy_name("ABC")), FailsWith(Errc::not_found));
  EXPECT_TRUE(registry.principal_view(certificate->id)->policies.empty());
}

INSTANTIATE_TEST_SUITE_P(
    P5_7, Lacks,
    testing::Values(
        LackCase{"ThingType", [](Plan& plan) { plan.thing->type = type_name("none"); },
                 "Resource 'thing': Thing type none does not exist"},
        LackCase{"DeprecatedThingType", [](Plan& plan) { plan.thing->type = type_name("old"); },
                 "depreated thing type:old"},
        LackCase{"ThingGroup",
                 [](Plan& plan) {
                   plan.thing->groups = std::vector{group_name("hall-1"), group_name("no")};
                 },
                 "Thing group no does not exist"},
        LackCase{"BillingGroup", [](Plan& plan) { plan.thing->billing_group = billing_name("no"); },
                 "Billing group no does not exist"},
        LackCase{"TooManyAttributes",
                 [](Plan& plan) {
                   plan.thing->attributes = Attributes{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}};
                 },
                 "at most 3 attributes"},
        LackCase{"Policy", [](Plan& plan) { plan.policies[0].name = policy_name("none"); },
                 "Resource 'policy': Policy none does not exist"},
        LackCase{"MalformedInlinePolicy", [](Plan& plan) { plan.policies[1].document = "{}"; },
                 "Resource 'inline'"},
        LackCase{"Certificate",
                 [](Plan& plan) { plan.certificate->source = *CertificateId::parse(std::string(64, 'a')); },
                 "Certificate " + std::string(64, 'a') + " does not exist"},
        LackCase{"RoomForPolicies",
                 [](Plan& plan) {
                   for (int i = 0; i < 9; ++i) {
                     const auto name = policy_name("P" + std::to_string(i));
                     plan.policies.push_back(
                         {.logical_name = name.text(), .name = name, .document = kAllowAll});
                   }
                 },
                 "At most 10 policies"}),
    [](const auto& each) { return each.param.name; });

// P5.1: RegisterThing and bulk registration leave what came before the failing piece.
TEST_F(Provisioning, EarlierPiecesStayWhereTheServiceLeavesThem) {
  const auto certificate = waiting("d");
  auto plan = plan_for(certificate->id);
  plan.policies[0].name = policy_name("none");
  EXPECT_THAT(registry.provision(plan, Leftovers::earlier_pieces),
              FailsWith(Errc::resource_registration_failure, "Policy none does not exist"));
  EXPECT_THAT(registry.thing(kThing), IsOk());
  EXPECT_TRUE(registry.principal_view(certificate->id)->things.empty());
  EXPECT_EQ(status_of(certificate->id), CertificateStatus::pending_activation);
}

// P7.6.
TEST_F(Provisioning, AttachesExclusivelyWhenAskedAndRefusesWhatThatForbids) {
  const auto first = waiting("a");
  auto plan = plan_for(first->id);
  plan.certificate->attachment = ThingPrincipalType::exclusive;
  ASSERT_THAT(registry.provision(plan, Leftovers::nothing), IsOk());
  EXPECT_EQ(registry.principal_view(first->id)->things.at(0).type, ThingPrincipalType::exclusive);

  EXPECT_THAT(registry.provision(plan_for(waiting("b")->id), Leftovers::nothing),
              FailsWith(Errc::resource_registration_failure, "EXCLUSIVE_THING"));
}

// P5.6: a template that does not say how it attaches finds the attachment of the pair and keeps it.
TEST_F(Provisioning, KeepsAnExclusiveAttachmentWhenTheTemplateDoesNotSay) {
  const auto certificate = waiting("d");
  auto plan = plan_for(certificate->id);
  plan.certificate->attachment = ThingPrincipalType::exclusive;
  ASSERT_THAT(registry.provision(plan, Leftovers::nothing), IsOk());

  plan.certificate->attachment.reset();
  EXPECT_THAT(registry.provision(plan, Leftovers::nothing), IsOk());

  EXPECT_EQ(registry.principal_view(certificate->id)->things.at(0).type, ThingPrincipalType::exclusive);
}

TEST_F(Provisioning, AttachesWithoutExclusivenessWhenTheTemplateDoesNotSay) {
  const auto certificate = waiting("d");
  ASSERT_THAT(registry.provision(plan_for(certificate->id), Leftovers::nothing), IsOk());
  EXPECT_EQ(registry.principal_view(certificate->id)->things.at(0).type, ThingPrincipalType::non_exclusive);
}

// P5.5: the name of a policy may be the hash of another resource's document; the order of logical names does
// not matter.
TEST_F(Provisioning, NamesAPolicyThatAnotherResourceBringsAlong) {
  const auto certificate = waiting("d");
  const auto derived = policy_name("2A6577675B7CD1823E271C7AAD8184F44630FFD7");
  auto plan = plan_for(certificate->id);
  plan.policies = {PolicyPlan{.logical_name = "a", .name = derived},
                   PolicyPlan{.logical_name = "b", .name = derived, .document = kAllowAll}};
  ASSERT_THAT(registry.provision(plan, Leftovers::nothing), IsOk());
  EXPECT_EQ(registry.principal_view(certificate->id)->policies.size(), 1U);
}

// P5.5, P2.4: a certificate given as PEM is registered; the same one again is found.
TEST_F(Provisioning, RegistersACertificateGivenAsPem) {
  const auto ca = new_ca("Plant");
  register_active(ca);
  const auto device = new_device(ca, "d");
  auto plan = plan_for({});
  plan.certificate->source = CertificateFromPem{.pem = device.pem()};

  const auto first = registry.provision(plan, Leftovers::nothing);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->certificate->id, device.id());
  EXPECT_EQ(first->certificate->status, CertificateStatus::active);
  EXPECT_EQ(first->certificate->version, 1);
  EXPECT_EQ(registry.provision(plan, Leftovers::nothing)->certificate, first->certificate);

  plan.certificate->source = CertificateFromPem{.pem = new_device(new_ca("Stranger"), "x").pem()};
  EXPECT_THAT(registry.provision(plan, Leftovers::nothing),
              FailsWith(Errc::resource_registration_failure, "No registered CA certificate signed"));
}

struct LateCaCase {
  std::string name{};
  bool deleted{};
};

class LateCa : public Provisioning, public testing::WithParamInterface<LateCaCase> {};

// P5.7: who is registered already is found by its id, whatever has become of the CA.
TEST_P(LateCa, DoesNotStopTheRepeatOfARegisteredPem) {
  const auto ca = new_ca("Plant");
  const auto record = register_active(ca);
  auto plan = plan_for({});
  plan.certificate->source = CertificateFromPem{.pem = new_device(ca, "d").pem()};
  const auto first = registry.provision(plan, Leftovers::nothing);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(registry.update_ca(record->id, {.status = CaStatus::inactive}), IsOk());
  if (GetParam().deleted) {
    ASSERT_THAT(registry.delete_ca(record->id), IsOk());
  }

  const auto again = registry.provision(plan, Leftovers::nothing);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->certificate, first->certificate);

  plan.certificate->source = CertificateFromPem{.pem = new_device(ca, "another").pem()};
  EXPECT_THAT(registry.provision(plan, Leftovers::nothing), FailsWith(Errc::resource_registration_failure));
}

INSTANTIATE_TEST_SUITE_P(P5_7, LateCa,
                         testing::Values(LateCaCase{"Inactive", false}, LateCaCase{"Deleted", true}),
                         [](const auto& each) { return each.param.name; });

// P2.4: whoever has seen the CA become INACTIVE sees no new certificate of it any more.
TEST_F(Provisioning, RegistersNoPemAfterItsCaHasBecomeInactive) {
  const auto ca = new_ca("Plant");
  const auto record = register_active(ca);
  std::vector<Plan> plans;
  std::vector<CertificateId> ids;
  for (int i = 0; i < 100; ++i) {
    const auto device = new_device(ca, "d" + std::to_string(i));
    ids.push_back(device.id());
    plans.push_back({.certificate = CertificatePlan{.logical_name = "c",
                                                    .source = CertificateFromPem{.pem = device.pem()}}});
  }
  const auto registered = [&] {
    return std::count_if(ids.begin(), ids.end(),
                         [&](const auto& id) { return registry.certificate(id).ok(); });
  };
  std::atomic<bool> under_way{false};
  std::thread line{[&] {
    for (const auto& plan : plans) {
      (void)registry.provision(plan, Leftovers::nothing);
      under_way = true;
    }
  }};
  while (!under_way) std::this_thread::yield();
  EXPECT_THAT(registry.update_ca(record->id, {.status = CaStatus::inactive}), IsOk());
  const auto seen = registered();
  line.join();
  EXPECT_EQ(registered(), seen);
  EXPECT_GE(seen, 1);
}

// P5.8: without a certificate, only the thing and the policies are made.
TEST_F(Provisioning, PlanWithoutCertificateMakesTheRest) {
  const auto done = registry.provision({.thing = ThingPlan{.logical_name = "t", .name = kThing}},
                                       Leftovers::earlier_pieces);
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->certificate, nullptr);
  EXPECT_THAT(done->resource_arns, ElementsAre(Pair("t", "arn:aws:iot:us-east-1:123456789012:thing/dev-1")));
}

TEST_F(Provisioning, StoreThatFailsLeavesNothingBehind) {
  const auto certificate = waiting("d");
  store.fail_after(0);
  EXPECT_THAT(registry.provision(plan_for(certificate->id), Leftovers::nothing), FailsWith(Errc::io));
  EXPECT_THAT(registry.thing(kThing), FailsWith(Errc::not_found));
  EXPECT_EQ(status_of(certificate->id), CertificateStatus::pending_activation);
  EXPECT_THAT(registry.provision(plan_for(certificate->id), Leftovers::nothing), IsOk());
}

TEST_F(Provisioning, TellsOfTheActivation) {
  const auto certificate = waiting("d");
  QueueExecutor queue;
  std::vector<CertificateStatusChanged> told;
  bus.subscribe<CertificateStatusChanged>(
      queue, [&](const CertificateStatusChanged& change) { told.push_back(change); });
  ASSERT_THAT(registry.provision(plan_for(certificate->id), Leftovers::nothing), IsOk());
  queue.run();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].from, CertificateStatus::pending_activation);
  EXPECT_EQ(told[0].to, CertificateStatus::active);
}

}  // namespace
}  // namespace iotemu::registry
