#pragma once

// The twin of SystemRandom for tests: the same seed gives the same bytes. Thread-safe; with several threads
// the order of the callers decides who gets which bytes. Never for keys.

#include <mutex>
#include <random>

#include "base/random.h"

namespace iotemu {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_{seed} {}
  void fill(std::span<std::uint8_t> bytes) override;

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace iotemu
