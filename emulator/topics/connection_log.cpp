#include "emulator/topics/connection_log.h"

namespace iotemu::topics {

void ConnectionLog::connected(const mqtt::ConnectionFacts& facts) {
  const std::lock_guard lock{mutex_};
  forget_stale();
  auto& entry = entries_[facts.client_id];
  if (entry.place) ended_.erase(*entry.place);
  entry = {.connection = {.facts = facts, .connected_since = clock_.now()}};
}

void ConnectionLog::disconnected(const mqtt::ConnectionFacts& facts, mqtt::CloseReason reason) {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(facts.client_id);
  // A client that was taken over has a younger connection; one of before a reset has none.
  if (found == entries_.end() || found->second.connection.facts.connection_id != facts.connection_id) return;
  auto& [connection, forget_at, place] = found->second;
  connection.disconnected_since = clock_.now();
  connection.reason = reason;
  forget_at = clock_.tick() + (facts.persistent ? session_memory_ : kMemory);
  if (!place) place = ended_.insert(ended_.end(), facts.client_id);
  if (ended_.size() <= max_ended_) return;
  entries_.erase(ended_.front());
  ended_.pop_front();
}

std::optional<LoggedConnection> ConnectionLog::find(const std::string& client_id) const {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(client_id);
  if (found == entries_.end()) return std::nullopt;
  if (found->second.forget_at && *found->second.forget_at <= clock_.tick()) return std::nullopt;
  return found->second.connection;
}

void ConnectionLog::reset() {
  const std::lock_guard lock{mutex_};
  entries_.clear();
  ended_.clear();
}

void ConnectionLog::forget_stale() {
  const Tick now = clock_.tick();
  if (now < sweep_at_) return;
  sweep_at_ = now + kMemory;
  std::erase_if(entries_, [&](const auto& entry) {
    if (!entry.second.forget_at || *entry.second.forget_at > now) return false;
    ended_.erase(*entry.second.place);
    return true;
  });
}

}  // namespace iotemu::topics
