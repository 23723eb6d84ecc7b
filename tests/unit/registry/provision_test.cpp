// Applying a plan to what exists (P5.5–5.8). The plans are written by hand: no template takes part.

#include "registry/events.h"
#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using provisioning::CertificateFromPem;
using provisioning::CertificatePlan;
using provisioning::Override;
using provisioning::Plan;
using provisioning::PolicyPlan;
using provisioning::ThingPlan;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const ThingName kThing = thing_name("dev-1");
const ThingTypeName kSensor = type_name("sensor");
const ThingTypeName kPump = type_name("pump");
const PolicyName kPolicy = policy_name("devices");

ThingGroupName group_name(std::string_view text) {
  return *ThingGroupName::parse(text);
}
BillingGroupName billing_name(std::string_view text) {
  return *BillingGroupName::parse(text);
}

class Provisioning : public RegistryTest {
 protected:
  Provisioning() {
    EXPECT_THAT(registry.create_policy(kPolicy, kAllowAll), IsOk());
    EXPECT_THAT(registry.create_thing_type(kSensor, {}), IsOk());
    EXPECT_THAT(registry.create_thing_type(kPump, {}), IsOk());
    for (const auto* name : {"hall-1", "hall-2", "cellar"})
      EXPECT_THAT(registry.create_thing_group(group_name(name), {}), IsOk());
    EXPECT_THAT(registry.create_billing_group(billing_name("customer-1"), ""), IsOk());
    EXPECT_THAT(registry.create_billing_group(billing_name("customer-2"), ""), IsOk());
  }

  /// A certificate that its CA auto-registered.
  CertificatePtr waiting(const std::string& name) {
    if (!factory_) factory_ = register_active(factory_identity_);
    return registry.auto_register(new_device(factory_identity_, name), *factory_)->certificate;
  }

  static Plan plan_for(const CertificateId& certificate) {
    return {.thing = ThingPlan{.logical_name = "thing", .name = kThing},
            .certificate = CertificatePlan{.logical_name = "certificate", .source = certificate},
            .policies = {PolicyPlan{.logical_name = "policy", .name = kPolicy}}};
  }

  std::set<std::string> groups_of(const ThingName& thing) {
    std::set<std::string> names;
    const auto groups = registry.groups_of_thing(thing, {});
    for (const auto& group : groups->items) names.insert(group.text());
    return names;
  }

  CertificateStatus status_of(const CertificateId& id) { return (*registry.certificate(id))->status; }

 private:
  pki::Identity factory_identity_{new_ca("Factory")};
  CaCertificatePtr factory_{};
};

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

struct OverrideCase {
  std::string name{};
  Override setting{};
  bool equal{};  ///< What exists is what the template wants.
  enum Outcome { kept, replaced, merged, conflict } outcome{};
};

class Overrides : public Provisioning, public testing::WithParamInterface<OverrideCase> {};

// P5.6 row by row, for each property that has a setting.
TEST_P(Overrides, OfAttributes) {
  const Attributes existing{{"line", "3"}, {"old", "x"}};
  ASSERT_THAT(registry.create_thing(kThing, {.attributes = existing}), IsOk());
  const Attributes wanted = GetParam().equal ? existing : Attributes{{"line", "4"}, {"new", "y"}};
  auto plan = plan_for(waiting("d")->id);
  plan.thing->attributes = wanted;
  plan.thing->on_attributes = GetParam().setting;

  const auto done = registry.provision(plan, Leftovers::nothing);

  const auto left = (*registry.thing(kThing))->attributes;
  switch (GetParam().outcome) {
    case OverrideCase::conflict:
      EXPECT_THAT(done, FailsWith(Errc::conflicting_resource_update, "ResourceConflictsException"));
      EXPECT_EQ(left, existing);
      break;
    case OverrideCase::kept:
      EXPECT_THAT(done, IsOk());
      EXPECT_EQ(left, existing);
      break;
    case OverrideCase::replaced:
      EXPECT_THAT(done, IsOk());
      EXPECT_EQ(left, wanted);
      break;
    case OverrideCase::merged:
      EXPECT_THAT(done, IsOk());
      EXPECT_EQ(left, (Attributes{{"line", "4"}, {"new", "y"}, {"old", "x"}}));
      break;
  }
}

TEST_P(Overrides, OfThingGroups) {
  ASSERT_THAT(registry.create_thing(kThing, {}), IsOk());
  ASSERT_THAT(registry.change_memberships(kThing, {group_name("hall-1")}, {}), IsOk());
  auto plan = plan_for(waiting("d")->id);
  plan.thing->groups = std::vector{group_name(GetParam().equal ? "hall-1" : "cellar")};
  plan.thing->on_groups = GetParam().setting;

  const auto done = registry.provision(plan, Leftovers::nothing);

  using Names = std::set<std::string>;
  switch (GetParam().outcome) {
    case OverrideCase::conflict:
      EXPECT_THAT(done, FailsWith(Errc::conflicting_resource_update, "ResourceConflictsException"));
      EXPECT_EQ(groups_of(kThing), (Names{"hall-1"}));
      break;
    case OverrideCase::kept:
      EXPECT_THAT(done, IsOk());
      EXPECT_EQ(groups_of(kThing), (Names{"hall-1"}));
      break;
    case OverrideCase::replaced:
      EXPECT_THAT(done, IsOk());
      EXPECT_EQ(groups_of(kThing), (Names{"cellar"}));
      break;
    case OverrideCase::merged:
      EXPECT_THAT(done, IsOk());
      EXPECT_EQ(groups_of(kThing), (Names{"cellar", "hall-1"}));
      break;
  }
}

TEST_P(Overrides, OfTheThingType) {
  if (GetParam().outcome == OverrideCase::merged)
    return;  // a template cannot ask for it: see the parser's cases
  ASSERT_THAT(registry.create_thing(kThing, {.type = kSensor}), IsOk());
  auto plan = plan_for(waiting("d")->id);
  plan.thing->type = GetParam().equal ? kSensor : kPump;
  plan.thing->on_type = GetParam().setting;

  const auto done = registry.provision(plan, Leftovers::nothing);

  const auto left = (*registry.thing(kThing))->type;
  switch (GetParam().outcome) {
    case OverrideCase::conflict:
      EXPECT_THAT(done, FailsWith(Errc::conflicting_resource_update, "ResourceConflictsException"));
      EXPECT_EQ(left, kSensor);
      break;
    case OverrideCase::kept:
      EXPECT_THAT(done, IsOk());
      EXPECT_EQ(left, kSensor);
      break;
    case OverrideCase::replaced:
    case OverrideCase::merged:
      EXPECT_THAT(done, IsOk());
      EXPECT_EQ(left, kPump);
      break;
  }
}

INSTANTIATE_TEST_SUITE_P(
    P5_6, Overrides,
    testing::Values(OverrideCase{"UnsetAndEqual", Override::unset, true, OverrideCase::kept},
                    OverrideCase{"UnsetAndDifferent", Override::unset, false, OverrideCase::conflict},
                    OverrideCase{"DoNothing", Override::do_nothing, false, OverrideCase::kept},
                    OverrideCase{"Replace", Override::replace, false, OverrideCase::replaced},
                    OverrideCase{"Merge", Override::merge, false, OverrideCase::merged},
                    OverrideCase{"FailAndDifferent", Override::fail, false, OverrideCase::conflict},
                    OverrideCase{"FailAndEqual", Override::fail, true, OverrideCase::conflict}),
    [](const auto& each) { return each.param.name; });

TEST_F(Provisioning, SettingsDoNotMatterForANewThing) {
  auto plan = plan_for(waiting("d")->id);
  plan.thing->attributes = Attributes{{"line", "3"}};
  plan.thing->on_attributes = plan.thing->on_type = plan.thing->on_groups = Override::fail;
  EXPECT_THAT(registry.provision(plan, Leftovers::nothing), IsOk());
}

TEST_F(Provisioning, AnotherBillingGroupOfAnExistingThingIsAConflict) {
  ASSERT_THAT(registry.create_thing(kThing, {.billing_group = billing_name("customer-1")}), IsOk());
  auto plan = plan_for(waiting("d")->id);
  plan.thing->billing_group = billing_name("customer-2");
  EXPECT_THAT(registry.provision(plan, Leftovers::nothing),
              FailsWith(Errc::conflicting_resource_update, "billing group of thing dev-1"));
  plan.thing->billing_group = billing_name("customer-1");
  EXPECT_THAT(registry.provision(plan, Leftovers::nothing), IsOk());
}

struct StatusCase {
  std::string name{};
  CertificateStatus before{};
  Override setting{};
  CertificateStatus wanted{};
  std::optional<CertificateStatus> after{};  ///< Nothing: refused.
};

class Statuses : public Provisioning, public testing::WithParamInterface<StatusCase> {};

// P5.6 last bullets but one.
TEST_P(Statuses, OfAKnownCertificate) {
  const auto& param = GetParam();
  const auto certificate = param.before == CertificateStatus::pending_activation
                               ? waiting("d")
                               : register_device("d", param.before);
  auto plan = plan_for(certificate->id);
  plan.certificate->status = param.wanted;
  plan.certificate->on_status = param.setting;

  const auto done = registry.provision(plan, Leftovers::nothing);

  EXPECT_EQ(done.ok(), param.after.has_value());
  EXPECT_EQ(status_of(certificate->id), param.after.value_or(param.before));
  EXPECT_EQ(registry.thing(kThing).ok(), param.after.has_value()) << "all or nothing";
}

constexpr auto kActive = CertificateStatus::active;
constexpr auto kInactive = CertificateStatus::inactive;
constexpr auto kPending = CertificateStatus::pending_activation;
constexpr auto kRevoked = CertificateStatus::revoked;

INSTANTIATE_TEST_SUITE_P(
    P5_6, Statuses,
    testing::Values(StatusCase{"WaitingTakesTheStatusEvenWithDoNothing", kPending, Override::do_nothing,
                               kActive, kActive},
                    StatusCase{"WaitingTakesTheStatusEvenWithFail", kPending, Override::fail, kActive,
                               kActive},
                    StatusCase{"WaitingMayBecomeInactive", kPending, Override::unset, kInactive, kInactive},
                    StatusCase{"ReplaceIsTheDefault", kInactive, Override::unset, kActive, kActive},
                    StatusCase{"ReplaceSets", kActive, Override::replace, kInactive, kInactive},
                    StatusCase{"DoNothingKeeps", kInactive, Override::do_nothing, kActive, kInactive},
                    StatusCase{"FailWithAnotherStatus", kInactive, Override::fail, kActive, std::nullopt},
                    StatusCase{"FailWithTheSameStatus", kActive, Override::fail, kActive, kActive},
                    StatusCase{"RevokedStaysRevoked", kRevoked, Override::replace, kActive, std::nullopt}),
    [](const auto& each) { return each.param.name; });

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
