#pragma once

// Operations of Greengrass that are not built, so that a refusal can name them.

#include "emulator/api/router.h"

namespace iotemu::neighbours {

[[nodiscard]] const api::Router& unbuilt_greengrass_operations();

}  // namespace iotemu::neighbours
