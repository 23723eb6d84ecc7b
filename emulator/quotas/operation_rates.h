#pragma once

// How often an operation of the API may be called in a second (M section 10, P10.8). Pure.

#include <cstddef>
#include <optional>
#include <string_view>

namespace iotemu::quotas {

/// `usual`: the rate of most operations of the control plane (10 in AWS); those with another rate there keep
/// their proportion to it, and have at least 1. Nothing: the operation has no rate here (publishing is
/// bounded elsewhere).
[[nodiscard]] std::optional<std::size_t> requests_per_second(std::string_view operation, bool control_plane,
                                                             std::size_t usual);

}  // namespace iotemu::quotas
