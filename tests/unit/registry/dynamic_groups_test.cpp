// Dynamic thing groups and searches where only the registry can be asked: under failures, races and load. The
// rest is told by the clients' stories.

#include <atomic>
#include <thread>

#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ThingGroupName group_name(std::string_view text) {
  return *ThingGroupName::parse(text);
}

class DynamicGroups : public RegistryTest {
 protected:
  DynamicGroups() {
    EXPECT_THAT(registry.update_indexing({.things = ThingIndexing{.mode = ThingIndexingMode::registry}}),
                IsOk());
  }

  Result<ThingGroupPtr> follow(const std::string& group, const std::string& query) {
    return registry.create_dynamic_thing_group(group_name(group),
                                               {.index_name = std::string{index::kThings},
                                                .query = query,
                                                .query_version = std::string{index::kQueryVersion}});
  }

  void make(const std::string& thing, const std::string& site) {
    EXPECT_THAT(registry.create_thing(thing_name(thing), {.attributes = {{"site", site}}}), IsOk());
  }

  std::vector<std::string> members(const std::string& group) {
    std::vector<std::string> names;
    const auto page = registry.things_in_group(group_name(group), {.size = 250});
    if (!page) return names;
    for (const auto& name : page->items) names.push_back(name.text());
    return names;
  }

  std::size_t found(const std::string& query) {
    const auto parsed = registry.index().parse(query, index::kThings);
    EXPECT_THAT(parsed, IsOk());
    return registry.index().search_things(**parsed, {.size = 1'000'000})->items.size();
  }
};

TEST_F(DynamicGroups, PolicyVerdictsAreThoseOfStaticGroupsAlone) {
  make("t", "north");
  const auto device = register_device("d");
  ASSERT_THAT(registry.attach_thing_principal(thing_name("t"), device->arn), IsOk());
  ASSERT_THAT(registry.create_thing_group(group_name("static"), {}), IsOk());
  ASSERT_THAT(registry.change_memberships(thing_name("t"), {group_name("static")}, {}), IsOk());
  ASSERT_THAT(registry.create_policy(policy_name("p"), kAllowAll), IsOk());
  ASSERT_THAT(registry.attach_policy(policy_name("p"), (*registry.thing_group(group_name("static")))->arn),
              IsOk());

  const auto before = registry.generation();
  ASSERT_THAT(follow("north", "attributes.site:north"), IsOk());
  ASSERT_THAT(members("north"), ElementsAre("t"));
  EXPECT_EQ(registry.generation(), before) << "nobody's verdict is to be found anew";
  const auto view = registry.principal_view(device->id);
  ASSERT_EQ(view->things.front().group_policies.size(), 1U);
  EXPECT_EQ(view->things.front().group_policies.front().name, "p");
}

TEST_F(DynamicGroups, DeletedStaticGroupTakesItsThingsOutOfManyChunks) {
  ASSERT_THAT(registry.create_thing_group(group_name("hall"), {}), IsOk());
  for (int i = 0; i < 600; ++i) {
    const auto name = "t" + std::to_string(i);
    make(name, "x");
    ASSERT_THAT(registry.change_memberships(thing_name(name), {group_name("hall")}, {}), IsOk());
  }
  ASSERT_THAT(follow("of-hall", "thingGroupNames:hall"), IsOk());
  ASSERT_EQ(found("thingGroupNames:of-hall"), 600U);
  ASSERT_THAT(registry.delete_thing_group(group_name("hall")), IsOk());
  EXPECT_THAT(members("of-hall"), IsEmpty());
}

TEST_F(DynamicGroups, EndOfAConnectionIsThatOfTheThingItBeganFor) {
  ASSERT_THAT(registry.update_indexing(
                  {.things = ThingIndexing{.mode = ThingIndexingMode::registry, .connectivity = true}}),
              IsOk());
  make("t", "x");
  const auto connected = [&] { return registry.index().connectivity_of(thing_name("t"))->connected; };
  registry.device_connected(thing_name("t"), 1);
  EXPECT_TRUE(connected());
  registry.device_connected(thing_name("t"), 2);
  EXPECT_EQ(registry.device_disconnected(1, "DUPLICATE_CLIENTID"), std::nullopt) << "another replaced it";
  EXPECT_TRUE(connected());
  EXPECT_EQ(registry.device_disconnected(2, "CONNECTION_LOST"), thing_name("t"));
  EXPECT_FALSE(connected());
  EXPECT_EQ(registry.device_disconnected(2, "CONNECTION_LOST"), std::nullopt);

  registry.device_connected(thing_name("t"), 3);
  ASSERT_THAT(registry.delete_thing(thing_name("t")), IsOk());
  make("t", "x");
  EXPECT_FALSE(connected()) << "a new thing, of which no device has connected yet";
  EXPECT_EQ(registry.device_disconnected(3, "CONNECTION_LOST"), std::nullopt);
  EXPECT_EQ(registry.index().connectivity_of(thing_name("t"))->disconnect_reason, "UNKNOWN");
}

TEST_F(DynamicGroups, StoreThatFailsFailsTheCallAndTheNextChangeMendsIt) {
  ASSERT_THAT(follow("north", "attributes.site:north"), IsOk());
  store.fail_after(1);  // the thing is stored, its membership is not
  EXPECT_FALSE(registry.create_thing(thing_name("t"), {.attributes = {{"site", "north"}}}).ok());
  EXPECT_THAT(members("north"), IsEmpty());
  EXPECT_THAT(registry.update_thing(thing_name("t"), {}), IsOk());
  EXPECT_THAT(members("north"), ElementsAre("t"));
}

TEST_F(DynamicGroups, ThingsThatChangeWhileAGroupIsBuiltAreNotMissed) {
  for (int i = 0; i < 600; ++i) make("t" + std::to_string(i), i % 2 == 0 ? "north" : "south");
  std::atomic<bool> stop{false};
  std::thread changing{[&] {
    for (int round = 0; !stop; ++round) {
      for (int i = 0; i < 600; i += 7) {
        const auto site = (i + round) % 2 == 0 ? "north" : "south";
        EXPECT_THAT(registry.update_thing(thing_name("t" + std::to_string(i)),
                                          {.attributes = Attributes{{"site", site}}}),
                    IsOk());
      }
    }
  }};
  for (int round = 0; round < 5; ++round) {
    EXPECT_THAT(follow("north", "attributes.site:north"), IsOk());
    EXPECT_THAT(registry.update_dynamic_thing_group(group_name("north"), {.query = "attributes.site:south"}),
                IsOk());
    if (round < 4) {
      EXPECT_THAT(registry.delete_dynamic_thing_group(group_name("north")), IsOk());
    }
  }
  stop = true;
  changing.join();
  std::size_t wanted = 0;
  for (int i = 0; i < 600; ++i) {
    const auto name = thing_name("t" + std::to_string(i));
    const bool south = (*registry.thing(name))->attributes.at("site") == "south";
    const auto groups = registry.groups_of_thing(name, {});
    EXPECT_EQ(groups->items.size(), south ? 1U : 0U) << name.text();
    if (south) ++wanted;
  }
  EXPECT_EQ(found("thingGroupNames:north"), wanted);
  EXPECT_EQ((*registry.thing_group(group_name("north")))->dynamic->status, DynamicQuery::Status::active);
}

TEST_F(DynamicGroups, ResetForgetsGroupsAndConfiguration) {
  make("t", "north");
  ASSERT_THAT(follow("north", "attributes.site:north"), IsOk());
  ASSERT_THAT(registry.reset(false), IsOk());
  EXPECT_FALSE(registry.index().configuration().things.on());
  EXPECT_THAT(follow("north", "*"), FailsWith(Errc::invalid_request));
  ASSERT_THAT(registry.update_indexing({.things = ThingIndexing{.mode = ThingIndexingMode::registry}}),
              IsOk());
  EXPECT_EQ(found("*"), 0U);
}

TEST_F(DynamicGroups, SearchReadsWhileOthersWrite) {
  for (int i = 0; i < 300; ++i) make("t" + std::to_string(i), "north");
  std::atomic<bool> stop{false};
  std::thread writing{[&] {
    for (int i = 0; !stop; ++i) {
      const auto name = "u" + std::to_string(i % 50);
      (void)registry.create_thing(thing_name(name), {});
      (void)registry.delete_thing(thing_name(name));
    }
  }};
  for (int round = 0; round < 50; ++round) {
    EXPECT_EQ(found("thingName:t*"), 300U);
    EXPECT_GE(found("*"), 300U);
  }
  stop = true;
  writing.join();
}

TEST_F(DynamicGroups, NamesAreSearchedByPrefixInEverySpelling) {
  for (const auto* name : {"AB-1", "Ab-2", "aB-3", "ab-4", "a", "abc", "b", "AC"}) make(name, "x");
  EXPECT_EQ(found("thingName:ab-*"), 4U);
  EXPECT_EQ(found("thingName:AB*"), 5U);
  EXPECT_EQ(found("thingName:a*"), 7U);
  EXPECT_EQ(found("thingName:ab-4 OR thingName:b"), 2U);
  EXPECT_EQ(found("thingName:ab* attributes.site:x NOT thingName:abc"), 4U);
}

}  // namespace
}  // namespace iotemu::registry
