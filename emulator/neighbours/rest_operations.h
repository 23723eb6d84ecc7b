#pragma once

// Operations of services that speak REST and are not emulated here, so that a refusal can name them.

#include <string_view>

#include "emulator/http/message.h"

namespace iotemu::neighbours {

/// Empty if the service or the path is not known.
[[nodiscard]] std::string_view rest_operation(std::string_view service, const http::Request& request);

}  // namespace iotemu::neighbours
