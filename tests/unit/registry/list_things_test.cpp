// ListThings by attribute (P8.1) against what it means: the things that match, in the order of creation.

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using Names = std::vector<std::string>;
const ThingTypeName kLamp = type_name("lamp");
const ThingTypeName kRare = type_name("rare");

bool finds(const ThingFilter& filter, const ThingRecord& thing) {
  if (filter.type && thing.type != filter.type) return false;
  const auto found = thing.attributes.find(filter.attribute_name);
  if (found == thing.attributes.end()) return false;
  return filter.value_is_prefix ? found->second.starts_with(filter.attribute_value)
                                : filter.attribute_value.empty() || found->second == filter.attribute_value;
}

class ListThings : public RegistryTest {
 protected:
  void SetUp() override {
    for (const auto& type : {kLamp, kRare}) ASSERT_THAT(registry.create_thing_type(type, {}), IsOk());
  }

  void create(const std::string& name, const Attributes& attributes, std::optional<ThingTypeName> type = {}) {
    ASSERT_THAT(registry.create_thing(thing_name(name), {.type = std::move(type), .attributes = attributes}),
                IsOk());
  }

  /// By pages of `size`.
  [[nodiscard]] Names listed(const ThingFilter& filter, std::size_t size = 250, bool ascending = true) const {
    Names names;
    PageRequest page{.size = size, .ascending = ascending};
    do {
      const auto things = registry.list_things(page, filter);
      EXPECT_THAT(things, IsOk());
      if (!things) break;
      EXPECT_LE(things->items.size(), size);
      EXPECT_TRUE(things->next_marker.empty() || things->items.size() == size);
      for (const auto& thing : things->items) {
        EXPECT_EQ(thing, *registry.thing(thing->name)) << "an old record of " << thing->name.text();
        names.push_back(thing->name.text());
      }
      page.marker = things->next_marker;
    } while (!page.marker.empty());
    return names;
  }

  /// All of them, each looked at.
  [[nodiscard]] Names expected(const ThingFilter& filter, bool ascending = true) const {
    Names names;
    const auto all = registry.list_things({.size = 100'000, .ascending = ascending});
    for (const auto& thing : all->items) {
      if (finds(filter, *thing)) names.push_back(thing->name.text());
    }
    return names;
  }

  void expect_every_filter_to_find_what_it_means() const {
    std::vector<ThingFilter> filters;
    for (const auto* name : {"serial", "site", "nobody-has-it"}) {
      filters.push_back({.attribute_name = name});
      filters.push_back({.attribute_name = name, .value_is_prefix = true});
      for (const auto* value : {"1", "17", "north", "nor", "n", "s", "zzz", "~"}) {
        filters.push_back({.attribute_name = name, .attribute_value = value});
        filters.push_back({.attribute_name = name, .attribute_value = value, .value_is_prefix = true});
      }
    }
    for (auto filter : filters) {
      for (const auto& type : {std::optional<ThingTypeName>{}, std::optional{kLamp}, std::optional{kRare}}) {
        filter.type = type;
        for (const bool ascending : {true, false}) {
          for (const std::size_t size : {1U, 7U, 250U}) {
            ASSERT_EQ(listed(filter, size, ascending), expected(filter, ascending))
                << filter.attribute_name << '=' << filter.attribute_value
                << (filter.value_is_prefix ? "*" : "") << " of type " << (type ? type->text() : "any")
                << ", pages of " << size << ", " << (ascending ? "ascending" : "descending");
          }
        }
      }
    }
  }
};

TEST_F(ListThings, ByAttributeFindsWhatMatchesAfterEveryKindOfChange) {  // P8.1
  std::mt19937 chance{1};  // NOLINT(cert-msc51-cpp): the same each time
  const auto any = [&](unsigned count) { return chance() % count; };
  const Names sites{"north", "northern", "nor", "south", "s"};
  ASSERT_THAT(registry.create_billing_group(*BillingGroupName::parse("bill"), {}), IsOk());
  for (const unsigned most : {20U, 200U}) {
    for (unsigned step = 0; step < 2 * most; ++step) {
      const auto name = thing_name("t" + std::to_string(any(most)));
      const Attributes attributes{{"serial", std::to_string(any(most))}, {"site", sites[any(5)]}};
      if (any(4) == 0) clock.advance(std::chrono::milliseconds{1});
      switch (any(8)) {
        case 0:
          EXPECT_THAT(registry.delete_thing(name), IsOk());
          break;
        case 1:  // merged; an empty value takes the attribute away
          (void)registry.update_thing(name, {.attributes = Attributes{{"serial", ""}}, .merge = true});
          break;
        case 2:
          (void)registry.update_thing(name,
                                      {.attributes = Attributes{{"site", sites[any(5)]}}, .merge = true});
          break;
        case 3:  // replaced
          (void)registry.update_thing(name, {.type = any(9) == 0 ? kRare : kLamp, .attributes = attributes});
          break;
        case 4:  // the same attributes in another record
          (void)registry.add_thing_to_billing_group(name, *BillingGroupName::parse("bill"));
          (void)registry.update_thing(name, {.remove_type = true});
          break;
        default:
          (void)registry.create_thing(
              name, {.type = any(2) == 0 ? std::optional{kLamp} : std::nullopt, .attributes = attributes});
      }
    }
    ASSERT_NO_FATAL_FAILURE(expect_every_filter_to_find_what_it_means());
  }
  ASSERT_THAT(registry.delete_billing_group(*BillingGroupName::parse("bill")), IsOk());
  ASSERT_NO_FATAL_FAILURE(expect_every_filter_to_find_what_it_means());
}

// Each way to a page is the long one for one of these.
TEST_F(ListThings, ByAttributeIsRightWhetherFewManyOrOnlyTheLastMatch) {  // P8.1
  for (int number = 0; number < 1500; ++number) {
    const bool late = number >= 1000;
    create("t" + std::to_string(number),
           {{"serial", (late ? "late-" : "") + std::to_string(number)},
            {"site", number % 100 == 0 ? "north" : "south"}},
           number % 3 == 0 ? kRare : kLamp);
    clock.advance(std::chrono::milliseconds{number % 2});
  }
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"site", "north"}, {"site", "south"}, {"site", ""}, {"serial", "late-"}, {"serial", "14"}}) {
    for (const bool is_prefix : {true, false}) {
      for (const auto& type : {std::optional<ThingTypeName>{}, std::optional{kRare}}) {
        const ThingFilter filter{
            .attribute_name = name, .attribute_value = value, .value_is_prefix = is_prefix, .type = type};
        for (const bool ascending : {true, false}) {
          EXPECT_EQ(listed(filter, 25, ascending), expected(filter, ascending)) << name << '=' << value;
        }
      }
    }
  }
}

TEST_F(ListThings, ByAttributeAPageContinuesWhereItEndedWhileThingsComeAndGo) {  // P10.4
  for (const bool is_prefix : {false, true}) {
    const ThingFilter filter{
        .attribute_name = "site", .attribute_value = "north", .value_is_prefix = is_prefix};
    for (const char* name : {"a", "b", "c", "d", "e"}) create(name, {{"site", "north"}});
    const auto first = registry.list_things({.size = 2}, filter);
    ASSERT_EQ(first->items.size(), 2U);
    for (const char* name : {"a", "b", "d"}) ASSERT_THAT(registry.delete_thing(thing_name(name)), IsOk());
    create("aa", {{"site", "north"}});  // before the marker
    create("f", {{"site", "north"}});
    const auto rest = registry.list_things({.marker = first->next_marker}, filter);
    ASSERT_EQ(rest->items.size(), 3U);
    EXPECT_EQ(rest->items[0]->name.text(), "c");
    EXPECT_EQ(rest->items[1]->name.text(), "e");
    EXPECT_EQ(rest->items[2]->name.text(), "f");
    ASSERT_THAT(registry.reset(false), IsOk());
  }
}

TEST_F(ListThings, ByAttributeRefusesAMarkerThatNoAnswerHeld) {  // P10.4
  create("a", {{"site", "north"}});
  for (const auto* value : {"north", "nowhere", ""}) {
    EXPECT_THAT(registry.list_things({.marker = "bad"}, {.attribute_name = "site", .attribute_value = value}),
                FailsWith(Errc::invalid_request));
  }
  EXPECT_THAT(registry.list_things({}, {.attribute_value = "north", .type = kLamp}),
              FailsWith(Errc::invalid_request, "attributeValue needs an attributeName"));
}

TEST_F(ListThings, ByAttributeKnowsNothingThatTheStoreRefused) {
  create("a", {{"site", "north"}});
  store.fail_after(0);
  EXPECT_FALSE(registry.create_thing(thing_name("b"), {.attributes = {{"site", "north"}}}).ok());
  store.fail_after(0);
  EXPECT_FALSE(registry.update_thing(thing_name("a"), {.attributes = Attributes{{"site", "south"}}}).ok());
  store.fail_after(0);
  EXPECT_FALSE(registry.delete_thing(thing_name("a")).ok());
  EXPECT_EQ(listed({.attribute_name = "site"}), Names{"a"});
  EXPECT_EQ(listed({.attribute_name = "site", .attribute_value = "north"}), Names{"a"});
  EXPECT_EQ(listed({.attribute_name = "site", .attribute_value = "south"}), Names{});
}

TEST_F(ListThings, ByAttributeFindsNothingAfterAReset) {
  create("a", {{"site", "north"}});
  ASSERT_THAT(registry.reset(true), IsOk());
  EXPECT_EQ(listed({.attribute_name = "site"}), Names{});
  create("b", {{"site", "north"}});
  EXPECT_EQ(listed({.attribute_name = "site"}), Names{"b"});
}

}  // namespace
}  // namespace iotemu::registry
