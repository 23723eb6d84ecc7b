#include "mqtt/codec/describe.h"

#include <array>
#include <string_view>
#include <type_traits>

namespace iotemu::mqtt {

namespace {

constexpr std::size_t kMaxShown = 64;

std::string quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out{"\""};
  for (const char c : text.substr(0, kMaxShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) {
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 0x0FU];
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
  if (text.size() > kMaxShown) out += " of " + std::to_string(text.size()) + " bytes";
  return out;
}

std::string code(std::uint8_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {'0', 'x', kDigits[value >> 4], kDigits[value & 0x0FU]};
}

/// Collects `name value` pairs between braces.
class Line {
 public:
  explicit Line(PacketType type) : text_{name_of(type)} { text_ += '{'; }

  Line& add(std::string_view name, std::string_view value) {
    if (text_.back() != '{') text_ += ", ";
    text_ += name;
    if (!value.empty()) {
      text_ += ' ';
      text_ += value;
    }
    return *this;
  }
  Line& add_number(std::string_view name, unsigned value) { return add(name, std::to_string(value)); }
  Line& add_flag(std::string_view name, bool set) { return set ? add(name, {}) : *this; }
  Line& add_codes(Bytes codes) {
    for (const std::uint8_t value : codes) add("code", code(value));
    return *this;
  }
  Line& add_properties(const Properties& properties) {
    for (const Property property : properties) {
      const PropertyRow* row = find_property_row(static_cast<std::uint32_t>(property.id));
      switch (row->type) {
        case PropertyType::utf8:
        case PropertyType::binary:
          add(row->name, quoted(property.text));
          break;
        case PropertyType::utf8_pair:
          add(row->name, quoted(property.name) + "=" + quoted(property.text));
          break;
        default:
          add(row->name, std::to_string(property.number));
      }
    }
    return *this;
  }
  [[nodiscard]] std::string done() { return std::move(text_) + "}"; }

 private:
  std::string text_;
};

unsigned number(QoS qos) {
  return static_cast<unsigned>(qos);
}

void describe_fields(Line& line, const Connect& packet) {
  line.add_number("level", packet.level).add("client id", quoted(packet.client_id));
  line.add_number("keep alive", packet.keep_alive).add_flag("clean start", packet.clean_start);
  if (packet.will) {
    line.add("will topic", quoted(packet.will->topic))
        .add("will payload", quoted(as_text(packet.will->payload)));
    line.add_number("will qos", number(packet.will->qos)).add_flag("will retain", packet.will->retain);
    line.add_properties(packet.will->properties);
  }
  if (packet.username) line.add("user name", quoted(*packet.username));
  line.add_flag("password", packet.password.has_value());
}

void describe_fields(Line& line, const Connack& packet) {
  line.add("code", code(packet.code)).add_flag("session present", packet.session_present);
}

void describe_fields(Line& line, const Publish& packet) {
  line.add_number("qos", number(packet.qos)).add("topic", quoted(packet.topic));
  if (packet.qos != QoS::at_most_once) line.add_number("id", packet.packet_id);
  line.add_flag("retain", packet.retain).add_flag("dup", packet.dup);
  line.add("payload", quoted(as_text(packet.payload)));
}

void describe_fields(Line& line, const Puback& packet) {
  line.add_number("id", packet.packet_id);
  if (packet.reason != Reason::success) line.add("reason", name_of(packet.reason));
}

void describe_fields(Line& line, const Subscribe& packet) {
  line.add_number("id", packet.packet_id);
  for (const FilterRequest request : packet.filters) {
    line.add("filter", quoted(request.filter)).add_number("qos", number(request.qos));
    line.add_flag("no local", request.no_local).add_flag("retain as published", request.retain_as_published);
    if (request.retain_handling != 0) line.add_number("retain handling", request.retain_handling);
  }
}

void describe_fields(Line& line, const Suback& packet) {
  line.add_number("id", packet.packet_id).add_codes(packet.codes);
}

void describe_fields(Line& line, const Unsubscribe& packet) {
  line.add_number("id", packet.packet_id);
  for (const std::string_view filter : packet.filters) line.add("filter", quoted(filter));
}

void describe_fields(Line& line, const Unsuback& packet) {
  line.add_number("id", packet.packet_id).add_codes(packet.codes);
}

void describe_fields(Line& line, const Disconnect& packet) {
  if (packet.reason != Reason::success) line.add("reason", name_of(packet.reason));
}

}  // namespace

std::string describe(const Packet& packet) {
  Line line{type_of(packet)};
  std::visit(
      [&](const auto& p) {
        using P = std::decay_t<decltype(p)>;
        if constexpr (!std::is_empty_v<P> && !std::is_same_v<P, Unsupported>) {
          describe_fields(line, p);
          line.add_properties(p.properties);
        }
      },
      packet);
  return line.done();
}

}  // namespace iotemu::mqtt
