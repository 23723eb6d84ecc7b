// Policies that are attached to thing groups (P7.2, P7.3, P7.6).

#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ThingGroupName group_name(std::string_view text) {
  return *ThingGroupName::parse(text);
}

std::string group_arn(std::string_view name) {
  return "arn:aws:iot:us-east-1:123456789012:thinggroup/" + std::string{name};
}

/// Two levels, `plant` and `hall` below it, with thing `t` in `hall`; policies p0 to p3.
class GroupPolicies : public RegistryTest {
 protected:
  GroupPolicies() {
    EXPECT_THAT(registry.create_thing_group(group_name("plant"), {}), IsOk());
    EXPECT_THAT(registry.create_thing_group(group_name("hall"), {.parent = group_name("plant")}), IsOk());
    EXPECT_THAT(registry.create_thing(kThing, {}), IsOk());
    EXPECT_THAT(registry.change_memberships(kThing, {group_name("hall")}, {}), IsOk());
    for (const auto* name : {"p0", "p1", "p2", "p3"}) {
      EXPECT_THAT(registry.create_policy(policy_name(name), kAllowAll), IsOk());
    }
  }

  void attach(std::string_view policy, std::string_view target) {
    EXPECT_THAT(registry.attach_policy(policy_name(policy), target), IsOk());
  }

  std::vector<std::string> policies_of(std::string_view target, bool recursive = false) {
    std::vector<std::string> names;
    const auto page = *registry.attached_policies(target, {}, recursive);
    for (const auto& policy : page.items) names.push_back(policy->name.text());
    return names;
  }

  static std::vector<std::string> names(const std::vector<policy::NamedDocument>& policies) {
    std::vector<std::string> all;
    for (const auto& policy : policies) all.push_back(policy.name);
    return all;
  }

  const ThingName kThing = thing_name("t");
  const std::string plant = group_arn("plant");
  const std::string hall = group_arn("hall");
};

TEST_F(GroupPolicies, AreListedFromBothEnds) {  // P7.2
  attach("p0", plant);
  attach("p1", plant);
  attach("p0", hall);
  EXPECT_THAT(policies_of(plant), ElementsAre("p0", "p1"));
  EXPECT_THAT(registry.targets_for_policy(policy_name("p0"), {})->items, ElementsAre(hall, plant));
  EXPECT_THAT(registry.detach_policy(policy_name("p0"), plant), IsOk());
  EXPECT_THAT(policies_of(plant), ElementsAre("p1"));
}

TEST_F(GroupPolicies, AreTwoAtMost) {  // P10.8
  attach("p0", plant);
  attach("p1", plant);
  attach("p1", plant);
  EXPECT_THAT(registry.attach_policy(policy_name("p2"), plant),
              FailsWith(Errc::limit_exceeded, "At most 2 policies"));
  attach("p2", hall);
}

TEST_F(GroupPolicies, NeedAGroupThatExistsHere) {  // P7.2
  EXPECT_THAT(registry.attach_policy(policy_name("p0"), group_arn("none")), FailsWith(Errc::not_found));
  EXPECT_THAT(
      registry.attach_policy(policy_name("p0"), "arn:aws:iot:eu-west-1:123456789012:thinggroup/plant"),
      FailsWith(Errc::not_found));
  EXPECT_THAT(registry.attach_policy(policy_name("p0"), group_arn("no group")),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.attached_policies(group_arn("none"), {}), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.detach_policy(policy_name("p0"), group_arn("none")), IsOk())
      << "detaching models no 404";
  EXPECT_THAT(registry.detach_policy(policy_name("p0"), group_arn("no group")),
              FailsWith(Errc::invalid_request));
}

TEST_F(GroupPolicies, KeepAPolicyFromDeletionUntilTheGroupIsGone) {  // P7.2, P8.4
  attach("p0", hall);
  EXPECT_THAT(registry.delete_policy(policy_name("p0")), FailsWith(Errc::delete_conflict));
  EXPECT_THAT(registry.delete_thing_group(group_name("hall")), IsOk());
  EXPECT_THAT(registry.targets_for_policy(policy_name("p0"), {})->items, IsEmpty());
  EXPECT_THAT(registry.delete_policy(policy_name("p0")), IsOk());
}

TEST_F(GroupPolicies, RecursiveListHoldsTheAncestorsEachOnce) {  // P7.2
  attach("p3", plant);
  attach("p0", plant);
  attach("p1", hall);
  attach("p0", hall);
  EXPECT_THAT(policies_of(hall), ElementsAre("p0", "p1"));
  EXPECT_THAT(policies_of(hall, true), ElementsAre("p0", "p1", "p3"));
  EXPECT_THAT(policies_of(plant, true), ElementsAre("p0", "p3"));

  std::vector<std::string> paged;
  PageRequest request{.size = 1, .ascending = false};
  do {
    const auto page = *registry.attached_policies(hall, request, true);
    for (const auto& policy : page.items) paged.push_back(policy->name.text());
    request.marker = page.next_marker;
  } while (!request.marker.empty());
  EXPECT_THAT(paged, ElementsAre("p3", "p1", "p0"));
}

TEST_F(GroupPolicies, RecursiveListOfACertificateHoldsTheGroupsOfItsThings) {  // P7.2
  const auto device = register_device("d");
  attach("p0", device->arn);
  attach("p1", plant);
  EXPECT_THAT(policies_of(device->arn, true), ElementsAre("p0"));
  EXPECT_THAT(registry.attach_thing_principal(kThing, device->arn), IsOk());
  EXPECT_THAT(policies_of(device->arn, true), ElementsAre("p0", "p1"));
  EXPECT_THAT(policies_of(device->arn), ElementsAre("p0"));
}

TEST_F(GroupPolicies, ViewKeepsThemWithTheThingTheyBelongTo) {  // P7.3, P7.6
  const auto device = register_device("d");
  attach("p0", device->arn);
  attach("p1", plant);
  attach("p0", hall);
  EXPECT_THAT(registry.create_thing(thing_name("u"), {}), IsOk());
  for (const auto* thing : {"t", "u"}) {
    EXPECT_THAT(registry.attach_thing_principal(thing_name(thing), device->arn), IsOk());
  }
  const auto view = registry.principal_view(device->id);
  EXPECT_THAT(names(view->policies), ElementsAre("p0"));
  ASSERT_EQ(view->things.size(), 2U);
  EXPECT_THAT(names(view->things[0].group_policies), ElementsAre("p0", "p1"));
  EXPECT_THAT(names(view->things[1].group_policies), IsEmpty());
}

TEST_F(GroupPolicies, GenerationMovesWithMembershipsGroupsAndTheirPolicies) {
  auto last = registry.generation();
  const auto moved = [&] { return std::exchange(last, registry.generation()) != last; };
  const auto hall_name = group_name("hall");

  EXPECT_THAT(registry.change_memberships(kThing, {}, {hall_name}), IsOk());
  EXPECT_FALSE(moved()) << "nobody is attached yet";
  EXPECT_THAT(registry.attach_thing_principal(kThing, register_device("d")->arn), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.change_memberships(kThing, {hall_name}, {}), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.change_memberships(kThing, {hall_name}, {}), IsOk());
  EXPECT_FALSE(moved()) << "a member already";
  attach("p0", hall);
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.detach_policy(policy_name("p0"), hall), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.update_thing_group(hall_name, {.description = "d"}), IsOk());
  EXPECT_FALSE(moved()) << "no policy reads a group's properties";
  EXPECT_THAT(registry.change_memberships(kThing, {}, {hall_name}), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.delete_thing_group(hall_name), IsOk());
  EXPECT_TRUE(moved());
}

}  // namespace
}  // namespace iotemu::registry
