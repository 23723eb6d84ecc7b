#pragma once

#include <string_view>

namespace iotemu::daemon {

/// IOTEMU_VERSION is the project's version, given by the build.
inline constexpr std::string_view kVersion = IOTEMU_VERSION;

}  // namespace iotemu::daemon
