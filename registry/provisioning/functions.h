#pragma once

// The intrinsic functions (P5.4): one table row and one class each.

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "registry/provisioning/document.h"

namespace iotemu::registry::provisioning {

class ValueReader;

/// The key that makes `object` a function (`Ref`, or what begins with `Fn::`); empty: none does.
[[nodiscard]] std::string function_key(const Json& object);

/// The function `name` with its argument. Fails for a name that is none and for a form that is not the
/// function's. `path`: where the object with the function stands.
Result<ExpressionPtr> read_function(ValueReader& reader, std::string_view name, const Json& argument,
                                    const Path& path);

}  // namespace iotemu::registry::provisioning
