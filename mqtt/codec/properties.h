#pragma once

// MQTT 5 properties. `Properties` is a view over one encoded property list that has been validated against
// the table in properties.cpp (one row per property: type, where it may stand, once or many);
// `PropertyWriter` writes such a list. Adding a property is one row and one enumerator.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mqtt/codec/bytes.h"
#include "mqtt/codec/packet_type.h"

namespace iotemu::mqtt {

enum class PropertyId : std::uint8_t {
  payload_format_indicator = 0x01,
  message_expiry_interval = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_identifier = 0x0B,
  session_expiry_interval = 0x11,
  assigned_client_identifier = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  request_problem_information = 0x17,
  will_delay_interval = 0x18,
  request_response_information = 0x19,
  response_information = 0x1A,
  server_reference = 0x1C,
  reason_string = 0x1F,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcard_subscription_available = 0x28,
  subscription_identifier_available = 0x29,
  shared_subscription_available = 0x2A,
};

enum class PropertyType : std::uint8_t { byte, u16, u32, varint, utf8, binary, utf8_pair };

/// Where a property list stands: a packet, or the will inside CONNECT.
enum class PropertyPlace : std::uint8_t {
  will = 0,
  connect = static_cast<std::uint8_t>(PacketType::connect),
  connack = static_cast<std::uint8_t>(PacketType::connack),
  publish = static_cast<std::uint8_t>(PacketType::publish),
  puback = static_cast<std::uint8_t>(PacketType::puback),
  subscribe = static_cast<std::uint8_t>(PacketType::subscribe),
  suback = static_cast<std::uint8_t>(PacketType::suback),
  unsubscribe = static_cast<std::uint8_t>(PacketType::unsubscribe),
  unsuback = static_cast<std::uint8_t>(PacketType::unsuback),
  disconnect = static_cast<std::uint8_t>(PacketType::disconnect),
  auth = static_cast<std::uint8_t>(PacketType::auth),
};

/// One property. `number` is filled for the numeric types, `text` for strings and binary data, `name` and
/// `text` for a user property.
struct Property {
  PropertyId id{};
  std::uint32_t number{};
  std::string_view name{};
  std::string_view text{};

  friend bool operator==(const Property& a, const Property& b) = default;
};

/// One row of the property table.
struct PropertyRow {
  PropertyId id{};
  std::string_view name{};
  PropertyType type{};
  std::uint16_t places{};      ///< bit n: allowed at PropertyPlace n
  std::uint16_t repeatable{};  ///< bit n: allowed there more than once
  std::uint32_t least{};
  std::uint32_t most{};

  [[nodiscard]] bool allowed_in(PropertyPlace place) const {
    return ((places >> static_cast<unsigned>(place)) & 1U) != 0;
  }
  [[nodiscard]] bool repeatable_in(PropertyPlace place) const {
    return ((repeatable >> static_cast<unsigned>(place)) & 1U) != 0;
  }
};

/// The row of a property identifier; null for one that the standard does not list.
[[nodiscard]] const PropertyRow* find_property_row(std::uint32_t id);

/// The standard's name in lower case: "topic alias maximum".
[[nodiscard]] std::string_view name_of(PropertyId id);

/// An iterable view of a property list without its length prefix. Trusts its bytes: they come from decode()
/// or from a PropertyWriter.
class Properties {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Property;
    using difference_type = std::ptrdiff_t;
    using pointer = const Property*;
    using reference = Property;

    Iterator() = default;
    explicit Iterator(Bytes rest) : rest_{rest} {}
    [[nodiscard]] Property operator*() const;
    Iterator& operator++();
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.rest_.size() == b.rest_.size() && a.rest_.data() == b.rest_.data();
    }

   private:
    Bytes rest_{};
  };

  Properties() = default;
  explicit Properties(Bytes encoded) : encoded_{encoded} {}

  [[nodiscard]] bool empty() const { return encoded_.empty(); }
  [[nodiscard]] Bytes encoded() const { return encoded_; }
  [[nodiscard]] Iterator begin() const { return Iterator{encoded_}; }
  [[nodiscard]] Iterator end() const { return Iterator{encoded_.subspan(encoded_.size())}; }

  /// The first property with this id.
  [[nodiscard]] std::optional<Property> find(PropertyId id) const;
  [[nodiscard]] std::optional<std::uint32_t> number(PropertyId id) const;
  [[nodiscard]] std::optional<std::string_view> text(PropertyId id) const;

  friend bool operator==(const Properties& a, const Properties& b) {
    return same_bytes(a.encoded_, b.encoded_);
  }

 private:
  Bytes encoded_{};
};

/// Checks a property list from the wire (without its length prefix) as `place` allows: known identifiers,
/// complete values, no duplicate of a single property, values in range. Errc::malformed_packet or
/// Errc::invalid_request as reason_for() explains; the message names the property.
[[nodiscard]] Status validate_properties(Bytes encoded, PropertyPlace place);

/// Builds a property list. The view from list() is valid until the next add. Strings are at most 65535 bytes.
class PropertyWriter {
 public:
  /// A numeric property.
  PropertyWriter& add(PropertyId id, std::uint32_t number);
  /// A string or binary property.
  PropertyWriter& add(PropertyId id, std::string_view text);
  PropertyWriter& add_user_property(std::string_view name, std::string_view value);
  /// Any property, as read from another list.
  PropertyWriter& add(const Property& property);

  [[nodiscard]] Properties list() const { return Properties{as_bytes(encoded_)}; }
  [[nodiscard]] const std::string& encoded() const& { return encoded_; }
  [[nodiscard]] std::string encoded() && { return std::move(encoded_); }

 private:
  std::string encoded_{};
};

}  // namespace iotemu::mqtt
