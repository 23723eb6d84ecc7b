#include "emulator/neighbours/dynamodb/update.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "emulator/neighbours/dynamodb/number.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours::dynamodb {
namespace {

Fault refused(std::string message) {
  return {"ValidationException", std::move(message)};
}

Fault wrong_type() {
  return refused("An operand in the update expression has an incorrect data type");
}

const std::string& text_of(const Json& value) {
  return content_of(value).get_ref<const std::string&>();
}

Answer<Json> sum(const Json& left, const Json& right, bool minus) {
  if (type_of(left) != "N" || type_of(right) != "N") return wrong_type();
  const auto first = Number::read(text_of(left));
  const auto second = Number::read(text_of(right));
  auto result = first->plus(minus ? second->negated() : *second);
  if (!result) return result.fault();
  return Json{{"N", result->text()}};
}

Answer<Json> evaluate(const Assigned& assigned, const Json& item) {
  switch (assigned.kind) {
    case Assigned::Kind::value:
      return assigned.value;
    case Assigned::Kind::path:
      if (const auto* found = find(item, assigned.path)) return *found;
      return refused("The provided expression refers to an attribute that does not exist in the item");
    case Assigned::Kind::if_not_exists:
      if (const auto* found = find(item, assigned.path)) return *found;
      return evaluate(assigned.parts[0], item);
    case Assigned::Kind::list_append:
    case Assigned::Kind::plus:
    case Assigned::Kind::minus:
      break;
  }
  auto left = evaluate(assigned.parts[0], item);
  if (!left) return left;
  auto right = evaluate(assigned.parts[1], item);
  if (!right) return right;
  if (assigned.kind != Assigned::Kind::list_append) {
    return sum(*left, *right, assigned.kind == Assigned::Kind::minus);
  }
  if (type_of(*left) != "L" || type_of(*right) != "L") return wrong_type();
  auto list = std::move(*left);
  for (auto& element : (*right)["L"]) list["L"].push_back(std::move(element));
  return list;
}

/// What ADD makes of a value: a sum, or a union of sets.
Answer<Json> added(const Json* present, const Json& more) {
  if (present == nullptr) return more;
  if (type_of(more) == "N") return sum(*present, more, false);
  if (type_of(*present) != type_of(more)) return wrong_type();
  auto elements = content_of(*present);
  for (const auto& element : content_of(more)) elements.push_back(element);
  return make_set(type_of(more), elements);
}

/// What DELETE leaves of a set; null if nothing is left.
Answer<Json> without(const Json& present, const Json& less) {
  if (type_of(present) != type_of(less)) return wrong_type();
  std::set<std::string_view> gone;
  for (const auto& element : content_of(less)) gone.insert(element.get_ref<const std::string&>());
  auto left = Json::array();
  for (const auto& element : content_of(present)) {
    if (!gone.contains(element.get_ref<const std::string&>())) left.push_back(element);
  }
  if (left.empty()) return Json(nullptr);
  return Json{{type_of(present), std::move(left)}};
}

bool lies_later(const DocumentPath& left, const DocumentPath& right) {
  return std::ranges::lexicographical_compare(right, left, [](const Step& one, const Step& other) {
    return one.index && other.index ? *one.index < *other.index : one.name < other.name;
  });
}

}  // namespace

std::vector<DocumentPath> Update::paths() const {
  std::vector<DocumentPath> paths;
  paths.reserve(changes.size());
  for (const auto& change : changes) paths.push_back(change.path);
  return paths;
}

Answer<Json> updated(const Json& item, const Update& update) {
  auto result = item;
  std::vector<DocumentPath> removed;
  for (const auto& change : update.changes) {
    const auto* present = find(item, change.path);
    if (change.kind == Change::Kind::remove) {
      removed.push_back(change.path);
      continue;
    }
    if (change.kind == Change::Kind::del && present == nullptr) continue;
    auto value = change.kind == Change::Kind::set   ? evaluate(change.assigned, item)
                 : change.kind == Change::Kind::add ? added(present, change.assigned.value)
                                                    : without(*present, change.assigned.value);
    if (!value) return value;
    if (value->is_null()) {
      removed.push_back(change.path);
    } else if (auto done = assign(result, change.path, std::move(*value)); !done) {
      return done.fault();
    }
  }
  // From the end of each list, so that what is to go keeps its place until then.
  std::ranges::sort(removed, lies_later);
  for (const auto& path : removed) {
    if (auto done = erase(result, path); !done) return done.fault();
  }
  return result;
}

}  // namespace iotemu::neighbours::dynamodb
