#include "mqtt/codec/properties.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>

#include "mqtt/codec/property_reader.h"
#include "mqtt/codec/wildcard.h"
#include "mqtt/codec/wire.h"

namespace iotemu::mqtt {

namespace {

using enum PropertyPlace;
using enum PropertyType;

template <class... Places>
constexpr std::uint16_t in(Places... places) {
  return static_cast<std::uint16_t>(((1U << static_cast<unsigned>(places)) | ...));
}

constexpr std::uint16_t kWherePublished = in(publish, will);
constexpr std::uint16_t kAcknowledgements = in(connack, puback, suback, unsuback, disconnect, auth);
constexpr std::uint16_t kEverywhere =
    static_cast<std::uint16_t>(kWherePublished | kAcknowledgements | in(connect, subscribe, unsubscribe));
constexpr std::uint16_t kOnce = 0;
constexpr std::uint32_t kAny = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kMaxVarint = 268'435'455;

// MQTT 5 table 2-4, with the ranges of the sections on each packet. A SUBSCRIBE carries one subscription
// identifier, a PUBLISH one for each subscription that matched. A topic alias of 0 is the connection's to
// judge, since it is answered by a reason of its own (0x94).
constexpr auto kProperties = std::to_array<PropertyRow>({
    {PropertyId::payload_format_indicator, "payload format indicator", byte, kWherePublished, kOnce, 0, 1},
    {PropertyId::message_expiry_interval, "message expiry interval", u32, kWherePublished, kOnce, 0, kAny},
    {PropertyId::content_type, "content type", utf8, kWherePublished, kOnce, 0, kAny},
    {PropertyId::response_topic, "response topic", utf8, kWherePublished, kOnce, 0, kAny},
    {PropertyId::correlation_data, "correlation data", binary, kWherePublished, kOnce, 0, kAny},
    {PropertyId::subscription_identifier, "subscription identifier", varint, in(publish, subscribe),
     in(publish), 1, kMaxVarint},
    {PropertyId::session_expiry_interval, "session expiry interval", u32, in(connect, connack, disconnect),
     kOnce, 0, kAny},
    {PropertyId::assigned_client_identifier, "assigned client identifier", utf8, in(connack), kOnce, 0, kAny},
    {PropertyId::server_keep_alive, "server keep alive", u16, in(connack), kOnce, 0, kAny},
    {PropertyId::authentication_method, "authentication method", utf8, in(connect, connack, auth), kOnce, 0,
     kAny},
    {PropertyId::authentication_data, "authentication data", binary, in(connect, connack, auth), kOnce, 0,
     kAny},
    {PropertyId::request_problem_information, "request problem information", byte, in(connect), kOnce, 0, 1},
    {PropertyId::will_delay_interval, "will delay interval", u32, in(will), kOnce, 0, kAny},
    {PropertyId::request_response_information, "request response information", byte, in(connect), kOnce, 0,
     1},
    {PropertyId::response_information, "response information", utf8, in(connack), kOnce, 0, kAny},
    {PropertyId::server_reference, "server reference", utf8, in(connack, disconnect), kOnce, 0, kAny},
    {PropertyId::reason_string, "reason string", utf8, kAcknowledgements, kOnce, 0, kAny},
    {PropertyId::receive_maximum, "receive maximum", u16, in(connect, connack), kOnce, 1, kAny},
    {PropertyId::topic_alias_maximum, "topic alias maximum", u16, in(connect, connack), kOnce, 0, kAny},
    {PropertyId::topic_alias, "topic alias", u16, in(publish), kOnce, 0, kAny},
    {PropertyId::maximum_qos, "maximum QoS", byte, in(connack), kOnce, 0, 1},
    {PropertyId::retain_available, "retain available", byte, in(connack), kOnce, 0, 1},
    {PropertyId::user_property, "user property", utf8_pair, kEverywhere, kEverywhere, 0, kAny},
    {PropertyId::maximum_packet_size, "maximum packet size", u32, in(connect, connack), kOnce, 1, kAny},
    {PropertyId::wildcard_subscription_available, "wildcard subscription available", byte, in(connack), kOnce,
     0, 1},
    {PropertyId::subscription_identifier_available, "subscription identifier available", byte, in(connack),
     kOnce, 0, 1},
    {PropertyId::shared_subscription_available, "shared subscription available", byte, in(connack), kOnce, 0,
     1},
});

enum class Trust : std::uint8_t { check_text, trust_text };

Property read_value(Reader& from, const PropertyRow& row, Trust trust) {
  const auto text = [&] { return trust == Trust::check_text ? from.utf8() : as_text(from.binary()); };
  Property property{.id = row.id};
  switch (row.type) {
    case byte:
      property.number = from.u8();
      break;
    case u16:
      property.number = from.u16();
      break;
    case u32:
      property.number = from.u32();
      break;
    case varint:
      property.number = from.varint();
      break;
    case utf8:
      property.text = text();
      break;
    case binary:
      property.text = as_text(from.binary());
      break;
    case utf8_pair:
      property.name = text();
      property.text = text();
      break;
  }
  return property;
}

bool is_number(PropertyType type) {
  return type == byte || type == u16 || type == u32 || type == varint;
}

void check_list(Reader& from, PropertyPlace place) {
  std::uint64_t seen = 0;
  bool has_authentication_method = false;
  bool has_authentication_data = false;
  while (from.remaining() != 0 && !from.failed()) {
    const std::uint32_t id = from.varint();
    const PropertyRow* row = find_property_row(id);
    if (row == nullptr) return from.fail(rules::kUnknownProperty);
    if (!row->allowed_in(place)) return from.fail(rules::kMisplacedProperty, row->name);
    const std::uint64_t mark = std::uint64_t{1} << id;
    if ((seen & mark) != 0 && !row->repeatable_in(place))
      return from.fail(rules::kRepeatedProperty, row->name);
    seen |= mark;

    const Property property = read_value(from, *row, Trust::check_text);
    if (is_number(row->type) && (property.number < row->least || property.number > row->most)) {
      from.fail(rules::kPropertyRange, row->name);
    }
    if (row->id == PropertyId::response_topic && contains_wildcard(property.text)) {
      from.fail(rules::kWildcardInResponseTopic, row->name);
    }
    has_authentication_method |= row->id == PropertyId::authentication_method;
    has_authentication_data |= row->id == PropertyId::authentication_data;
  }
  from.check(has_authentication_method || !has_authentication_data, rules::kAuthDataWithoutMethod);
}

std::string_view name_of(PropertyPlace place) {
  return place == will ? "will" : name_of(static_cast<PacketType>(place));
}

}  // namespace

const PropertyRow* find_property_row(std::uint32_t id) {
  const auto row = std::lower_bound(
      kProperties.begin(), kProperties.end(), id,
      [](const PropertyRow& r, std::uint32_t wanted) { return static_cast<std::uint32_t>(r.id) < wanted; });
  return row != kProperties.end() && static_cast<std::uint32_t>(row->id) == id ? &*row : nullptr;
}

std::string_view name_of(PropertyId id) {
  const PropertyRow* row = find_property_row(static_cast<std::uint32_t>(id));
  return row != nullptr ? row->name : "unknown property";
}

Status validate_properties(Bytes encoded, PropertyPlace place) {
  Reader from{Version::v5, encoded};
  check_list(from, place);
  return from.done(Ok{}, name_of(place));
}

Properties read_properties(Reader& from, PropertyPlace place) {
  if (!from.is_v5()) return {};
  const Bytes encoded = from.take(from.varint());
  Reader list{Version::v5, encoded};
  check_list(list, place);
  from.absorb(list);
  return from.failed() ? Properties{} : Properties{encoded};
}

Property Properties::Iterator::operator*() const {
  Reader from{Version::v5, rest_};
  const PropertyRow* row = find_property_row(from.varint());
  assert(row != nullptr);
  return read_value(from, *row, Trust::trust_text);
}

Properties::Iterator& Properties::Iterator::operator++() {
  Reader from{Version::v5, rest_};
  const PropertyRow* row = find_property_row(from.varint());
  assert(row != nullptr);
  static_cast<void>(read_value(from, *row, Trust::trust_text));
  rest_ = from.rest();
  return *this;
}

std::optional<Property> Properties::find(PropertyId id) const {
  for (const Property& property : *this) {
    if (property.id == id) return property;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> Properties::number(PropertyId id) const {
  const auto property = find(id);
  return property ? std::optional{property->number} : std::nullopt;
}

std::optional<std::string_view> Properties::text(PropertyId id) const {
  const auto property = find(id);
  return property ? std::optional{property->text} : std::nullopt;
}

PropertyWriter& PropertyWriter::add(PropertyId id, std::uint32_t number) {
  return add(Property{.id = id, .number = number});
}

PropertyWriter& PropertyWriter::add(PropertyId id, std::string_view text) {
  return add(Property{.id = id, .text = text});
}

PropertyWriter& PropertyWriter::add_user_property(std::string_view name, std::string_view value) {
  return add(Property{.id = PropertyId::user_property, .name = name, .text = value});
}

PropertyWriter& PropertyWriter::add(const Property& property) {
  const auto id = static_cast<std::uint8_t>(property.id);
  const PropertyRow* row = find_property_row(id);
  assert(row != nullptr);
  wire::put_u8(encoded_, id);
  switch (row->type) {
    case byte:
      wire::put_u8(encoded_, static_cast<std::uint8_t>(property.number));
      break;
    case u16:
      wire::put_u16(encoded_, static_cast<std::uint16_t>(property.number));
      break;
    case u32:
      wire::put_u32(encoded_, property.number);
      break;
    case varint:
      wire::put_varint(encoded_, property.number);
      break;
    case utf8:
    case binary:
      wire::put_text(encoded_, property.text);
      break;
    case utf8_pair:
      wire::put_text(encoded_, property.name);
      wire::put_text(encoded_, property.text);
      break;
  }
  return *this;
}

}  // namespace iotemu::mqtt
