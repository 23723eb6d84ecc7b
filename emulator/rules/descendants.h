#pragma once

#include <cstdint>

namespace iotemu::rule_engine {

/// RU-8: of one message no more republished ones come than this, however the rules fork. Behind it, republish
/// fails and none of them runs a rule any more.
inline constexpr std::uint32_t kMaxDescendants = 10'000;

}  // namespace iotemu::rule_engine
