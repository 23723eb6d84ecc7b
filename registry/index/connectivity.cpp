#include "registry/index/connectivity.h"

#include <utility>

namespace iotemu::registry::index {

void ConnectivityTable::connected(const ThingName& thing, std::uint64_t connection, Time now) {
  const std::lock_guard lock{mutex_};
  entries_.insert_or_assign(thing,
                            Entry{.connection = connection,
                                  .state = {.connected = true, .since = now, .disconnect_reason = "NONE"}});
}

bool ConnectivityTable::disconnected(const ThingName& thing, std::uint64_t connection, Time now,
                                     std::string reason) {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(thing);
  if (found == entries_.end() || found->second.connection != connection) return false;
  found->second.state = {.connected = false, .since = now, .disconnect_reason = std::move(reason)};
  return true;
}

Connectivity ConnectivityTable::of(const ThingName& thing) const {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(thing);
  return found == entries_.end() ? Connectivity{} : found->second.state;
}

void ConnectivityTable::forget(const ThingName& thing) {
  const std::lock_guard lock{mutex_};
  entries_.erase(thing);
}

void ConnectivityTable::clear() {
  const std::lock_guard lock{mutex_};
  entries_.clear();
}

}  // namespace iotemu::registry::index
