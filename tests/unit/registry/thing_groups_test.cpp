#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ThingGroupName group_name(std::string_view text) {
  return *ThingGroupName::parse(text);
}

RegistryOptions small() {
  return {.tags_per_resource = 2,
          .attributes_per_group = 2,
          .group_depth = 3,
          .child_groups = 2,
          .groups_per_thing = 2};
}

class ThingGroups : public RegistryTest {
 protected:
  explicit ThingGroups(RegistryOptions options = {}) : RegistryTest{std::move(options)} {}

  ThingGroupPtr make(std::string_view name, std::optional<std::string_view> parent = {}) {
    CreateThingGroup request;
    if (parent) request.parent = group_name(*parent);
    clock.advance(Duration{1});
    return *registry.create_thing_group(group_name(name), request);
  }

  ThingName make_thing(std::string_view name, std::set<ThingGroupName> groups = {}) {
    EXPECT_THAT(registry.create_thing(thing_name(name), {}), IsOk());
    EXPECT_THAT(registry.change_memberships(thing_name(name), groups, {}), IsOk());
    return thing_name(name);
  }

  std::vector<std::string> listed(const ThingGroupFilter& filter) {
    std::vector<std::string> names;
    const auto page = *registry.list_thing_groups({}, filter);
    for (const auto& group : page.items) names.push_back(group->name.text());
    return names;
  }
  std::vector<std::string> groups_of(const ThingName& thing) {
    std::vector<std::string> names;
    const auto page = *registry.groups_of_thing(thing, {});
    for (const auto& name : page.items) names.push_back(name.text());
    return names;
  }
  std::vector<std::string> things_in(std::string_view group, bool recursive = false) {
    std::vector<std::string> names;
    const auto page = *registry.things_in_group(group_name(group), {}, recursive);
    for (const auto& name : page.items) names.push_back(name.text());
    return names;
  }
};

class SmallThingGroups : public ThingGroups {
 protected:
  SmallThingGroups() : ThingGroups{small()} {}
};

TEST_F(ThingGroups, StartAtVersionOneBelowTheirAncestors) {  // P8.4
  make("plant");
  make("hall", "plant");
  const auto group = make("line", "hall");
  EXPECT_EQ(group->arn, "arn:aws:iot:us-east-1:123456789012:thinggroup/line");
  EXPECT_EQ(group->id.size(), 36U);
  EXPECT_EQ(group->version, 1);
  EXPECT_EQ(group->parent(), group_name("hall"));
  EXPECT_EQ(group->root(), group_name("plant"));
  EXPECT_THAT(group->ancestors, ElementsAre(group_name("plant"), group_name("hall")));
  EXPECT_EQ(*registry.thing_group(group_name("line")), group);
}

TEST_F(ThingGroups, NeedAParentThatExists) {  // P8.4
  EXPECT_THAT(registry.create_thing_group(group_name("g"), {.parent = group_name("none")}),
              FailsWith(Errc::not_found, "none"));
  EXPECT_THAT(registry.create_thing_group(group_name("g"), {.parent = group_name("g")}),
              FailsWith(Errc::not_found));
}

TEST_F(ThingGroups, CreationIsIdempotentForEqualInput) {  // P0.3: 16
  make("plant");
  const CreateThingGroup request{.parent = group_name("plant"),
                                 .properties = {.description = "d", .attributes = {{"a", "1"}}},
                                 .tags = {{"k", "v"}, {"l", "w"}}};
  const auto first = *registry.create_thing_group(group_name("g"), request);
  auto again = request;
  std::swap(again.tags[0], again.tags[1]);
  EXPECT_EQ(*registry.create_thing_group(group_name("g"), again), first);

  const auto differs = [&](auto change) {
    auto other = request;
    change(other);
    const auto made = registry.create_thing_group(group_name("g"), other);
    EXPECT_THAT(made, FailsWith(Errc::already_exists, "already exists in account with different properties"));
    EXPECT_EQ(made.error().resource_id, "g");
    EXPECT_EQ(made.error().resource_arn, first->arn);
  };
  differs([](CreateThingGroup& other) { other.parent.reset(); });
  differs([](CreateThingGroup& other) { other.properties.description = "e"; });
  differs([](CreateThingGroup& other) { other.properties.attributes = {}; });
  differs([](CreateThingGroup& other) { other.tags = {}; });
}

TEST_F(ThingGroups, UpdatesMergeReplaceRemoveAndCount) {  // P8.4, P8.1
  make("g");
  const auto update = [&](const UpdateThingGroup& request) {
    EXPECT_THAT(registry.update_thing_group(group_name("g"), request), IsOk());
    return (*registry.thing_group(group_name("g")))->properties;
  };
  EXPECT_EQ(update({.description = "d", .attributes = Attributes{{"a", "1"}, {"b", "2"}}}),
            (ThingGroupProperties{"d", {{"a", "1"}, {"b", "2"}}}));
  EXPECT_EQ(update({.attributes = Attributes{{"a", ""}, {"c", "3"}}, .merge = true}),
            (ThingGroupProperties{"d", {{"b", "2"}, {"c", "3"}}}));
  EXPECT_EQ(update({.attributes = Attributes{{"e", "5"}}}), (ThingGroupProperties{"d", {{"e", "5"}}}));
  EXPECT_EQ(update({.description = ""}), (ThingGroupProperties{"", {{"e", "5"}}}));
  EXPECT_EQ(*registry.update_thing_group(group_name("g"), {.expected_version = 5}), 6);
  EXPECT_THAT(registry.update_thing_group(group_name("g"), {.expected_version = 5}),
              FailsWith(Errc::version_conflict, "g does not match the expected version"));
  EXPECT_THAT(registry.update_thing_group(group_name("none"), {}), FailsWith(Errc::not_found));
}

TEST_F(SmallThingGroups, BoundsAreKept) {  // P10.8
  make("1");
  make("2", "1");
  make("3", "2");
  EXPECT_THAT(registry.create_thing_group(group_name("4"), {.parent = group_name("3")}),
              FailsWith(Errc::invalid_request, "at most 3 levels"));
  make("2b", "1");
  EXPECT_THAT(registry.create_thing_group(group_name("2c"), {.parent = group_name("1")}),
              FailsWith(Errc::invalid_request, "2 child groups"));
  EXPECT_THAT(registry.delete_thing_group(group_name("2b")), IsOk());
  make("2c", "1");

  const Attributes three{{"a", "1"}, {"b", "1"}, {"c", "1"}};
  EXPECT_THAT(registry.create_thing_group(group_name("g"), {.properties = {.attributes = three}}),
              FailsWith(Errc::invalid_request, "at most 2 attributes"));
  EXPECT_THAT(registry.update_thing_group(group_name("1"), {.attributes = three}),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(
      registry.create_thing_group(group_name("g"), {.properties = {.attributes = {{"two words", "1"}}}}),
      FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.create_thing_group(group_name("g"), {.tags = {{"a"}, {"b"}, {"c"}}}),
              FailsWith(Errc::invalid_request));
}

TEST_F(ThingGroups, AreListedByParentLevelAndPrefix) {  // P8.4
  make("plant");
  make("hall-1", "plant");
  make("hall-2", "plant");
  make("line", "hall-1");
  make("yard");
  EXPECT_THAT(listed({}), ElementsAre("plant", "hall-1", "hall-2", "line", "yard"));
  EXPECT_THAT(listed({.recursive = false}), ElementsAre("plant", "yard"));
  EXPECT_THAT(listed({.parent = group_name("plant")}), ElementsAre("hall-1", "hall-2", "line"));
  EXPECT_THAT(listed({.parent = group_name("plant"), .recursive = false}), ElementsAre("hall-1", "hall-2"));
  EXPECT_THAT(listed({.parent = group_name("line")}), IsEmpty());
  EXPECT_THAT(listed({.name_prefix = "hall"}), ElementsAre("hall-1", "hall-2"));
  EXPECT_THAT(registry.list_thing_groups({}, {.parent = group_name("none")}), FailsWith(Errc::not_found));
}

TEST_F(ThingGroups, DeletionWaitsForTheChildrenAndLetsTheThingsGo) {  // P8.4
  make("plant");
  make("hall", "plant");
  const auto thing = make_thing("t", {group_name("hall")});
  EXPECT_THAT(
      registry.delete_thing_group(group_name("plant")),
      FailsWith(Errc::invalid_request,
                "Cannot delete thing group : plant when there are still child groups attached to it"));
  EXPECT_THAT(registry.delete_thing_group(group_name("hall"), 7), FailsWith(Errc::version_conflict));
  EXPECT_THAT(registry.delete_thing_group(group_name("hall"), 1), IsOk());
  EXPECT_THAT(groups_of(thing), IsEmpty());
  EXPECT_THAT(registry.delete_thing_group(group_name("plant")), IsOk());
  EXPECT_THAT(registry.delete_thing_group(group_name("plant")), IsOk()) << "the model has no 404";
  EXPECT_THAT(registry.thing_group(group_name("plant")), FailsWith(Errc::not_found));
}

TEST_F(ThingGroups, FailedWriteChangesNothing) {
  make("g");
  make("h");
  const auto thing = make_thing("t", {group_name("g")});
  store.fail_after(0);
  EXPECT_THAT(registry.delete_thing_group(group_name("g")), FailsWith(Errc::io));
  store.fail_after(0);
  EXPECT_THAT(registry.change_memberships(thing, {group_name("h")}, {group_name("g")}), FailsWith(Errc::io));
  store.fail_after(0);
  EXPECT_THAT(registry.create_thing_group(group_name("i"), {.parent = group_name("g")}), FailsWith(Errc::io));
  store.fail_after(0);
  EXPECT_THAT(registry.delete_thing(thing), FailsWith(Errc::io));
  EXPECT_THAT(groups_of(thing), ElementsAre("g"));
  EXPECT_THAT(listed({}), ElementsAre("g", "h"));
  EXPECT_THAT(listed({.parent = group_name("g")}), IsEmpty());
}

TEST_F(ThingGroups, AddingTwiceAndRemovingNobodyAreNoOps) {  // P8.4
  make("g");
  make("h");
  const auto thing = make_thing("t", {group_name("g")});
  EXPECT_THAT(registry.change_memberships(thing, {group_name("g")}, {}), IsOk());
  EXPECT_THAT(registry.change_memberships(thing, {}, {group_name("h")}), IsOk());
  EXPECT_THAT(groups_of(thing), ElementsAre("g"));
  EXPECT_THAT(things_in("g"), ElementsAre("t"));
}

TEST_F(ThingGroups, MembersAndGroupsMustExist) {  // P8.4
  make("g");
  const auto thing = make_thing("t");
  EXPECT_THAT(registry.change_memberships(thing_name("none"), {group_name("g")}, {}),
              FailsWith(Errc::not_found, "Thing none"));
  EXPECT_THAT(registry.change_memberships(thing, {group_name("none")}, {}),
              FailsWith(Errc::not_found, "Thing group none"));
  EXPECT_THAT(registry.change_memberships(thing, {}, {group_name("none")}), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.groups_of_thing(thing_name("none"), {}), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.things_in_group(group_name("none"), {}), FailsWith(Errc::not_found));
}

TEST_F(ThingGroups, AThingIsInOneGroupOfAHierarchy) {  // P8.4
  make("plant");
  make("hall-1", "plant");
  make("hall-2", "plant");
  make("line", "hall-1");
  const auto thing = make_thing("t", {group_name("line")});
  for (const auto* other : {"plant", "hall-1", "hall-2"}) {
    EXPECT_THAT(registry.change_memberships(thing, {group_name(other)}, {}),
                FailsWith(Errc::invalid_request, "two groups of one hierarchy"))
        << other;
  }
  EXPECT_THAT(registry.change_memberships(thing, {group_name("hall-2")}, {group_name("line")}), IsOk())
      << "moving inside a hierarchy in one step";
  EXPECT_THAT(groups_of(thing), ElementsAre("hall-2"));
}

TEST_F(SmallThingGroups, AChangeOfMembershipsIsAllOrNothing) {  // P10.8
  for (const auto* name : {"a", "b", "c", "d"}) make(name);
  const auto thing = make_thing("t", {group_name("a"), group_name("b")});
  EXPECT_THAT(registry.change_memberships(thing, {group_name("c")}, {}),
              FailsWith(Errc::invalid_request, "at most 2 thing groups"));
  EXPECT_THAT(registry.change_memberships(thing, {group_name("c"), group_name("none")}, {group_name("a")}),
              FailsWith(Errc::not_found));
  EXPECT_THAT(registry.change_memberships(thing, {group_name("c")}, {group_name("c")}),
              FailsWith(Errc::invalid_request, "at once"));
  EXPECT_THAT(groups_of(thing), ElementsAre("a", "b"));
  EXPECT_THAT(registry.change_memberships(thing, {group_name("c"), group_name("d")},
                                          {group_name("a"), group_name("b")}),
              IsOk());
  EXPECT_THAT(groups_of(thing), ElementsAre("c", "d"));
}

TEST_F(ThingGroups, ThingsAreListedWithOrWithoutTheGroupsBelow) {  // P8.4
  make("plant");
  make("hall", "plant");
  make("line", "hall");
  make_thing("d", {group_name("plant")});
  make_thing("b", {group_name("hall")});
  make_thing("c", {group_name("line")});
  make_thing("a", {group_name("line")});
  EXPECT_THAT(things_in("plant"), ElementsAre("d"));
  EXPECT_THAT(things_in("plant", true), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(things_in("hall", true), ElementsAre("a", "b", "c"));
}

TEST_F(ThingGroups, RecursiveListOfThingsIsPagedWithoutGapOrRepetition) {  // P10.4
  make("plant");
  for (const auto* child : {"x", "y", "z"}) make(child, "plant");
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    const auto name = "t" + std::to_string(100 + i);
    const auto* group = i % 3 == 0 ? "x" : i % 3 == 1 ? "y" : "plant";
    make_thing(name, {group_name(group)});
    expected.push_back(name);
  }
  for (const std::size_t size : {1U, 7U, 20U, 60U, 250U}) {
    std::vector<std::string> seen;
    PageRequest request{.size = size};
    do {
      const auto page = *registry.things_in_group(group_name("plant"), request, true);
      EXPECT_LE(page.items.size(), size);
      for (const auto& name : page.items) seen.push_back(name.text());
      request.marker = page.next_marker;
    } while (!request.marker.empty());
    EXPECT_EQ(seen, expected) << size;
  }
  EXPECT_THAT(registry.things_in_group(group_name("plant"), {.marker = "?"}, true),
              FailsWith(Errc::invalid_request));
}

TEST_F(ThingGroups, DeletedThingLeavesItsGroups) {  // P8.1
  make("g");
  const auto thing = make_thing("t", {group_name("g")});
  EXPECT_THAT(registry.delete_thing(thing), IsOk());
  EXPECT_THAT(things_in("g"), IsEmpty());
  make_thing("t");
  EXPECT_THAT(groups_of(thing), IsEmpty()) << "a thing of the same name is another thing";
}

TEST_F(ThingGroups, ResetForgetsThem) {
  make("g");
  make("h", "g");
  make_thing("t", {group_name("h")});
  EXPECT_THAT(registry.reset(true), IsOk());
  EXPECT_THAT(listed({}), IsEmpty());
  make("g");
  EXPECT_THAT(things_in("g", true), IsEmpty());
}

}  // namespace
}  // namespace iotemu::registry
