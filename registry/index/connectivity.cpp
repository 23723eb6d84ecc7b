#include "registry/index/connectivity.h"

#include <utility>

namespace iotemu::registry::index {

void ConnectivityTable::connected(const ThingName& thing, std::uint64_t connection, Time now) {
  const std::lock_guard lock{mutex_};
  things_.insert_or_assign(connection, thing);
  entries_.insert_or_assign(thing,
                            Entry{.connection = connection,
                                  .state = {.connected = true, .since = now, .disconnect_reason = "NONE"}});
}

std::optional<ThingName> ConnectivityTable::disconnected(std::uint64_t connection, Time now,
                                                         std::string reason) {
  const std::lock_guard lock{mutex_};
  auto ended = things_.extract(connection);
  if (ended.empty()) return std::nullopt;
  const auto found = entries_.find(ended.mapped());
  if (found == entries_.end() || found->second.connection != connection) return std::nullopt;
  found->second.state = {.connected = false, .since = now, .disconnect_reason = std::move(reason)};
  return std::move(ended.mapped());
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
  things_.clear();
}

}  // namespace iotemu::registry::index
