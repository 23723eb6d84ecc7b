#pragma once

// The causes that `--fail-if 'errors.CAUSE>0'` may name: those of the load itself, and for refusals the
// emulator's words too. A misspelt one would count nothing for ever.

#include <string>

#include "load/thresholds.h"

namespace iotemu::daemon {

/// A sentence with the causes that there are; empty if the threshold names one of them, or none.
[[nodiscard]] std::string why_no_cause(const load::Threshold& threshold);

}  // namespace iotemu::daemon
