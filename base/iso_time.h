#pragma once

// Dates in ISO 8601, for people and for the credential provider: "2026-01-18T09:18:06Z".

#include <string>

#include "base/clock.h"

namespace iotemu {

/// UTC, whole seconds.
[[nodiscard]] std::string iso_time(Time time);

}  // namespace iotemu
