#pragma once

// The configuration of a function: which members a request may set, their rules and defaults (P9.7). What AWS
// has and nobody keeps here is refused by name. Pure.

#include <span>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "emulator/api/operation.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours::lambda {

/// Of CreateFunction and UpdateFunctionConfiguration, Role without being required.
[[nodiscard]] std::vector<api::Member> setting_members();
[[nodiscard]] api::Member architectures();
/// Those of `input` that are kept, over `current`; with defaults where `current` is null.
[[nodiscard]] Json merged_settings(const Json& current, const Json& input);
/// What breaks a rule of the service, or is not built.
[[nodiscard]] Done check_settings(const Json& settings, const Json& input);
/// Every name that Lambda has or had.
[[nodiscard]] std::span<const std::string_view> runtime_names();

/// A destination of failures or results that can be served here: a queue, and a function where that is
/// allowed. Empty text is none.
[[nodiscard]] Done check_target(std::string_view arn, std::string_view member, bool functions_too);

}  // namespace iotemu::neighbours::lambda
