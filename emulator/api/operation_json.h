#pragma once

// The operation tables as data, for tools and for the test that reads the public service model beside them.

#include "base/json.h"

namespace iotemu::api {

/// An array, by name. Each has `name`, `method`, `path` and `built`; what is built also has `input` (a list
/// of members: `name`, `wire`, `place`, and the rules `type`, `required`, `min`, `max`, `pattern`, `values`,
/// `members`, `element`, `key` and `value` as far as there are any), `output` (names) and `errors` (names,
/// without those that any operation may answer).
[[nodiscard]] Json operations_json();

}  // namespace iotemu::api
