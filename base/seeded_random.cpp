#include "base/seeded_random.h"

namespace iotemu {

void SeededRandom::fill(std::span<std::uint8_t> bytes) {
  const std::lock_guard lock{mutex_};
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(engine_() & 0xff);
}

}  // namespace iotemu
