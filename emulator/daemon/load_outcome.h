#pragma once

// What `load` and `load merge` do with the results of a run: the table, the JSON file, the page, the exit
// code.

#include <string>
#include <vector>

#include "base/result.h"
#include "emulator/daemon/console.h"
#include "load/results.h"

namespace CLI {
class App;
}

namespace iotemu::daemon {

/// As the command line has it.
struct LoadOutcome {
  std::vector<std::string> fail_if{};
  std::string json{};    ///< a file, "-" for stdout; empty: none
  std::string report{};  ///< a file; empty: none
};

/// A threshold failed. 1 stands for what could not be done at all.
inline constexpr int kThresholdFailed = 3;

/// Adds --fail-if, --json and --report. A threshold that cannot be read, or names a
/// cause that there is not, fails the command line.
void add_load_outcome(CLI::App& command, LoadOutcome& outcome);

/// To be asked before the run, which may take an hour: the files can be written. Errc::io with a sentence.
[[nodiscard]] Status check_load_outcome(const LoadOutcome& outcome);

/// Judges, writes the files and prints the table (to stderr when the JSON goes to stdout). Answers the exit
/// code.
int conclude_load(Console& console, const load::Results& results, const LoadOutcome& outcome);

}  // namespace iotemu::daemon
