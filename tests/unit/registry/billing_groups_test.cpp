#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

BillingGroupName group_name(std::string_view text) {
  return *BillingGroupName::parse(text);
}

class BillingGroups : public RegistryTest {
 protected:
  explicit BillingGroups(RegistryOptions options = {}) : RegistryTest{std::move(options)} {}

  void make(std::string_view name) {
    clock.advance(Duration{1});
    EXPECT_THAT(registry.create_billing_group(group_name(name), ""), IsOk());
  }

  std::vector<std::string> things_in(std::string_view group) {
    std::vector<std::string> names;
    const auto page = *registry.things_in_billing_group(group_name(group), {});
    for (const auto& name : page.items) names.push_back(name.text());
    return names;
  }
  std::vector<std::string> listed(const std::string& prefix = {}) {
    std::vector<std::string> names;
    const auto page = *registry.list_billing_groups({}, prefix);
    for (const auto& group : page.items) names.push_back(group->name.text());
    return names;
  }
  std::optional<BillingGroupName> group_of(std::string_view thing) {
    return (*registry.thing(thing_name(thing)))->billing_group;
  }
};

class TwoBillingGroups : public BillingGroups {
 protected:
  TwoBillingGroups() : BillingGroups{{.billing_groups = 2}} {}
};

TEST_F(BillingGroups, CreationIsIdempotentForEqualInput) {  // P8.5
  const auto first = *registry.create_billing_group(group_name("b"), "d", {{"k", "v"}});
  EXPECT_EQ(first->arn, "arn:aws:iot:us-east-1:123456789012:billinggroup/b");
  EXPECT_EQ(first->id.size(), 36U);
  EXPECT_EQ(first->version, 1);
  EXPECT_EQ(*registry.create_billing_group(group_name("b"), "d", {{"k", "v"}}), first);
  const auto other = registry.create_billing_group(group_name("b"), "e", {{"k", "v"}});
  ASSERT_THAT(other, FailsWith(Errc::already_exists, "already exists in account with different properties"));
  EXPECT_EQ(other.error().resource_id, "b");
  EXPECT_EQ(other.error().resource_arn, first->arn);
  EXPECT_THAT(registry.create_billing_group(group_name("b"), "d"), FailsWith(Errc::already_exists));
}

TEST_F(BillingGroups, UpdatesCount) {  // P8.5
  make("b");
  EXPECT_EQ(*registry.update_billing_group(group_name("b"), {.description = "d", .expected_version = 1}), 2);
  EXPECT_EQ((*registry.billing_group(group_name("b")))->description, "d");
  EXPECT_EQ(*registry.update_billing_group(group_name("b"), {}), 3);
  EXPECT_EQ((*registry.billing_group(group_name("b")))->description, "d");
  EXPECT_THAT(registry.update_billing_group(group_name("b"), {.expected_version = 2}),
              FailsWith(Errc::version_conflict));
  EXPECT_THAT(registry.update_billing_group(group_name("none"), {}), FailsWith(Errc::not_found));
}

TEST_F(BillingGroups, AreListedByPrefix) {
  for (const auto* name : {"north-2", "north-1", "south"}) make(name);
  EXPECT_THAT(listed(), ElementsAre("north-2", "north-1", "south"));
  EXPECT_THAT(listed("north"), ElementsAre("north-2", "north-1"));
}

TEST_F(BillingGroups, AThingMovesFromOneToTheOther) {  // P8.5
  make("a");
  make("b");
  EXPECT_THAT(registry.create_thing(thing_name("t"), {}), IsOk());
  EXPECT_THAT(registry.add_thing_to_billing_group(thing_name("t"), group_name("a")), IsOk());
  EXPECT_THAT(registry.add_thing_to_billing_group(thing_name("t"), group_name("a")), IsOk());
  EXPECT_THAT(things_in("a"), ElementsAre("t"));
  EXPECT_THAT(registry.add_thing_to_billing_group(thing_name("t"), group_name("b")), IsOk());
  EXPECT_THAT(things_in("a"), IsEmpty());
  EXPECT_THAT(things_in("b"), ElementsAre("t"));
  EXPECT_THAT(registry.remove_thing_from_billing_group(thing_name("t"), group_name("a")), IsOk());
  EXPECT_EQ(group_of("t"), group_name("b")) << "it was not in a";
  EXPECT_THAT(registry.remove_thing_from_billing_group(thing_name("t"), group_name("b")), IsOk());
  EXPECT_EQ(group_of("t"), std::nullopt);
  EXPECT_EQ((*registry.thing(thing_name("t")))->version, 1) << "only UpdateThing counts";
}

TEST_F(BillingGroups, ThingsAndGroupsMustExist) {  // P8.5
  make("b");
  EXPECT_THAT(registry.create_thing(thing_name("t"), {}), IsOk());
  for (const auto change :
       {&Registry::add_thing_to_billing_group, &Registry::remove_thing_from_billing_group}) {
    EXPECT_THAT((registry.*change)(thing_name("none"), group_name("b")), FailsWith(Errc::not_found, "Thing"));
    EXPECT_THAT((registry.*change)(thing_name("t"), group_name("none")), FailsWith(Errc::not_found, "group"));
  }
  EXPECT_THAT(registry.billing_group(group_name("none")), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.things_in_billing_group(group_name("none"), {}), FailsWith(Errc::not_found));
}

TEST_F(BillingGroups, AThingMayStartInOne) {  // P8.1
  make("a");
  make("b");
  const auto thing = *registry.create_thing(thing_name("t"), {.billing_group = group_name("a")});
  EXPECT_EQ(*registry.create_thing(thing_name("t"), {.billing_group = group_name("a")}), thing);
  EXPECT_THAT(registry.create_thing(thing_name("t"), {.billing_group = group_name("b")}),
              FailsWith(Errc::already_exists));
  EXPECT_THAT(registry.create_thing(thing_name("t"), {}), FailsWith(Errc::already_exists));
  EXPECT_THAT(things_in("a"), ElementsAre("t"));
  EXPECT_THAT(registry.update_thing(thing_name("t"), {}), IsOk());
  EXPECT_THAT(things_in("a"), ElementsAre("t"));
  EXPECT_THAT(registry.delete_thing(thing_name("t")), IsOk());
  EXPECT_THAT(things_in("a"), IsEmpty());
}

TEST_F(BillingGroups, DeletionLetsTheThingsGo) {  // P8.5
  make("b");
  for (const auto* name : {"t", "u"}) {
    EXPECT_THAT(registry.create_thing(thing_name(name), {.billing_group = group_name("b")}), IsOk());
  }
  EXPECT_THAT(registry.delete_billing_group(group_name("b"), 4), FailsWith(Errc::version_conflict));
  store.fail_after(0);
  EXPECT_THAT(registry.delete_billing_group(group_name("b")), FailsWith(Errc::io));
  EXPECT_EQ(group_of("t"), group_name("b")) << "a failed write changes nothing";
  EXPECT_THAT(registry.delete_billing_group(group_name("b"), 1), IsOk());
  EXPECT_EQ(group_of("t"), std::nullopt);
  EXPECT_THAT(registry.delete_billing_group(group_name("b")), IsOk()) << "the model has no 404";
  make("b");
  EXPECT_THAT(things_in("b"), IsEmpty());
}

TEST_F(TwoBillingGroups, AreBounded) {  // P10.8
  make("a");
  make("b");
  EXPECT_THAT(registry.create_billing_group(group_name("c"), ""), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.delete_billing_group(group_name("a")), IsOk());
  make("c");
  EXPECT_THAT(registry.reset(false), IsOk());
  EXPECT_THAT(listed(), IsEmpty());
  make("a");
  make("b");
}

}  // namespace
}  // namespace iotemu::registry
