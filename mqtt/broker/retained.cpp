#include "mqtt/broker/retained.h"

#include <mutex>
#include <utility>

namespace iotemu::mqtt {

bool RetainedStore::fits(const Message& message) const {
  const auto known = messages_.find(message.topic);
  const bool is_new = known == messages_.end();
  const std::size_t old_bytes = is_new ? 0 : known->second->bytes();
  return bytes_ - old_bytes + message.bytes() <= max_bytes_ && (!is_new || messages_.size() < max_messages_);
}

void RetainedStore::forget_expired(Tick now) {
  while (!expiring_.empty() && expiring_.begin()->first <= now) {
    forget(messages_.find(expiring_.begin()->second));
  }
}

void RetainedStore::forget(Messages::iterator at) {
  forget_expiry(at);
  bytes_ -= at->second->bytes();
  messages_.erase(at);
}

void RetainedStore::mind_expiry(Messages::const_iterator at) {
  if (at->second->expires) expiring_.emplace(*at->second->expires, at->first);
}

void RetainedStore::forget_expiry(Messages::const_iterator at) {
  if (at->second->expires) expiring_.erase({*at->second->expires, at->first});
}

RetainedStore::Outcome RetainedStore::put(MessagePtr message, Tick now) {
  const std::unique_lock lock{mutex_};
  if (!message->payload.empty() && !fits(*message)) {
    forget_expired(now);  // only now: nobody else minds them
    if (!fits(*message)) return Outcome::full;
  }
  auto at = messages_.find(message->topic);
  if (message->payload.empty()) {
    if (at != messages_.end()) forget(at);
    return Outcome::deleted;
  }
  bytes_ += message->bytes();
  if (at != messages_.end()) {
    forget_expiry(at);
    bytes_ -= at->second->bytes();
    at->second = std::move(message);
  } else {
    const std::string& topic = message->topic;
    at = messages_.emplace(topic, std::move(message)).first;
  }
  mind_expiry(at);
  return Outcome::stored;
}

MessagePtr RetainedStore::for_filter(const TopicFilter& filter, Tick now) const {
  if (filter.is_shared() || filter.has_wildcard()) return nullptr;
  return find(filter.str(), now);
}

MessagePtr RetainedStore::find(std::string_view topic, Tick now) const {
  const std::shared_lock lock{mutex_};
  const auto found = messages_.find(topic);
  return found != messages_.end() && !found->second->expired(now) ? found->second : nullptr;
}

bool RetainedStore::erase(std::string_view topic) {
  const std::unique_lock lock{mutex_};
  const auto found = messages_.find(topic);
  if (found == messages_.end()) return false;
  forget(found);
  return true;
}

std::vector<MessagePtr> RetainedStore::list_after(std::string_view topic, std::size_t count, Tick now) const {
  std::vector<MessagePtr> page;
  const std::shared_lock lock{mutex_};
  for (auto at = messages_.upper_bound(topic); at != messages_.end() && page.size() < count; ++at) {
    if (!at->second->expired(now)) page.push_back(at->second);
  }
  return page;
}

std::size_t RetainedStore::size() const {
  const std::shared_lock lock{mutex_};
  return messages_.size();
}

void RetainedStore::clear() {
  const std::unique_lock lock{mutex_};
  expiring_.clear();
  messages_.clear();
  bytes_ = 0;
}

}  // namespace iotemu::mqtt
