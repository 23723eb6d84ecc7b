#pragma once

// The emulator's own paths, beside the AWS API: health, the server's CA, reset, refusals. Some answer under
// the names that users of other emulators know.

#include "emulator/api/ports.h"
#include "emulator/http/message.h"
#include "emulator/http/server.h"

namespace iotemu::api {

/// False if the path is not the emulator's own; else the answer is given, or owed. No GET has an effect.
[[nodiscard]] bool answer_system(const http::Request& request, System& system,
                                 const http::Responder& respond);

}  // namespace iotemu::api
