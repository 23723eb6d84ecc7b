#include "emulator/neighbours/dynamodb/document_path.h"

#include <algorithm>
#include <map>
#include <utility>

#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours::dynamodb {
namespace {

Fault invalid_for_update() {
  return {"ValidationException", "The document path provided in the update expression is invalid for update"};
}

/// The value one step below `value`.
const Json* below(const Json& value, const Step& step) {
  const auto& content = content_of(value);
  if (step.index) {
    if (type_of(value) != "L" || *step.index >= content.size()) return nullptr;
    return &content[*step.index];
  }
  if (type_of(value) != "M") return nullptr;
  const auto found = content.find(step.name);
  return found == content.end() ? nullptr : &*found;
}

Json* below(Json& value, const Step& step) {
  return const_cast<Json*>(below(std::as_const(value), step));
}

/// What holds the last step: the item itself, or a value in it.
struct Holder {
  Json* attributes{nullptr};  ///< of the item or of a map
  Json* elements{nullptr};    ///< of a list
};

Answer<Holder> holder_of(Json& item, const DocumentPath& path) {
  if (path.size() == 1) return Holder{.attributes = &item};
  const auto first = item.find(path[0].name);
  Json* value = first == item.end() ? nullptr : &*first;
  for (std::size_t i = 1; i + 1 < path.size() && value != nullptr; ++i) value = below(*value, path[i]);
  if (value == nullptr) return invalid_for_update();
  auto& content = value->begin().value();
  const bool list = path.back().index.has_value();
  if (type_of(*value) != (list ? "L" : "M")) return invalid_for_update();
  return list ? Holder{.elements = &content} : Holder{.attributes = &content};
}

/// What is wanted of one value.
struct Wanted {
  bool whole{false};
  std::map<std::string, Wanted> members{};
  std::map<std::size_t, Wanted> elements{};
};

std::optional<Json> chosen(const Json& value, const Wanted& wanted) {
  if (wanted.whole) return value;
  const auto& content = content_of(value);
  auto part = Json::array();
  if (type_of(value) == "L") {
    for (const auto& [index, more] : wanted.elements) {
      if (index >= content.size()) continue;
      if (auto found = chosen(content[index], more)) part.push_back(std::move(*found));
    }
  } else if (type_of(value) == "M") {
    part = Json::object();
    for (const auto& [name, more] : wanted.members) {
      const auto member = content.find(name);
      if (member == content.end()) continue;
      if (auto found = chosen(*member, more)) part[name] = std::move(*found);
    }
  }
  if (part.empty()) return std::nullopt;
  return Json{{type_of(value), std::move(part)}};
}

}  // namespace

std::string shown(const DocumentPath& path) {
  std::string text = "[";
  for (const auto& step : path) {
    if (text.size() > 1) text += ", ";
    text += step.index ? "[" + std::to_string(*step.index) + "]" : step.name;
  }
  return text + "]";
}

bool overlap(const DocumentPath& left, const DocumentPath& right) {
  return std::equal(left.begin(),
                    left.begin() + static_cast<std::ptrdiff_t>(std::min(left.size(), right.size())),
                    right.begin());
}

bool conflict(const DocumentPath& left, const DocumentPath& right) {
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    if (left[i] == right[i]) continue;
    return left[i].index.has_value() != right[i].index.has_value();
  }
  return false;
}

const Json* find(const Json& item, const DocumentPath& path) {
  const auto first = item.find(path[0].name);
  const Json* value = first == item.end() ? nullptr : &*first;
  for (std::size_t i = 1; i < path.size() && value != nullptr; ++i) value = below(*value, path[i]);
  return value;
}

Json project(const Json& item, std::span<const DocumentPath> paths) {
  Wanted root;
  for (const auto& path : paths) {
    auto* wanted = &root;
    for (const auto& step : path) {
      wanted = step.index ? &wanted->elements[*step.index] : &wanted->members[step.name];
    }
    wanted->whole = true;
  }
  auto part = Json::object();
  for (const auto& [name, wanted] : root.members) {
    const auto value = item.find(name);
    if (value == item.end()) continue;
    if (auto found = chosen(*value, wanted)) part[name] = std::move(*found);
  }
  return part;
}

Done assign(Json& item, const DocumentPath& path, Json value) {
  auto holder = holder_of(item, path);
  if (!holder) return holder.fault();
  const auto& last = path.back();
  if (holder->attributes != nullptr) {
    (*holder->attributes)[last.name] = std::move(value);
  } else if (*last.index < holder->elements->size()) {
    (*holder->elements)[*last.index] = std::move(value);
  } else {
    holder->elements->push_back(std::move(value));
  }
  return Ok{};
}

Done erase(Json& item, const DocumentPath& path) {
  auto holder = holder_of(item, path);
  if (!holder) return holder.fault();
  const auto& last = path.back();
  if (holder->attributes != nullptr) {
    holder->attributes->erase(last.name);
  } else if (*last.index < holder->elements->size()) {
    holder->elements->erase(*last.index);
  }
  return Ok{};
}

}  // namespace iotemu::neighbours::dynamodb
