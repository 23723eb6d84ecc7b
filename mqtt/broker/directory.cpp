#include "mqtt/broker/directory.h"

#include <utility>

namespace iotemu::mqtt {

std::optional<SubscriberId> Directory::find(std::string_view client_id) const {
  const Part& in = part(client_id);
  const std::lock_guard lock{in.mutex};
  const auto found = in.owners.find(std::string{client_id});
  if (found == in.owners.end()) return std::nullopt;
  return found->second;
}

std::optional<SubscriberId> Directory::claim(std::string_view client_id, SubscriberId owner) {
  Part& in = part(client_id);
  const std::lock_guard lock{in.mutex};
  const auto [entry, is_new] = in.owners.try_emplace(std::string{client_id}, owner);
  if (is_new) return std::nullopt;
  return std::exchange(entry->second, owner);
}

void Directory::release(std::string_view client_id, SubscriberId owner) {
  Part& in = part(client_id);
  const std::lock_guard lock{in.mutex};
  const auto found = in.owners.find(std::string{client_id});
  if (found != in.owners.end() && found->second == owner) in.owners.erase(found);
}

Directory::Part& Directory::part(std::string_view client_id) {
  return parts_[std::hash<std::string_view>{}(client_id) % kParts];
}

const Directory::Part& Directory::part(std::string_view client_id) const {
  return parts_[std::hash<std::string_view>{}(client_id) % kParts];
}

}  // namespace iotemu::mqtt
