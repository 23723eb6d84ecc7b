#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include "emulator/api/validate.h"
#include "emulator/http/target.h"
#include "emulator/neighbours/protocol.h"

namespace iotemu::neighbours {
namespace {

using api::Member;
using api::Type;

/// Far more than any list of the services may have; the validator says what is too long.
constexpr std::size_t kMaxElements = 1000;
/// Each element of a list looks at all of them.
constexpr std::size_t kMaxFields = 2000;
constexpr std::size_t kMaxAction = 1024;

bool has_below(const Fields& fields, std::string_view name) {
  return std::ranges::any_of(fields, [&](const auto& field) {
    return field.first == name || (field.first.starts_with(name) && field.first[name.size()] == '.');
  });
}

Answer<Json> read_member(const Member& member, const Fields& fields, const std::string& name);

Answer<Json> read_members(const std::vector<Member>& members, const Fields& fields,
                          const std::string& prefix) {
  auto out = Json::object();
  for (const auto& member : members) {
    const auto name = prefix + std::string{member.is_flat ? member.wire : member.name};
    if (!has_below(fields, name)) continue;
    auto value = read_member(member, fields, name);
    if (!value) return value;
    out[std::string{member.name}] = std::move(*value);
  }
  return out;
}

Answer<Json> read_scalar(const Member& member, std::string_view text, const std::string& name) {
  const auto refused = [&](std::string_view expected) {
    return Fault{"MalformedInput", "The value of " + name + " must be " + std::string{expected}};
  };
  if (member.type == Type::boolean) {
    if (text != "true" && text != "false") return refused("true or false");
    return Json(text == "true");
  }
  if (member.type == Type::integer) {
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return refused("an integer");
    return Json(number);
  }
  return Json(text);
}

/// The names of key and value are those of the map's parts.
Answer<Json> read_map(const Member& member, const Fields& fields, const std::string& name) {
  auto out = Json::object();
  for (std::size_t i = 1; i <= kMaxElements; ++i) {
    const auto entry = name + (member.is_flat ? "." : ".entry.") + std::to_string(i);
    if (!has_below(fields, entry)) break;
    auto value = read_member(member.parts[1], fields, entry + '.' + std::string{member.parts[1].name});
    if (!value) return value;
    out[std::string{field(fields, entry + '.' + std::string{member.parts[0].name})}] = std::move(*value);
  }
  return out;
}

Answer<Json> read_member(const Member& member, const Fields& fields, const std::string& name) {
  if (member.type == Type::structure) return read_members(member.parts, fields, name + '.');
  if (member.type == Type::string_map) return read_map(member, fields, name);
  if (member.type != Type::list) return read_scalar(member, field(fields, name), name);
  auto out = Json::array();
  for (std::size_t i = 1; i <= kMaxElements; ++i) {
    const auto element = name + (member.is_flat ? "." : ".member.") + std::to_string(i);
    if (!has_below(fields, element)) break;
    auto value = read_member(member.parts[0], fields, element);
    if (!value) return value;
    out.push_back(std::move(*value));
  }
  return out;
}

void add_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\r':
        out += "&#xD;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' ? ' ' : c;
    }
  }
}

using Flat = std::vector<FlatOutput>;

void add_element(std::string& out, std::string_view name, const Json& value, const Flat& flat);

void add_part(std::string& out, const std::string& name, const Json& part, const Flat& flat) {
  const auto found = std::ranges::find(flat, name, &FlatOutput::member);
  if (found == flat.end()) return add_element(out, name, part, flat);
  for (const auto& [key, item] : part.items()) {
    if (found->key.empty()) {
      add_element(out, found->element, item, flat);
      continue;
    }
    out += "<" + std::string{found->element} + ">";
    add_element(out, found->key, Json(key), flat);
    add_element(out, found->value, item, flat);
    out += "</" + std::string{found->element} + ">";
  }
}

void add_content(std::string& out, const Json& value, const Flat& flat) {
  if (value.is_object()) {
    for (const auto& [name, part] : value.items()) add_part(out, name, part, flat);
  } else if (value.is_array()) {
    for (const auto& item : value) add_element(out, "member", item, flat);
  } else {
    add_escaped(out, value.is_string() ? value.get_ref<const std::string&>() : to_text(value));
  }
}

void add_element(std::string& out, std::string_view name, const Json& value, const Flat& flat = {}) {
  out += '<';
  out += name;
  out += '>';
  add_content(out, value, flat);
  out += "</";
  out += name;
  out += '>';
}

std::string opened(std::string_view name, std::string_view xml_space) {
  std::string out = "<" + std::string{name};
  if (!xml_space.empty()) out += " xmlns=\"" + std::string{xml_space} + "\"";
  return out + ">";
}

}  // namespace

bool is_form(const http::Request& request) {
  const auto* type = request.header("Content-Type");
  return type != nullptr && type->starts_with("application/x-www-form-urlencoded");
}

std::string form_action(const http::Request& request) {
  constexpr std::string_view kAction = "Action=";
  std::string_view rest = request.body;
  while (!rest.empty()) {
    const auto item = rest.substr(0, rest.find('&'));
    if (item.starts_with(kAction)) {
      const auto value = item.substr(kAction.size());
      if (value.size() > kMaxAction) return {};
      auto action = http::percent_decode(value, true);
      return action ? std::move(*action) : std::string{};
    }
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
  }
  return {};
}

Answer<Fields> form_fields(const http::Request& request) {
  const auto many = static_cast<std::size_t>(std::ranges::count(request.body, '&')) + 1;
  if (many > kMaxFields) {
    return Fault{"MalformedInput", "The form has more than " + std::to_string(kMaxFields) + " fields"};
  }
  auto fields = http::parse_pairs(request.body, true);
  if (!fields) return Fault{"MalformedInput", "The form cannot be read: " + fields.error().message};
  return std::move(*fields);
}

std::string_view field(const Fields& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &Fields::value_type::first);
  return found == fields.end() ? std::string_view{} : std::string_view{found->second};
}

Answer<Json> read_form(const ServiceFacts& service, const Operation& operation, const Fields& fields) {
  auto input = read_members(operation.shape.input, fields, "");
  if (!input) return input;
  if (auto valid = api::validate(operation.shape, *input); !valid) {
    return Fault{service.invalid.empty() ? "ValidationError" : service.invalid, valid.error().message};
  }
  return input;
}

http::Response xml_answer(const ServiceFacts& service, const Operation& operation, const Json& answer,
                          std::string_view request_id) {
  const auto name = std::string{operation.shape.name};
  auto body = opened(name + "Response", service.xml_space);
  if (!answer.empty() || operation.has_result)
    add_element(body, name + "Result", answer, operation.flat_output);
  add_element(body, "ResponseMetadata", Json{{"RequestId", request_id}});
  body += "</" + name + "Response>";
  return {.body = std::move(body), .content_type = "text/xml"};
}

http::Response rest_xml_fault(const Fault& fault, std::string_view request_id) {
  std::string body = R"(<?xml version="1.0" encoding="UTF-8"?>)";
  add_element(body, "Error",
              Json{{"Code", fault.name}, {"Message", fault.message}, {"RequestId", request_id}});
  return {.status = fault.status, .body = std::move(body), .content_type = "application/xml"};
}

http::Response xml_fault(std::string_view xml_space, const Fault& fault, std::string_view request_id) {
  auto body = opened("ErrorResponse", xml_space);
  add_element(body, "Error",
              Json{{"Type", fault.status < 500 ? "Sender" : "Receiver"},
                   {"Code", fault.query_name.empty() ? fault.name : fault.query_name},
                   {"Message", fault.message}});
  add_element(body, "RequestId", Json(request_id));
  body += "</ErrorResponse>";
  return {.status = fault.status, .body = std::move(body), .content_type = "text/xml"};
}

}  // namespace iotemu::neighbours
