#pragma once

// Finds the processes of one handler wherever they went. A child that opens a session of its own or is
// orphaned leaves the process group that a kill would reach, but it keeps its environment: a variable with a
// value of its own marks all that one call has started. What wipes its environment on purpose gets away.

#include <string>

namespace iotemu::invoke {

/// `NAME=value`, different for each call of this function in each process.
[[nodiscard]] std::string new_process_mark();

/// Kills every process that has `mark` in its environment, and what these start meanwhile. Takes some
/// milliseconds: all of /proc is looked at.
void kill_marked(const std::string& mark);

}  // namespace iotemu::invoke
