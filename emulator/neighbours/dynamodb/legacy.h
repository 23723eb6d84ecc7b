#pragma once

// The parameters from before expressions (Expected, AttributeUpdates, KeyConditions, QueryFilter, ScanFilter,
// AttributesToGet), which old samples still send: read into the same conditions, updates and paths. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "emulator/neighbours/dynamodb/condition.h"
#include "emulator/neighbours/dynamodb/update.h"

namespace iotemu::neighbours::dynamodb {

/// ValidationException if the request has parameters of both kinds.
[[nodiscard]] Done check_one_kind(const Json& input);

/// `parameter` of the request (Expected, KeyConditions …); nothing if it is absent.
[[nodiscard]] Answer<std::optional<Condition>> legacy_condition(const Json& input, const char* parameter);
[[nodiscard]] Answer<Update> legacy_update(const Json& attribute_updates);
[[nodiscard]] std::vector<DocumentPath> legacy_paths(const Json& attributes_to_get);

}  // namespace iotemu::neighbours::dynamodb
