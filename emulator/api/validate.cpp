#include "emulator/api/validate.h"

#include <algorithm>
#include <charconv>

#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"

namespace iotemu::api {
namespace {

/// Longest value repeated in a message.
constexpr std::size_t kShownValue = 256;

/// What a message repeats of what a client sent.
std::string shown(const std::string& text) {
  return text.size() > kShownValue ? std::string{front_characters(text, kShownValue)} + "…" : text;
}

/// `certificateId`, `Key` as `key`: the platform prints members in lower camel case.
std::string lower_first(std::string_view name) {
  std::string text{name};
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + ('a' - 'A'));
  return text;
}

Result<Json> from_text(const Member& member, const std::string& text) {
  const auto refused = [&](std::string_view expected) {
    return Error{Errc::invalid_request,
                 "1 validation error detected: Value '" + shown(text) + "' at '" + lower_first(member.name) +
                     "' failed to satisfy constraint: Member must be " + std::string{expected}};
  };
  if (member.type == Type::boolean) {
    const auto word = lowercase(text);
    if (word != "true" && word != "false") return refused("true or false");
    return Json(word == "true");
  }
  if (member.type == Type::integer) {
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    if (const auto parsed = std::from_chars(text.data(), end, number);
        parsed.ec != std::errc{} || parsed.ptr != end) {
      return refused("an integer");
    }
    return Json(number);
  }
  if (member.decodes_base64) {
    auto said = from_base64(text);
    if (!said || !is_utf8(*said)) return refused("base64 of UTF-8 text");
    return Json(std::move(*said));
  }
  return Json(text);
}

std::string_view wanted(Type type) {
  switch (type) {
    case Type::string:
    case Type::blob:
      return "a string";
    case Type::integer:
      return "an integer";
    case Type::number:
      return "a number";
    case Type::boolean:
      return "a boolean";
    case Type::structure:
    case Type::string_map:
      return "an object";
    case Type::list:
      return "a list";
    case Type::document:
      break;
  }
  return {};
}

bool has_type(const Json& value, Type type) {
  switch (type) {
    case Type::string:
    case Type::blob:
      return value.is_string();
    case Type::integer:
      // An unsigned number beyond the signed range would come out negative.
      return value.is_number_integer() &&
             !(value.is_number_unsigned() &&
               value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX));
    case Type::number:
      return value.is_number();
    case Type::boolean:
      return value.is_boolean();
    case Type::structure:
    case Type::string_map:
      return value.is_object();
    case Type::list:
      return value.is_array();
    case Type::document:
      return true;
  }
  return false;
}

/// What a closed structure has that it should not.
Status check_closed(const Member& member, const Json& value, const std::string& name) {
  for (const auto& [key, item] : value.items()) {
    const auto known = std::find_if(member.parts.begin(), member.parts.end(),
                                    [&, &key = key](const Member& part) { return part.name == key; });
    if (known != member.parts.end() || item.is_null()) continue;
    return Error{Errc::invalid_request, "Member '" + shown(name) + "' has no member '" + shown(key) + "'"};
  }
  return Ok{};
}

/// Keeps what the member's rule knows, drops nulls, refuses other JSON types.
Result<Json> conform(const Member& member, const Json& value, const std::string& name) {
  if (!has_type(value, member.type)) {
    return Error{Errc::serialization,
                 "Member '" + shown(name) + "' must be " + std::string{wanted(member.type)}};
  }
  if (member.type == Type::structure) {
    if (member.is_closed) {
      if (auto checked = check_closed(member, value, name); !checked) return checked.error();
    }
    auto out = Json::object();
    for (const auto& part : member.parts) {
      const auto found = value.find(part.name);
      if (found == value.end() || found->is_null()) continue;
      auto conformed = conform(part, *found, name + '.' + lower_first(part.name));
      if (!conformed) return conformed;
      out[std::string{part.name}] = std::move(*conformed);
    }
    return out;
  }
  if (member.type == Type::list) {
    auto out = Json::array();
    for (const auto& item : value) {
      auto conformed =
          conform(member.parts[0], item, name + '.' + std::to_string(out.size() + 1) + ".member");
      if (!conformed) return conformed;
      out.push_back(std::move(*conformed));
    }
    return out;
  }
  if (member.type == Type::string_map) {
    auto out = Json::object();
    for (const auto& [key, item] : value.items()) {
      if (item.is_null()) continue;
      auto conformed = conform(member.parts[1], item, name + '.' + key);
      if (!conformed) return conformed;
      out[key] = std::move(*conformed);
    }
    return out;
  }
  return value;
}

/// The bytes that Base64 stands for.
std::size_t decoded_size(std::string_view text) {
  const auto padding = text.size() - std::min(text.find_last_not_of('=') + 1, text.size());
  return (text.size() + 3) / 4 * 3 - std::min<std::size_t>(padding, 2);
}

class Validator {
 public:
  void check_members(const std::vector<Member>& members, const Json& input, const std::string& prefix) {
    for (const auto& member : members) {
      const auto name = prefix + lower_first(member.name);
      const auto found = input.find(member.name);
      if (found != input.end()) {
        check(member, *found, name);
      } else if (member.is_required) {
        violations_.push_back("Value null at '" + name +
                              "' failed to satisfy constraint: Member must not be null");
      }
    }
  }

  [[nodiscard]] Status result() const {
    if (violations_.empty()) return Ok{};
    std::string text = violations_.size() == 1
                           ? std::string{"1 validation error detected: "}
                           : std::to_string(violations_.size()) + " validation errors detected: ";
    for (std::size_t i = 0; i < violations_.size() && i < kShownViolations; ++i) {
      if (i != 0) text += "; ";
      text += violations_[i];
    }
    return Error{Errc::invalid_request, std::move(text)};
  }

 private:
  static constexpr std::size_t kShownViolations = 20;

  void check(const Member& member, const Json& value, const std::string& name) {
    switch (member.type) {
      case Type::string:
        return check_text(member, value.get_ref<const std::string&>(), name);
      case Type::integer:
      case Type::number:
        return check_range(member, value, name);
      case Type::boolean:
      case Type::blob:
      case Type::document:
        return;
      case Type::structure:
        return check_members(member.parts, value, name + '.');
      case Type::list:
        return check_list(member, value, name);
      case Type::string_map:
        for (const auto& [key, item] : value.items()) {
          check(member.parts[0], Json(key), name + ".key");
          check(member.parts[1], item, name + '.' + key + ".member");
        }
        return;
    }
  }

  void check_text(const Member& member, const std::string& text, const std::string& name) {
    check_size(member, member.is_base64 ? decoded_size(text) : count_characters(text), text, name);
    if (member.must_match != nullptr && !member.must_match->matches(text)) {
      violate(text, name,
              "Member must satisfy regular expression pattern: " + std::string{member.must_match->text});
    }
    if (!member.values.empty() &&
        std::find(member.values.begin(), member.values.end(), text) == member.values.end()) {
      std::string set;
      for (const auto& value : member.values) set += (set.empty() ? "" : ", ") + std::string{value};
      violate(text, name, "Member must satisfy enum value set: [" + set + "]");
    }
  }

  void check_list(const Member& member, const Json& list, const std::string& name) {
    check_size(member, list.size(), list.size() > 8 ? "[…]" : iotemu::to_text(list), name);
    for (std::size_t i = 0; i < list.size(); ++i) {
      check(member.parts[0], list[i], name + '.' + std::to_string(i + 1) + ".member");
    }
  }

  void check_size(const Member& member, std::size_t size, const std::string& value, const std::string& name) {
    if (size < member.min_length) {
      violate(value, name,
              "Member must have length greater than or equal to " + std::to_string(member.min_length));
    }
    if (size > member.max_length) {
      violate(value, name,
              "Member must have length less than or equal to " + std::to_string(member.max_length));
    }
  }

  void check_range(const Member& member, const Json& number, const std::string& name) {
    const auto text = number.dump();
    // Compared as what it is: a whole number, or one with a fraction.
    if (number < Json(member.lowest)) {
      violate(text, name, "Member must have value greater than or equal to " + std::to_string(member.lowest));
    }
    if (number > Json(member.highest)) {
      violate(text, name, "Member must have value less than or equal to " + std::to_string(member.highest));
    }
  }

  void violate(const std::string& value, const std::string& name, const std::string& constraint) {
    violations_.push_back("Value '" + shown(value) + "' at '" + shown(name) +
                          "' failed to satisfy constraint: " + constraint);
  }

  std::vector<std::string> violations_;
};

const std::string* wire_text(const Member& member, const RouteMatch& match, const http::Request& request) {
  if (member.place == Place::query) return request.parameter(member.wire);
  if (member.place == Place::header) return request.header(member.wire);
  for (const auto& [name, value] : match.members) {
    if (name == member.wire) return &value;
  }
  return nullptr;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

}  // namespace

Result<Json> read_input(const Operation& operation, const RouteMatch& match, const http::Request& request) {
  auto sent = Json::object();
  const bool is_blob = std::any_of(operation.input.begin(), operation.input.end(), [](const Member& m) {
    return m.place == Place::payload && m.type == Type::blob;
  });
  if (!is_blob && !is_blank(request.body)) {
    auto parsed = parse_json(request.body);
    if (!parsed) return parsed;
    if (!parsed->is_object()) return Error{Errc::serialization, "The body must be a JSON object"};
    sent = std::move(*parsed);
  }
  auto input = Json::object();
  for (const auto& member : operation.input) {
    if (member.place == Place::payload) {
      if (member.type == Type::blob) {
        input[std::string{member.name}] = request.body;
        continue;
      }
      if (sent.empty()) continue;  // no body: the member is absent
      auto conformed = conform(member, sent, lower_first(member.name));
      if (!conformed) return conformed;
      input[std::string{member.name}] = std::move(*conformed);
      continue;
    }
    if (member.place == Place::body) {
      const auto found = sent.find(member.name);
      if (found == sent.end() || found->is_null()) continue;
      auto conformed = conform(member, *found, lower_first(member.name));
      if (!conformed) return conformed;
      input[std::string{member.name}] = std::move(*conformed);
      continue;
    }
    if (member.place == Place::query && member.type == Type::list) {
      auto all = Json::array();
      for (const auto& [name, value] : request.query) {
        if (name == member.wire) all.push_back(value);
      }
      if (!all.empty()) input[std::string{member.name}] = std::move(all);
      continue;
    }
    const auto* text = wire_text(member, match, request);
    const bool optional =
        (member.place == Place::query || member.place == Place::header) && !member.is_required;
    if (text == nullptr || (text->empty() && optional)) continue;
    auto value = from_text(member, *text);
    if (!value) return value;
    input[std::string{member.name}] = std::move(*value);
  }
  return input;
}

Result<Json> read_input(const Operation& operation, const Json& input) {
  if (!input.is_object()) return Error{Errc::serialization, "The input must be a JSON object"};
  auto out = Json::object();
  for (const auto& [name, value] : input.items()) {
    const auto& members = operation.input;
    const auto member = std::find_if(members.begin(), members.end(),
                                     [&, &key = name](const Member& m) { return m.name == key; });
    if (member == members.end()) {
      return Error{Errc::invalid_request,
                   std::string{operation.name} + " has no member '" + shown(name) + "'"};
    }
    if (value.is_null()) continue;
    auto conformed = conform(*member, value, lower_first(name));
    if (!conformed) return conformed;
    out[name] = std::move(*conformed);
  }
  return out;
}

Status validate(const Operation& operation, const Json& input) {
  Validator validator;
  validator.check_members(operation.input, input, "");
  return validator.result();
}

}  // namespace iotemu::api
