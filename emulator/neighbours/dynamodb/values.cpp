#include "emulator/neighbours/dynamodb/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "emulator/neighbours/dynamodb/number.h"

namespace iotemu::neighbours::dynamodb {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxName = 65'535;

struct TypeName {
  std::string_view code;
  std::string_view long_name;
};
constexpr std::array<TypeName, 10> kTypes{{{"S", "STRING"},
                                           {"N", "NUMBER"},
                                           {"B", "BINARY"},
                                           {"SS", "STRING_SET"},
                                           {"NS", "NUMBER_SET"},
                                           {"BS", "BINARY_SET"},
                                           {"M", "MAP"},
                                           {"L", "LIST"},
                                           {"BOOL", "BOOLEAN"},
                                           {"NULL", "NULL"}}};

Fault invalid(std::string message) {
  return {"ValidationException", std::move(message)};
}

Fault unreadable(std::string_view expected) {
  return {"SerializationException", "An attribute value is not " + std::string{expected}};
}

Fault too_deep() {
  return invalid("Nesting Levels have exceeded supported limits");
}

/// Lists and maps within each other.
int depth_of(const Json& value) {
  const auto& type = type_of(value);
  if (type != "L" && type != "M") return 0;
  int deepest = 0;
  for (const auto& item : content_of(value)) deepest = std::max(deepest, depth_of(item));
  return deepest + 1;
}

Answer<Json> read_at(const Json& wire, int depth);

Answer<Json> read_scalar(const std::string& type, const Json& content) {
  if (!content.is_string()) return unreadable("a string");
  if (type == "S") return content;
  const auto& text = content.get_ref<const std::string&>();
  if (type == "N") {
    auto number = Number::read(text);
    if (!number) return number.fault();
    return Json(number->text());
  }
  auto bytes = from_base64(text);
  if (!bytes) return unreadable("base64");
  return Json(to_base64(*bytes));
}

/// What the elements of a set are.
std::string element_type(const std::string& set) {
  return set.substr(0, 1);
}

std::string shown_list(const Json& list) {
  std::string text = "[";
  for (const auto& item : list) text += (text.size() == 1 ? "" : ", ") + item.get<std::string>();
  return text + "]";
}

Answer<Json> read_set(const std::string& type, const Json& content) {
  if (!content.is_array()) return unreadable("a list");
  if (content.empty()) {
    return invalid(std::string{"One or more parameter values were invalid: An "} +
                   (type == "SS"   ? "string"
                    : type == "NS" ? "number"
                                   : "binary") +
                   " set  may not be empty");
  }
  auto elements = Json::array();
  for (const auto& item : content) {
    auto element = read_scalar(element_type(type), item);
    if (!element) return element.fault();
    elements.push_back(std::move(*element));
  }
  auto set = make_set(type, elements);
  if (content_of(set).size() != elements.size()) {
    return invalid("One or more parameter values were invalid: Input collection " + shown_list(elements) +
                   " contains duplicates.");
  }
  return set.begin().value();
}

Answer<Json> read_members(const Json& content, int depth) {
  if (!content.is_object()) return unreadable("an object");
  auto members = Json::object();
  for (const auto& [name, item] : content.items()) {
    auto value = read_at(item, depth);
    if (!value) return value;
    members[name] = std::move(*value);
  }
  return members;
}

Answer<Json> read_content(const std::string& type, const Json& content, int depth) {
  if (type == "S" || type == "N" || type == "B") return read_scalar(type, content);
  if (type == "SS" || type == "NS" || type == "BS") return read_set(type, content);
  if (type == "BOOL" || type == "NULL") {
    if (!content.is_boolean()) return unreadable("true or false");
    if (type == "NULL" && !content.get<bool>()) {
      return invalid(
          "One or more parameter values were invalid: Null attribute value types must have the value of "
          "true");
    }
    return content;
  }
  if (depth >= kMaxDepth) return too_deep();
  if (type == "M") return read_members(content, depth + 1);
  if (!content.is_array()) return unreadable("a list");
  auto list = Json::array();
  for (const auto& item : content) {
    auto value = read_at(item, depth + 1);
    if (!value) return value;
    list.push_back(std::move(*value));
  }
  return list;
}

Answer<Json> read_at(const Json& wire, int depth) {
  if (!wire.is_object()) return unreadable("an object with a data type");
  const std::string* type = nullptr;
  const Json* content = nullptr;
  for (const auto& row : kTypes) {
    const auto found = wire.find(row.code);
    if (found == wire.end() || found->is_null()) continue;
    if (content != nullptr) {
      return invalid(
          "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
          "supported "
          "datatypes");
    }
    type = &found.key();
    content = &*found;
  }
  if (content == nullptr) {
    return invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  }
  auto read = read_content(*type, *content, depth);
  if (!read) return read;
  return Json{{*type, std::move(*read)}};
}

Json plain(const Json& value) {
  const auto& type = type_of(value);
  const auto& content = content_of(value);
  if (type == "N") {
    // A double where it is no integer: JSON knows no other.
    auto number = Json::parse(content.get_ref<const std::string&>(), nullptr, false);
    return number.is_discarded() ? content : number;
  }
  if (type == "NULL") return nullptr;
  if (type == "M") return plain_item(content);
  if (type != "L" && type != "NS") return content;
  auto list = Json::array();
  for (const auto& item : content) list.push_back(type == "L" ? plain(item) : plain(Json{{"N", item}}));
  return list;
}

/// Values within a value, itself included.
std::size_t count_values(const Json& value) {
  const auto& content = content_of(value);
  std::size_t count = 1;
  if (!content.is_structured()) return count;
  for (const auto& item : content) count += item.is_object() ? count_values(item) : 1;
  return count;
}

std::size_t number_size(const std::string& text) {
  const auto digits =
      static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; }));
  return (digits + 1) / 2 + 1 + (text.starts_with('-') ? 1 : 0);
}

std::size_t scalar_size(std::string_view type, const Json& content) {
  const auto& text = content.get_ref<const std::string&>();
  if (type == "S") return text.size();
  return type == "N" ? number_size(text) : from_base64(text).value_or("").size();
}

}  // namespace

Answer<Json> read_value(const Json& wire) {
  return read_at(wire, 0);
}

Answer<Json> read_item(const Json& wire) {
  auto item = read_members(wire, 0);
  if (!item) return item;
  for (const auto& [name, value] : item->items()) {
    if (name.empty() || name.size() > kMaxName) {
      return invalid(
          "One or more parameter values were invalid: An attribute name must have 1 to 65535 bytes");
    }
  }
  return item;
}

const std::string& type_of(const Json& value) {
  return value.begin().key();
}

const Json& content_of(const Json& value) {
  return value.begin().value();
}

std::string_view long_type_of(const Json& value) {
  return std::ranges::find(kTypes, type_of(value), &TypeName::code)->long_name;
}

bool is_set(const Json& value) {
  const auto& type = type_of(value);
  return type == "SS" || type == "NS" || type == "BS";
}

bool is_ordered(const Json& value) {
  const auto& type = type_of(value);
  return type == "S" || type == "N" || type == "B";
}

std::string order_of(const Json& value) {
  const auto& text = content_of(value).get_ref<const std::string&>();
  const auto& type = type_of(value);
  if (type == "S") return text;
  if (type == "B") return from_base64(text).value_or("");
  return Number::read(text)->order();
}

std::size_t size_of(const Json& value) {
  const auto& type = type_of(value);
  const auto& content = content_of(value);
  if (type == "BOOL" || type == "NULL") return 1;
  if (content.is_string()) return scalar_size(type, content);
  if (type == "M") return 3 + content.size() + item_size(content);
  std::size_t size = type == "L" ? 3 + content.size() : 0;
  for (const auto& item : content) {
    size += type == "L" ? size_of(item) : scalar_size(element_type(type), item);
  }
  return size;
}

std::size_t item_size(const Json& item) {
  std::size_t size = 0;
  for (const auto& [name, value] : item.items()) size += name.size() + size_of(value);
  return size;
}

Done check_depth(const Json& item) {
  for (const auto& value : item) {
    if (depth_of(value) > kMaxDepth) return too_deep();
  }
  return Ok{};
}

std::size_t footprint(const Json& item) {
  constexpr std::size_t kValueBytes = 200;  // two objects of the JSON library and their nodes
  std::size_t bytes = item_size(item);
  for (const auto& value : item) bytes += kValueBytes * count_values(value);
  return bytes;
}

Json plain_item(const Json& item) {
  auto object = Json::object();
  for (const auto& [name, value] : item.items()) object[name] = plain(value);
  return object;
}

Json make_set(const std::string& type, const Json& elements) {
  std::vector<std::pair<std::string, Json>> sorted;
  sorted.reserve(elements.size());
  for (const auto& item : elements) sorted.emplace_back(order_of(Json{{element_type(type), item}}), item);
  std::ranges::sort(sorted, {}, &std::pair<std::string, Json>::first);
  const auto twins = std::ranges::unique(sorted, {}, &std::pair<std::string, Json>::first);
  sorted.erase(twins.begin(), twins.end());
  auto content = Json::array();
  for (auto& [order, item] : sorted) content.push_back(std::move(item));
  return Json{{type, std::move(content)}};
}

}  // namespace iotemu::neighbours::dynamodb
