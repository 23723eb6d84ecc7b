#pragma once

// The switches of P appendix B by name: where AWS's behaviour is a judgement, a switch chooses the other
// reading.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "iotemu/options.h"

namespace iotemu::daemon {

/// Sets one switch. The error says which names, or which values of this name, there are.
Status set_switch(Options& options, std::string_view name, std::string_view value);

/// Name, values (the default first) and section, one line each, for the help.
[[nodiscard]] std::vector<std::string> describe_switches();

}  // namespace iotemu::daemon
