#pragma once

// Whether the device of a thing is connected, as fleet indexing knows it (FI-5). A device counts for the
// thing that has its client id as its name, or that its certificate belongs to exclusively. Thread-safe.

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "registry/ids.h"

namespace iotemu::registry::index {

struct Connectivity {
  bool connected{false};
  std::optional<Time> since{};  ///< Of the last change; none: never connected.
  /// One of LE-4, `NONE` while connected, `UNKNOWN` for one that never was.
  std::string disconnect_reason{"UNKNOWN"};
};

class ConnectivityTable {
 public:
  /// `connection` tells connections apart: the end of one that another has replaced changes nothing.
  void connected(const ThingName& thing, std::uint64_t connection, Time now);
  /// The thing that the connection was for, if that changed anything: whatever its device is attached to now.
  std::optional<ThingName> disconnected(std::uint64_t connection, Time now, std::string reason);
  [[nodiscard]] Connectivity of(const ThingName& thing) const;
  /// A new thing of that name has no device before one connects.
  void forget(const ThingName& thing);
  void clear();

 private:
  struct Entry {
    std::uint64_t connection{};
    Connectivity state{};
  };

  mutable std::mutex mutex_;  ///< Held for one look-up.
  std::unordered_map<ThingName, Entry> entries_;
  std::unordered_map<std::uint64_t, ThingName> things_;  ///< Of the connections that live.
};

}  // namespace iotemu::registry::index
