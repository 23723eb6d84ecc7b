#pragma once

#include <cstddef>

#include "rules/sql/tree.h"
#include "rules/sql/value.h"

namespace iotemu::rules::sql {

/// One operator between two values (M 7.5). `work` grows by the visits that one step does not tell. Text that
/// grows beyond kMostTextBytes throws std::bad_alloc.
[[nodiscard]] Value apply(Operator op, const Value& left, const Value& right, Version version, Arena& arena,
                          std::size_t& work);
/// Unary minus.
[[nodiscard]] Value negative_of(const Value& value, Version version, Arena& arena);

}  // namespace iotemu::rules::sql
