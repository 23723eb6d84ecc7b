#pragma once

// What an index shows of an item, and the attributes that name a row. Items are canonical (values.h). Pure.

#include <cstddef>

#include "base/json.h"
#include "emulator/neighbours/dynamodb/table_shape.h"

namespace iotemu::neighbours::dynamodb {

/// Only an item with all keys of an index is in it.
[[nodiscard]] bool is_in(const Json& item, const IndexShape& index);
/// Whether an index of a table with these keys shows an attribute.
[[nodiscard]] bool shows(const IndexShape& index, const KeySchema& keys, const std::string& attribute);
/// The part of an item that the index shows.
[[nodiscard]] Json seen_through(const Json& item, const KeySchema& keys, const IndexShape& index);
/// Its size, with that of the whole item known.
[[nodiscard]] std::size_t seen_size(const Json& item, std::size_t whole, const KeySchema& keys,
                                    const IndexShape& index);
/// Whether the index shows the same of both.
[[nodiscard]] bool seen_same(const Json& left, const Json& right, const KeySchema& keys,
                             const IndexShape& index);

/// The attributes that name the row of an item; `index` null: of the table.
[[nodiscard]] Json start_key(const Json& item, const KeySchema& keys, const IndexShape* index);

}  // namespace iotemu::neighbours::dynamodb
