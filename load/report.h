#pragma once

// `--report FILE.html`: one page that holds all of a run, to be mailed, kept as an artifact of CI and opened
// without a network. It asks for nothing outside itself, runs no script, and follows the reader's light or
// dark setting. Pure.

#include <string>
#include <vector>

#include "load/results.h"
#include "load/thresholds.h"

namespace iotemu::load {

/// The whole page, UTF-8. Every text of the results is escaped: they may come from another machine's file.
[[nodiscard]] std::string html_report(const Results& results, const std::vector<Verdict>& verdicts = {});

}  // namespace iotemu::load
