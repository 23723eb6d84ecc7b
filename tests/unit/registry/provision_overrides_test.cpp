// What becomes of a resource that exists already: OverrideSettings (P5.6).

#include "tests/unit/registry/provision_fixture.h"

namespace iotemu::registry {
namespace {

using provisioning::Override;

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
  for (const auto* line : {"3", "4"}) {
    const auto found = registry.list_things({}, {.attribute_name = "line", .attribute_value = line});
    EXPECT_EQ(found->items.size(), left.at("line") == line ? 1U : 0U);
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

}  // namespace
}  // namespace iotemu::registry
