#include "mqtt/broker/retained.h"

#include <mutex>
#include <utility>

namespace iotemu::mqtt {

RetainedStore::Outcome RetainedStore::put(MessagePtr message) {
  const std::unique_lock lock{mutex_};
  if (message->payload.empty()) {
    messages_.erase(message->topic);
    return Outcome::deleted;
  }
  const auto known = messages_.find(message->topic);
  if (known != messages_.end()) {
    known->second = std::move(message);
    return Outcome::stored;
  }
  if (messages_.size() >= max_messages_) return Outcome::full;
  const std::string& topic = message->topic;
  messages_.emplace(topic, std::move(message));
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
}

}  // namespace iotemu::mqtt
