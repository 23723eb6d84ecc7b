#pragma once

// Attribute values in the form that travels: {"S": "text"}, {"N": "1"}, {"M": {…}} … An item is an object of
// such values by attribute name. What `read` gives is canonical: numbers as DynamoDB writes them, sets
// sorted, so that equal values have equal JSON. Pure.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours::dynamodb {

inline constexpr std::size_t kMaxItemBytes = 400 * 1024;

/// A value or a whole item from the wire. ValidationException or SerializationException in DynamoDB's words.
[[nodiscard]] Answer<Json> read_value(const Json& wire);
[[nodiscard]] Answer<Json> read_item(const Json& wire);

/// `S`, `NS`, `BOOL` … of a canonical value.
[[nodiscard]] const std::string& type_of(const Json& value);
[[nodiscard]] const Json& content_of(const Json& value);
/// `STRING`, `NUMBER_SET` … as some messages name it.
[[nodiscard]] std::string_view long_type_of(const Json& value);
[[nodiscard]] bool is_set(const Json& value);

/// Bytes that compare as values of this one type do; only of S, N and B.
[[nodiscard]] std::string order_of(const Json& value);
[[nodiscard]] bool is_ordered(const Json& value);

/// Bytes as DynamoDB counts them.
[[nodiscard]] std::size_t size_of(const Json& value);
[[nodiscard]] std::size_t item_size(const Json& item);
/// An update may have put lists and maps deeper than any request could.
[[nodiscard]] Done check_depth(const Json& item);
/// Bytes that an item takes in this process, roughly.
[[nodiscard]] std::size_t footprint(const Json& item);

/// The item as plain JSON: numbers as numbers, sets as lists, binaries as base64.
[[nodiscard]] Json plain_item(const Json& item);

/// A set of `type` (SS, NS, BS) from its elements: sorted, each once.
[[nodiscard]] Json make_set(const std::string& type, const Json& elements);

}  // namespace iotemu::neighbours::dynamodb
