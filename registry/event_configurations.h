#pragma once

// The switches of the registry's and jobs' events (P8.9, LE-10); none is on at first. Owned by the registry;
// any thread. `is_enabled` is one atomic load: every write asks it.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "registry/records/event_configuration.h"
#include "registry/surroundings.h"

namespace iotemu::registry {

class EventConfigurations {
 public:
  explicit EventConfigurations(const Surroundings& surroundings) : around_{surroundings} {}

  [[nodiscard]] bool is_enabled(EventType type) const noexcept {
    return (enabled_.load(std::memory_order_relaxed) & bit(type)) != 0;
  }
  /// Null before the first update.
  [[nodiscard]] std::shared_ptr<const EventConfigurationRecord> get() const;
  /// What is not named stays as it is.
  Status update(const std::map<EventType, bool>& switches);
  /// Under the writer lock.
  void clear();

 private:
  static constexpr std::uint32_t bit(EventType type) { return 1U << static_cast<unsigned>(type); }
  void show(std::shared_ptr<const EventConfigurationRecord> record);

  const Surroundings around_;
  std::atomic<std::uint32_t> enabled_{0};
  mutable std::mutex mutex_;  ///< Guards record_.
  std::shared_ptr<const EventConfigurationRecord> record_;
};

}  // namespace iotemu::registry
