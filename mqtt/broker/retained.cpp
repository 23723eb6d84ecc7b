#include "mqtt/broker/retained.h"

#include <mutex>
#include <utility>

namespace iotemu::mqtt {

RetainedStore::Outcome RetainedStore::put(MessagePtr message) {
  const std::unique_lock lock{mutex_};
  const auto known = messages_.find(message->topic);
  const std::size_t old_bytes = known == messages_.end() ? 0 : known->second->bytes();
  if (message->payload.empty()) {
    if (known != messages_.end()) messages_.erase(known);
    bytes_ -= old_bytes;
    return Outcome::deleted;
  }
  const std::size_t bytes = bytes_ - old_bytes + message->bytes();
  if (bytes > max_bytes_) return Outcome::full;
  if (known != messages_.end()) {
    known->second = std::move(message);
  } else {
    if (messages_.size() >= max_messages_) return Outcome::full;
    const std::string& topic = message->topic;
    messages_.emplace(topic, std::move(message));
  }
  bytes_ = bytes;
  return Outcome::stored;
}

MessagePtr RetainedStore::for_filter(const TopicFilter& filter) const {
  if (filter.is_shared() || filter.has_wildcard()) return nullptr;
  return find(filter.str());
}

MessagePtr RetainedStore::find(std::string_view topic) const {
  const std::shared_lock lock{mutex_};
  const auto found = messages_.find(topic);
  return found != messages_.end() ? found->second : nullptr;
}

bool RetainedStore::erase(std::string_view topic) {
  const std::unique_lock lock{mutex_};
  const auto found = messages_.find(topic);
  if (found == messages_.end()) return false;
  bytes_ -= found->second->bytes();
  messages_.erase(found);
  return true;
}

std::vector<MessagePtr> RetainedStore::list_after(std::string_view topic, std::size_t count) const {
  std::vector<MessagePtr> page;
  const std::shared_lock lock{mutex_};
  for (auto at = messages_.upper_bound(topic); at != messages_.end() && page.size() < count; ++at) {
    page.push_back(at->second);
  }
  return page;
}

std::size_t RetainedStore::size() const {
  const std::shared_lock lock{mutex_};
  return messages_.size();
}

void RetainedStore::clear() {
  const std::unique_lock lock{mutex_};
  messages_.clear();
  bytes_ = 0;
}

}  // namespace iotemu::mqtt
