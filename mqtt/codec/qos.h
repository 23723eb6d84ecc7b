#pragma once

#include <cstdint>

namespace iotemu::mqtt {

enum class QoS : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

}  // namespace iotemu::mqtt
