#include "mqtt/codec/properties.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/mqtt/codec/wire_support.h"

namespace iotemu::mqtt::testing {
namespace {

constexpr PropertyPlace kPlaces[] = {
    PropertyPlace::will,     PropertyPlace::connect,    PropertyPlace::connack, PropertyPlace::publish,
    PropertyPlace::puback,   PropertyPlace::subscribe,  PropertyPlace::suback,  PropertyPlace::unsubscribe,
    PropertyPlace::unsuback, PropertyPlace::disconnect, PropertyPlace::auth,
};

/// Every property of the standard with a legal value.
std::vector<Property> all_properties() {
  std::vector<Property> all;
  for (std::uint32_t id = 0; id < 256; ++id) {
    const PropertyRow* row = find_property_row(id);
    if (row == nullptr) continue;
    switch (row->type) {
      case PropertyType::utf8:
      case PropertyType::binary:
        all.push_back({.id = row->id, .text = "text"});
        break;
      case PropertyType::utf8_pair:
        all.push_back({.id = row->id, .name = "name", .text = "value"});
        break;
      default:
        all.push_back({.id = row->id, .number = 1});
    }
  }
  return all;
}

/// The standard's table 2-4, read by row: the places of each identifier.
struct Allowed {
  std::uint8_t id;
  std::vector<PropertyPlace> places;
};

std::vector<Allowed> table_2_4() {
  using enum PropertyPlace;
  const std::vector<PropertyPlace> everywhere(std::begin(kPlaces), std::end(kPlaces));
  return {{0x01, {publish, will}},
          {0x02, {publish, will}},
          {0x03, {publish, will}},
          {0x08, {publish, will}},
          {0x09, {publish, will}},
          {0x0B, {publish, subscribe}},
          {0x11, {connect, connack, disconnect}},
          {0x12, {connack}},
          {0x13, {connack}},
          {0x15, {connect, connack, auth}},
          {0x16, {connect, connack, auth}},
          {0x17, {connect}},
          {0x18, {will}},
          {0x19, {connect}},
          {0x1A, {connack}},
          {0x1C, {connack, disconnect}},
          {0x1F, {connack, puback, suback, unsuback, disconnect, auth}},
          {0x21, {connect, connack}},
          {0x22, {connect, connack}},
          {0x23, {publish}},
          {0x24, {connack}},
          {0x25, {connack}},
          {0x26, everywhere},
          {0x27, {connect, connack}},
          {0x28, {connack}},
          {0x29, {connack}},
          {0x2A, {connack}}};
}

TEST(PropertyTable, HasTheTwentySevenPropertiesOfTheStandard) {
  const auto table = table_2_4();
  EXPECT_EQ(all_properties().size(), table.size());
  for (const Allowed& row : table) EXPECT_NE(find_property_row(row.id), nullptr) << int{row.id};
}

TEST(PropertyTable, AllowsEachPropertyExactlyWhereTheStandardDoes) {
  for (const Allowed& row : table_2_4()) {
    const auto all = all_properties();
    const auto property = std::find_if(
        all.begin(), all.end(), [&](const Property& p) { return static_cast<std::uint8_t>(p.id) == row.id; });
    ASSERT_NE(property, all.end());
    PropertyWriter writer;
    writer.add(*property);
    // Authentication data asks for a method beside it.
    if (property->id == PropertyId::authentication_data) writer.add(PropertyId::authentication_method, "m");
    for (const PropertyPlace place : kPlaces) {
      const bool expected = std::find(row.places.begin(), row.places.end(), place) != row.places.end();
      EXPECT_EQ(validate_properties(writer.list().encoded(), place).ok(), expected)
          << name_of(property->id) << " at " << static_cast<int>(place);
    }
  }
}

TEST(PropertyTable, AllowsTwiceOnlyUserPropertiesAndTheSubscriptionIdentifiersOfAPublish) {
  for (const Property& property : all_properties()) {
    PropertyWriter writer;
    writer.add(property).add(property);
    if (property.id == PropertyId::authentication_data) writer.add(PropertyId::authentication_method, "m");
    for (const PropertyPlace place : kPlaces) {
      if (!find_property_row(static_cast<std::uint32_t>(property.id))->allowed_in(place)) continue;
      const bool may_repeat =
          property.id == PropertyId::user_property ||
          (property.id == PropertyId::subscription_identifier && place == PropertyPlace::publish);
      EXPECT_EQ(validate_properties(writer.list().encoded(), place).ok(), may_repeat) << name_of(property.id);
    }
  }
}

TEST(Properties, GiveBackWhatWasWritten) {
  const std::vector<Property> written = all_properties();
  PropertyWriter writer;
  for (const Property& property : written) writer.add(property);
  const Properties list = writer.list();
  EXPECT_EQ(std::vector<Property>(list.begin(), list.end()), written);
}

TEST(Properties, KeepOrderAndDuplicatesOfUserProperties) {
  PropertyWriter writer;
  writer.add_user_property("k", "2").add_user_property("a", "").add_user_property("k", "1");
  const Properties list = writer.list();
  const std::vector<Property> read(list.begin(), list.end());
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0].text, "2");
  EXPECT_EQ(read[1].name, "a");
  EXPECT_EQ(read[2].text, "1");
}

TEST(Properties, KeepTheLargestNumbers) {
  PropertyWriter writer;
  writer.add(PropertyId::session_expiry_interval, 0xFFFF'FFFFU)
      .add(PropertyId::receive_maximum, 0xFFFFU)
      .add(PropertyId::subscription_identifier, 268'435'455U);
  EXPECT_EQ(writer.list().number(PropertyId::session_expiry_interval), 0xFFFF'FFFFU);
  EXPECT_EQ(writer.list().number(PropertyId::receive_maximum), 0xFFFFU);
  EXPECT_EQ(writer.list().number(PropertyId::subscription_identifier), 268'435'455U);
}

TEST(Properties, AnswerNothingForWhatIsNotThere) {
  EXPECT_EQ(Properties{}.find(PropertyId::content_type), std::nullopt);
  EXPECT_EQ(Properties{}.number(PropertyId::topic_alias), std::nullopt);
  EXPECT_EQ(Properties{}.text(PropertyId::content_type), std::nullopt);
  EXPECT_TRUE(Properties{}.empty());
}

TEST(ValidateProperties, NamesThePlace) {
  const Status status = validate_properties(as_bytes(wire("23 0001")), PropertyPlace::will);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message,
            "will: topic alias does not belong into this packet [section 2.2.2.2] at byte 1 of the body");
}

}  // namespace
}  // namespace iotemu::mqtt::testing
