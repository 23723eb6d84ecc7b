#pragma once

// A place in an item: `a.b[2].c`. Pure.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours::dynamodb {

/// A member of a map or an element of a list.
struct Step {
  std::string name{};
  std::optional<std::size_t> index{};

  friend bool operator==(const Step&, const Step&) = default;
};

/// Never empty; the first step is the name of an attribute.
using DocumentPath = std::vector<Step>;

/// `[a, b, [2]]`, as messages write it.
[[nodiscard]] std::string shown(const DocumentPath& path);
/// One is the other's beginning.
[[nodiscard]] bool overlap(const DocumentPath& left, const DocumentPath& right);
/// From one place, one goes on as into a map and the other as into a list.
[[nodiscard]] bool conflict(const DocumentPath& left, const DocumentPath& right);

/// Nothing if the item has no such place.
[[nodiscard]] const Json* find(const Json& item, const DocumentPath& path);
/// The item with these places alone; elements of lists move together.
[[nodiscard]] Json project(const Json& item, std::span<const DocumentPath> paths);

/// An element beyond the end of its list goes to the end.
Done assign(Json& item, const DocumentPath& path, Json value);
/// A place that does not exist is no fault, unless what would hold it does not exist either.
Done erase(Json& item, const DocumentPath& path);

}  // namespace iotemu::neighbours::dynamodb
