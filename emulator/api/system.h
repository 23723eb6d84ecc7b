#pragma once

// The emulator's own paths, beside the AWS API: health, the server's CA, reset, refusals. Some answer under
// the names that users of other emulators know.

#include <optional>

#include "emulator/api/ports.h"
#include "emulator/http/message.h"

namespace iotemu::api {

/// Nothing if the path is not the emulator's own. No GET has an effect.
[[nodiscard]] std::optional<http::Response> answer_system(const http::Request& request, System& system);

}  // namespace iotemu::api
