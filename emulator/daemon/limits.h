#pragma once

// The limits of M section 10 by name, for `--limit name=value`.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "iotemu/options.h"

namespace iotemu::daemon {

/// Sets one limit. The error says which names there are, or what this one takes.
Status set_limit(Options& options, std::string_view name, std::string_view value);

/// Name, default and section, one line each, for the help.
[[nodiscard]] std::vector<std::string> describe_limits();

}  // namespace iotemu::daemon
