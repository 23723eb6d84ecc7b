#pragma once

// The port of chance. Identifiers, codes and serial numbers come from here, never from the operating system
// directly, so that a test can have the same ids in every run. Safe to call from any thread.

#include <cstdint>
#include <span>
#include <string>

namespace iotemu {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;

  /// `bytes` random bytes as lowercase hex (2 characters a byte).
  [[nodiscard]] std::string hex(std::size_t bytes);
  /// A version 4 UUID in its 36-character form.
  [[nodiscard]] std::string uuid();
};

/// The operating system's generator (getrandom).
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

}  // namespace iotemu
