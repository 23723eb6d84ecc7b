#pragma once

// The coverage list as text: which operations of the service are built.

#include <span>
#include <string>

#include "emulator/api/api.h"

namespace iotemu::daemon {

/// One line an operation, in columns, then the count.
[[nodiscard]] std::string operations_text(std::span<const api::OperationSummary> operations);
/// The list of the README: the count and a table of what is built, then the names of the rest.
[[nodiscard]] std::string operations_markdown(std::span<const api::OperationSummary> operations);

}  // namespace iotemu::daemon
