#pragma once

// Members and faults that several of DynamoDB's operations share.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "emulator/api/operation.h"
#include "emulator/neighbours/dynamodb/condition.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours::dynamodb {

[[nodiscard]] api::Member table_name();
/// An item, a key or any other map of attribute values.
[[nodiscard]] api::Member attributes(std::string_view name);
/// ExpressionAttributeNames, and ExpressionAttributeValues if there are any.
[[nodiscard]] std::vector<api::Member> with_bindings(std::vector<api::Member> members, bool values = true);
[[nodiscard]] api::Member consumed_capacity();
/// Conditions of the older form by attribute name.
[[nodiscard]] api::Member legacy_conditions(std::string_view name);
[[nodiscard]] api::Member attributes_to_get();

/// FNV-1a: where bytes fall among many.
[[nodiscard]] std::uint64_t spread(std::string_view bytes);

[[nodiscard]] Fault refused(std::string message);

/// The condition of a write: nothing if the request has none.
[[nodiscard]] Answer<std::optional<Condition>> read_write_condition(const Json& input, Bindings& bindings);
/// The places that ProjectionExpression or AttributesToGet asks for: nothing for all.
[[nodiscard]] Answer<std::optional<std::vector<DocumentPath>>> read_places(const Json& input,
                                                                           Bindings& bindings);

}  // namespace iotemu::neighbours::dynamodb
