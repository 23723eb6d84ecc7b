// Which writes tell which events, and when their switch is judged (LE-10…12).

#include "registry/event_configurations.h"

#include <gmock/gmock.h>

#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RegistryEventsTest : public RegistryTest {
 protected:
  RegistryEventsTest() {
    bus.subscribe<ThingChanged>(queue, [this](const ThingChanged& event) {
      add(event.operation, "thing " + event.thing->name.text() + " v" + std::to_string(event.thing->version));
    });
    bus.subscribe<ThingTypeChanged>(queue, [this](const ThingTypeChanged& event) {
      add(event.operation,
          "type " + event.type->name.text() + (event.type->deprecated_at ? " deprecated" : ""));
    });
    bus.subscribe<ThingTypeAssociationChanged>(queue, [this](const ThingTypeAssociationChanged& event) {
      add(event.added, event.thing->name.text() + " is " + event.type.text());
    });
    bus.subscribe<ThingGroupChanged>(queue, [this](const ThingGroupChanged& event) {
      add(event.operation,
          "group " + event.group->name.text() + " below " + std::to_string(event.ancestors.size()));
    });
    bus.subscribe<ThingGroupMembershipChanged>(queue, [this](const ThingGroupMembershipChanged& event) {
      add(event.added, event.thing->name.text() + " in " + event.group->name.text());
    });
    bus.subscribe<ThingGroupHierarchyChanged>(queue, [this](const ThingGroupHierarchyChanged& event) {
      add(event.added, event.child->name.text() + " below " + event.parent->name.text());
    });
  }

  void add(EventOperation operation, const std::string& what) {
    constexpr std::array kSigns{"+", "*", "-"};
    told.push_back(kSigns.at(static_cast<std::size_t>(operation)) + what);
  }
  void add(bool added, const std::string& what) { told.push_back((added ? "+" : "-") + what); }

  void enable(std::initializer_list<EventType> types, bool enabled = true) {
    std::map<EventType, bool> switches;
    for (const auto type : types) switches[type] = enabled;
    ASSERT_THAT(registry.event_configurations().update(switches), IsOk());
  }
  void enable_all() {
    std::map<EventType, bool> switches;
    for (const auto type : kEventTypes) switches[type] = true;
    ASSERT_THAT(registry.event_configurations().update(switches), IsOk());
  }

  /// What was told since the last call.
  std::vector<std::string> taken() {
    queue.run();
    return std::exchange(told, {});
  }

  void change_everything() {
    const auto thing = thing_name("lamp");
    ASSERT_THAT(registry.create_thing_type(type_name("bulb"), {}), IsOk());
    ASSERT_THAT(registry.create_thing_group(*ThingGroupName::parse("plant"), {}), IsOk());
    ASSERT_THAT(registry.create_thing_group(*ThingGroupName::parse("hall"),
                                            {.parent = *ThingGroupName::parse("plant")}),
                IsOk());
    ASSERT_THAT(registry.create_thing(thing, {.type = type_name("bulb")}), IsOk());
    ASSERT_THAT(registry.change_memberships(thing, {*ThingGroupName::parse("hall")}, {}), IsOk());
    ASSERT_THAT(registry.update_thing(thing, {.attributes = Attributes{{"a", "1"}}}), IsOk());
    ASSERT_THAT(registry.update_thing_group(*ThingGroupName::parse("hall"), {.description = "Hall"}), IsOk());
    ASSERT_THAT(registry.delete_thing(thing), IsOk());
    ASSERT_THAT(registry.deprecate_thing_type(type_name("bulb"), false), IsOk());
    clock.advance(std::chrono::minutes{5});
    ASSERT_THAT(registry.delete_thing_type(type_name("bulb")), IsOk());
    ASSERT_THAT(registry.delete_thing_group(*ThingGroupName::parse("hall")), IsOk());
    ASSERT_THAT(registry.delete_thing_group(*ThingGroupName::parse("plant")), IsOk());
  }

  QueueExecutor queue;
  std::vector<std::string> told;
};

TEST_F(RegistryEventsTest, NothingIsToldWhileNothingIsEnabled) {
  change_everything();
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(RegistryEventsTest, EveryChangeIsTold) {
  enable_all();
  change_everything();
  EXPECT_THAT(taken(), ElementsAre("+type bulb", "+group plant below 0", "+group hall below 1",
                                   "+hall below plant", "+thing lamp v1", "+lamp is bulb", "+lamp in hall",
                                   "*thing lamp v2", "*group hall below 1", "-lamp in hall", "-lamp is bulb",
                                   "-thing lamp v2", "*type bulb deprecated", "-type bulb deprecated",
                                   "-hall below plant", "-group hall below 1", "-group plant below 0"));
}

TEST_F(RegistryEventsTest, EachSwitchStandsForItsOwnEvents) {
  const std::vector<std::pair<EventType, std::size_t>> counts{{EventType::thing, 3},
                                                              {EventType::thing_group, 5},
                                                              {EventType::thing_type, 3},
                                                              {EventType::thing_group_membership, 2},
                                                              {EventType::thing_group_hierarchy, 2},
                                                              {EventType::thing_type_association, 2},
                                                              {EventType::job, 0},
                                                              {EventType::certificate, 0}};
  for (const auto& [type, count] : counts) {
    enable({type});
    change_everything();
    EXPECT_EQ(taken().size(), count) << to_text(type);
    enable({type}, false);
  }
}

TEST_F(RegistryEventsTest, TheSwitchIsJudgedWhenTheChangeIsWritten) {
  enable({EventType::thing});
  ASSERT_THAT(registry.create_thing(thing_name("before"), {}), IsOk());
  enable({EventType::thing}, false);
  ASSERT_THAT(registry.create_thing(thing_name("after"), {}), IsOk());
  EXPECT_THAT(taken(), ElementsAre("+thing before v1"));
}

TEST_F(RegistryEventsTest, ATypeThatIsExchangedIsRemovedAndAdded) {
  ASSERT_THAT(registry.create_thing_type(type_name("a"), {}), IsOk());
  ASSERT_THAT(registry.create_thing_type(type_name("b"), {}), IsOk());
  ASSERT_THAT(registry.create_thing(thing_name("t"), {.type = type_name("a")}), IsOk());
  enable({EventType::thing_type_association});
  ASSERT_THAT(registry.update_thing(thing_name("t"), {.type = type_name("b")}), IsOk());
  ASSERT_THAT(registry.update_thing(thing_name("t"), {.attributes = Attributes{{"a", "1"}}}), IsOk());
  ASSERT_THAT(registry.update_thing(thing_name("t"), {.remove_type = true}), IsOk());
  EXPECT_THAT(taken(), ElementsAre("-t is a", "+t is b", "-t is b"));
}

TEST_F(RegistryEventsTest, WhatChangesNothingTellsNothing) {
  ASSERT_THAT(registry.create_thing(thing_name("t"), {}), IsOk());
  const auto group = *ThingGroupName::parse("g");
  ASSERT_THAT(registry.create_thing_group(group, {}), IsOk());
  ASSERT_THAT(registry.change_memberships(thing_name("t"), {group}, {}), IsOk());
  enable_all();
  ASSERT_THAT(registry.create_thing(thing_name("t"), {}), IsOk());
  ASSERT_THAT(registry.create_thing_group(group, {}), IsOk());
  ASSERT_THAT(registry.change_memberships(thing_name("t"), {group}, {}), IsOk());
  ASSERT_THAT(registry.create_billing_group(*BillingGroupName::parse("b"), ""), IsOk());
  ASSERT_THAT(registry.add_thing_to_billing_group(thing_name("t"), *BillingGroupName::parse("b")), IsOk());
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(RegistryEventsTest, AGroupThatGoesLetsItsThingsLeave) {
  const auto group = *ThingGroupName::parse("g");
  ASSERT_THAT(registry.create_thing_group(group, {}), IsOk());
  for (const auto* name : {"a", "b"}) {
    ASSERT_THAT(registry.create_thing(thing_name(name), {}), IsOk());
    ASSERT_THAT(registry.change_memberships(thing_name(name), {group}, {}), IsOk());
  }
  enable_all();
  ASSERT_THAT(registry.delete_thing_group(group), IsOk());
  EXPECT_THAT(taken(), ElementsAre("-a in g", "-b in g", "-group g below 0"));
}

TEST_F(RegistryEventsTest, AStoreThatFailsLeavesTheSwitchesAsTheyWere) {
  store.fail_after(0);
  EXPECT_FALSE(registry.event_configurations().update({{EventType::thing, true}}).ok());
  EXPECT_FALSE(registry.event_configurations().is_enabled(EventType::thing));
  EXPECT_EQ(registry.event_configurations().get(), nullptr);
}

TEST_F(RegistryEventsTest, ResetTurnsEverySwitchOff) {
  enable_all();
  ASSERT_THAT(registry.reset(false), IsOk());
  ASSERT_THAT(registry.create_thing(thing_name("t"), {}), IsOk());
  EXPECT_THAT(taken(), IsEmpty());
  EXPECT_EQ(registry.event_configurations().get(), nullptr);
}

}  // namespace
}  // namespace iotemu::registry
