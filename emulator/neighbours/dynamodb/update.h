#pragma once

// UpdateExpression: what is set, removed, added and deleted, and what an item becomes by it. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "emulator/neighbours/dynamodb/document_path.h"
#include "emulator/neighbours/dynamodb/expression_reader.h"

namespace iotemu::neighbours::dynamodb {

/// What SET writes.
struct Assigned {
  enum class Kind { value, path, if_not_exists, list_append, plus, minus };
  Kind kind{Kind::value};
  Json value{};
  DocumentPath path{};  ///< of `path` and of `if_not_exists`
  std::vector<Assigned> parts{};
};

struct Change {
  enum class Kind { set, remove, add, del };
  Kind kind{Kind::set};
  DocumentPath path{};
  Assigned assigned{};  ///< not of remove
};

struct Update {
  std::vector<Change> changes{};

  [[nodiscard]] std::vector<DocumentPath> paths() const;
};

[[nodiscard]] Answer<Update> read_update(std::string_view text, Bindings& bindings);
/// The item after the update: all is computed from the item before it. ValidationException otherwise.
[[nodiscard]] Answer<Json> updated(const Json& item, const Update& update);

}  // namespace iotemu::neighbours::dynamodb
