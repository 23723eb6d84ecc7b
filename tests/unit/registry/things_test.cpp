#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using Things = RegistryTest;
const ThingName kThing = thing_name("t1");
const ThingTypeName kType = type_name("sensor");

Attributes attributes(int count) {
  Attributes all;
  for (int i = 0; i < count; ++i) all.emplace("a" + std::to_string(i), "v");
  return all;
}

TEST_F(Things, StartAtVersionOneWithAnId) {  // P8.1
  const auto thing = *registry.create_thing(kThing, {.attributes = {{"line", "3"}}});
  EXPECT_EQ(thing->arn, "arn:aws:iot:us-east-1:123456789012:thing/t1");
  EXPECT_EQ(thing->id.size(), 36U);
  EXPECT_EQ(thing->version, 1);
  EXPECT_EQ(thing->attributes, (Attributes{{"line", "3"}}));
  EXPECT_EQ(*registry.thing(kThing), thing);
}

TEST_F(Things, CreationIsIdempotentForEqualProperties) {  // P8.1
  const CreateThing request{.attributes = {{"line", "3"}}};
  const auto first = *registry.create_thing(kThing, request);
  EXPECT_EQ(*registry.create_thing(kThing, request), first);
  const auto other = registry.create_thing(kThing, {});
  ASSERT_THAT(other, FailsWith(Errc::already_exists, "already exists in account with different properties"));
  EXPECT_EQ(other.error().resource_id, "t1");
  EXPECT_EQ(other.error().resource_arn, first->arn);
}

TEST_F(Things, NeedATypeAndBillingGroupThatExist) {  // P8.1
  EXPECT_THAT(registry.create_thing(kThing, {.type = kType}), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.create_thing(kThing, {.billing_group = *BillingGroupName::parse("b")}),
              FailsWith(Errc::not_found));
}

TEST_F(Things, AttributesAreFewWithoutATypeAndManyWithOne) {  // P8.1, P10.8
  EXPECT_THAT(registry.create_thing_type(kType, {}), IsOk());
  EXPECT_THAT(registry.create_thing(thing_name("a"), {.attributes = attributes(3)}), IsOk());
  EXPECT_THAT(registry.create_thing(thing_name("b"), {.attributes = attributes(4)}),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.create_thing(thing_name("c"), {.type = kType, .attributes = attributes(50)}), IsOk());
  EXPECT_THAT(registry.create_thing(thing_name("d"), {.type = kType, .attributes = attributes(51)}),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.update_thing(thing_name("c"), {.remove_type = true}),
              FailsWith(Errc::invalid_request));
}

TEST_F(Things, AttributesFollowTheirPatterns) {  // P8.1
  struct Case {
    std::string name{};
    std::string value{};
    bool allowed{};
  };
  const Case cases[] = {
      {"a.b,c@d/e:f#g-h_I9", "a.b,c@d/e:f#g=[h]-_I9", true},
      {std::string(128, 'n'), std::string(800, 'v'), true},
      {std::string(129, 'n'), "v", false},
      {"n", std::string(801, 'v'), false},
      {"n", "a space", false},
      {"a space", "v", false},
      {"a=b", "v", false},
      {"", "v", false},
      {"n", "ü", false},
  };
  for (const auto& each : cases) {
    const auto made = registry.create_thing(thing_name("t"), {.attributes = {{each.name, each.value}}});
    EXPECT_EQ(made.ok(), each.allowed) << each.name << '=' << each.value;
    EXPECT_THAT(registry.delete_thing(thing_name("t")), IsOk());
  }
}

TEST_F(Things, FiftyAttributesOfFullSizeFitTheCommonBound) {  // P10.8: 47 KB
  EXPECT_THAT(registry.create_thing_type(kType, {}), IsOk());
  Attributes large;
  for (int i = 10; i < 60; ++i)
    large.emplace(std::string(126, 'n') + std::to_string(i), std::string(800, 'v'));
  EXPECT_THAT(registry.create_thing(kThing, {.type = kType, .attributes = large}), IsOk());
}

class ThingsWithLittleSpace : public RegistryTest {
 protected:
  ThingsWithLittleSpace() : RegistryTest{{.attribute_bytes = 10}} {}
};

TEST_F(ThingsWithLittleSpace, AttributesTogetherAreBounded) {  // P10.8
  EXPECT_THAT(registry.create_thing(kThing, {.attributes = {{"name", "123456"}}}), IsOk());
  EXPECT_THAT(registry.update_thing(kThing, {.attributes = Attributes{{"n", "1"}}, .merge = true}),
              FailsWith(Errc::invalid_request, "12 bytes, more than 10"));
}

TEST_F(Things, UpdateMergesOrReplacesAttributes) {  // P8.1
  EXPECT_THAT(registry.create_thing(kThing, {.attributes = {{"a", "1"}, {"b", "2"}}}), IsOk());
  EXPECT_THAT(
      registry.update_thing(kThing, {.attributes = Attributes{{"b", "3"}, {"c", "4"}}, .merge = true}),
      IsOk());
  EXPECT_EQ((*registry.thing(kThing))->attributes, (Attributes{{"a", "1"}, {"b", "3"}, {"c", "4"}}));
  EXPECT_THAT(registry.update_thing(kThing, {.attributes = Attributes{{"a", ""}}, .merge = true}), IsOk());
  EXPECT_EQ((*registry.thing(kThing))->attributes, (Attributes{{"b", "3"}, {"c", "4"}}));
  EXPECT_THAT(registry.update_thing(kThing, {.attributes = Attributes{{"d", "5"}}}), IsOk());
  EXPECT_EQ((*registry.thing(kThing))->attributes, (Attributes{{"d", "5"}}));
  EXPECT_THAT(registry.update_thing(kThing, {}), IsOk());
  EXPECT_EQ((*registry.thing(kThing))->attributes, (Attributes{{"d", "5"}}));
  EXPECT_EQ((*registry.thing(kThing))->version, 5);
}

TEST_F(Things, ExpectedVersionGuardsUpdateAndDeletion) {  // P8.1
  EXPECT_THAT(registry.create_thing(kThing, {}), IsOk());
  const auto* form = "The version for thing t1 does not match the expected version.";
  EXPECT_THAT(registry.update_thing(kThing, {.expected_version = 2}),
              FailsWith(Errc::version_conflict, form));
  EXPECT_THAT(registry.update_thing(kThing, {.expected_version = 1}), IsOk());
  EXPECT_THAT(registry.delete_thing(kThing, 1), FailsWith(Errc::version_conflict, form));
  EXPECT_THAT(registry.delete_thing(kThing, 2), IsOk());
}

TEST_F(Things, TypeMayChangeOrGo) {  // P8.1
  EXPECT_THAT(registry.create_thing_type(kType, {}), IsOk());
  EXPECT_THAT(registry.create_thing(kThing, {}), IsOk());
  EXPECT_THAT(registry.update_thing(kThing, {.type = type_name("unknown")}), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.update_thing(kThing, {.type = kType, .remove_type = true}),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.update_thing(kThing, {.type = kType}), IsOk());
  EXPECT_EQ((*registry.thing(kThing))->type, kType);
  EXPECT_THAT(registry.update_thing(kThing, {.remove_type = true}), IsOk());
  EXPECT_FALSE((*registry.thing(kThing))->type.has_value());
  EXPECT_THAT(registry.update_thing(thing_name("unknown"), {}), FailsWith(Errc::not_found));
}

TEST_F(Things, DeletionOfAMissingOneSucceeds) {  // P8.1
  EXPECT_THAT(registry.delete_thing(kThing), IsOk());
  EXPECT_THAT(registry.thing(kThing), FailsWith(Errc::not_found));
}

class ThingsWithStrictDeletion : public RegistryTest {
 protected:
  ThingsWithStrictDeletion() : RegistryTest{{.delete_missing_thing_succeeds = false}} {}
};

TEST_F(ThingsWithStrictDeletion, MissingOneIsNotFound) {  // P8.1, switch delete_missing_thing
  EXPECT_THAT(registry.delete_thing(kThing), FailsWith(Errc::not_found));
}

TEST_F(Things, WithAPrincipalAreNotDeleted) {  // P8.1
  const auto device = register_device("d");
  EXPECT_THAT(registry.create_thing(kThing, {}), IsOk());
  EXPECT_THAT(registry.attach_thing_principal(kThing, device->arn), IsOk());
  EXPECT_THAT(registry.delete_thing(kThing),
              FailsWith(Errc::invalid_request,
                        "Cannot delete. Thing t1 is still attached to one or more principals"));
}

std::string names(const Result<Page<ThingPtr>>& page) {
  std::string all;
  for (const auto& thing : page->items) all += thing->name.text();
  return all;
}

TEST_F(Things, AreListedByTypeAndAttribute) {  // P8.1
  EXPECT_THAT(registry.create_thing_type(kType, {}), IsOk());
  EXPECT_THAT(registry.create_thing(thing_name("a"), {.type = kType, .attributes = {{"line", "north"}}}),
              IsOk());
  EXPECT_THAT(registry.create_thing(thing_name("b"), {.attributes = {{"line", "northern"}}}), IsOk());
  EXPECT_THAT(registry.create_thing(thing_name("c"), {}), IsOk());
  EXPECT_EQ(names(registry.list_things({})), "abc");
  EXPECT_EQ(names(registry.list_things({}, {.type = kType})), "a");
  EXPECT_EQ(names(registry.list_things({}, {.attribute_name = "line"})), "ab");
  EXPECT_EQ(names(registry.list_things({}, {.attribute_name = "line", .attribute_value = "north"})), "a");
  EXPECT_EQ(names(registry.list_things(
                {}, {.attribute_name = "line", .attribute_value = "north", .value_is_prefix = true})),
            "ab");
  EXPECT_THAT(registry.list_things({}, {.attribute_value = "x"}), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.list_things({.marker = "bad"}), FailsWith(Errc::invalid_request));
}

using ThingTypes = RegistryTest;

TEST_F(ThingTypes, CreationIsIdempotentForEqualProperties) {  // P8.2
  const ThingTypeProperties properties{.description = "A sensor", .searchable_attributes = {"line"}};
  const auto first = *registry.create_thing_type(kType, properties);
  EXPECT_EQ(first->arn, "arn:aws:iot:us-east-1:123456789012:thingtype/sensor");
  EXPECT_EQ(*registry.create_thing_type(kType, properties), first);
  EXPECT_THAT(registry.create_thing_type(kType, {}), FailsWith(Errc::already_exists));
}

TEST_F(ThingTypes, PropertiesAreBounded) {  // P8.2
  EXPECT_THAT(registry.create_thing_type(kType, {.searchable_attributes = {"a", "b", "c", "d"}}),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.create_thing_type(kType, {.searchable_attributes = {"not a name"}}),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.create_thing_type(kType, {.description = std::string(2029, 'd')}),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.create_thing_type(kType, {.description = "a\nb"}), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.create_thing_type(kType, {}, {{"aws:x", ""}}), FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.create_thing_type(kType, {.searchable_attributes = {"a", "b", "c"}}), IsOk());
}

TEST_F(ThingTypes, DeprecatedOnesTakeNoNewThings) {  // P8.2
  EXPECT_THAT(registry.create_thing_type(kType, {}), IsOk());
  const CreateThing request{.type = kType};
  EXPECT_THAT(registry.create_thing(thing_name("old"), request), IsOk());
  EXPECT_THAT(registry.deprecate_thing_type(kType, false), IsOk());
  EXPECT_THAT(registry.create_thing(thing_name("new"), request),
              FailsWith(Errc::invalid_request, "Can not create new thing with depreated thing type:sensor"));
  EXPECT_THAT(registry.create_thing(thing_name("old"), request), IsOk());
  EXPECT_THAT(registry.deprecate_thing_type(kType, true), IsOk());
  EXPECT_THAT(registry.create_thing(thing_name("new"), request), IsOk());
}

TEST_F(ThingTypes, DeprecationIsIdempotentAndKeepsItsDate) {  // P8.2
  EXPECT_THAT(registry.create_thing_type(kType, {}), IsOk());
  EXPECT_THAT(registry.deprecate_thing_type(kType, false), IsOk());
  const auto date = (*registry.thing_type(kType))->deprecated_at;
  EXPECT_EQ(date, clock.now());
  clock.advance(std::chrono::minutes{1});
  EXPECT_THAT(registry.deprecate_thing_type(kType, false), IsOk());
  EXPECT_EQ((*registry.thing_type(kType))->deprecated_at, date);
  EXPECT_THAT(registry.deprecate_thing_type(type_name("unknown"), false), FailsWith(Errc::not_found));
}

TEST_F(ThingTypes, AreDeletedFiveMinutesAfterDeprecationAndWithoutThings) {  // P8.2
  EXPECT_THAT(registry.delete_thing_type(kType), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.create_thing_type(kType, {}), IsOk());
  EXPECT_THAT(registry.create_thing(kThing, {.type = kType}), IsOk());
  EXPECT_THAT(registry.delete_thing_type(kType), FailsWith(Errc::invalid_request, "deprecated first"));
  EXPECT_THAT(registry.deprecate_thing_type(kType, false), IsOk());
  clock.advance(std::chrono::minutes{5} - std::chrono::milliseconds{1});
  EXPECT_THAT(registry.delete_thing_type(kType), FailsWith(Errc::invalid_request, "300 seconds"));
  clock.advance(std::chrono::milliseconds{1});
  EXPECT_THAT(registry.delete_thing_type(kType), FailsWith(Errc::invalid_request, "1 things"));
  EXPECT_THAT(registry.delete_thing(kThing), IsOk());
  EXPECT_THAT(registry.delete_thing_type(kType), IsOk());
  EXPECT_THAT(registry.thing_type(kType), FailsWith(Errc::not_found));
}

TEST_F(ThingTypes, KeepTheirPropertiesButForWhatTheyPropagate) {  // P8.2, M5-23
  EXPECT_THAT(registry.update_thing_type(kType, {}), FailsWith(Errc::not_found));
  const auto made = *registry.create_thing_type(
      kType, {.description = "A sensor", .searchable_attributes = {"line"}}, {{"owner", "plant"}});
  EXPECT_THAT(registry.update_thing_type(kType, {}), IsOk());
  EXPECT_THAT(registry.update_thing_type(kType, {.description = "A sensor"}), IsOk());
  EXPECT_THAT(registry.update_thing_type(kType, {.description = "A probe"}),
              FailsWith(Errc::invalid_request, "cannot be changed"));
  EXPECT_THAT(registry.update_thing_type(kType, {.searchable_attributes = {{"site", "line"}}}),
              FailsWith(Errc::invalid_request, "cannot be changed"));
  EXPECT_EQ((*registry.thing_type(kType))->properties, made->properties);

  const std::vector<PropagatingAttribute> propagated{
      {.user_property_key = "site", .thing_attribute = "line"},
      {.user_property_key = "from", .connection_attribute = "iot:ClientId"}};
  EXPECT_THAT(registry.update_thing_type(kType, {.propagating_attributes = propagated}), IsOk());
  const auto type = *registry.thing_type(kType);
  EXPECT_EQ(type->properties, (ThingTypeProperties{.description = "A sensor",
                                                   .searchable_attributes = {"line"},
                                                   .propagating_attributes = propagated}));
  EXPECT_EQ(type->id, made->id);
  EXPECT_EQ(type->tags, made->tags);
}

TEST_F(ThingTypes, PropagateTwentyAttributesAtMostOneSourceEach) {  // M5-23
  EXPECT_THAT(registry.create_thing_type(kType, {}), IsOk());
  const auto update = [this](std::vector<PropagatingAttribute> attributes) {
    return registry.update_thing_type(kType, {.propagating_attributes = std::move(attributes)});
  };
  const PropagatingAttribute good{.user_property_key = "site", .thing_attribute = "line"};
  EXPECT_THAT(update(std::vector(20, good)), IsOk());
  EXPECT_THAT(update(std::vector(21, good)), FailsWith(Errc::invalid_request, "at most 20"));
  EXPECT_THAT(update({{.thing_attribute = "line"}}), FailsWith(Errc::invalid_request, "userPropertyKey"));
  EXPECT_THAT(update({{.user_property_key = "site"}}), FailsWith(Errc::invalid_request, "either"));
  EXPECT_THAT(
      update(
          {{.user_property_key = "site", .thing_attribute = "line", .connection_attribute = "iot:ClientId"}}),
      FailsWith(Errc::invalid_request, "either"));
  EXPECT_EQ((*registry.thing_type(kType))->properties.propagating_attributes.size(), 20U);
}

TEST_F(ThingTypes, AreListedAllOrByName) {  // P8.2
  EXPECT_THAT(registry.create_thing_type(kType, {}), IsOk());
  EXPECT_THAT(registry.create_thing_type(type_name("gateway"), {}), IsOk());
  EXPECT_EQ(registry.list_thing_types({})->items.size(), 2U);
  ASSERT_EQ(registry.list_thing_types({}, kType)->items.size(), 1U);
  EXPECT_EQ(registry.list_thing_types({}, kType)->items[0]->name, kType);
}

}  // namespace
}  // namespace iotemu::registry
