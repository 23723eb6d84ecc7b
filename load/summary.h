#pragma once

// The table at the end of a run, for a terminal of 80 columns: plain text without colours. Pure.

#include <string>
#include <vector>

#include "load/results.h"
#include "load/thresholds.h"

namespace iotemu::load {

[[nodiscard]] std::string summary(const Results& results, const std::vector<Verdict>& verdicts = {});

}  // namespace iotemu::load
