#include "emulator/topics/message_log.h"

#include <algorithm>
#include <utility>

#include "mqtt/broker/topic.h"

namespace iotemu::topics {

std::vector<ReceivedMessage> MessageRecord::messages() const {
  const std::lock_guard lock{mutex_};
  return messages_;
}

void MessageRecord::add(const mqtt::Message& message) {
  const std::lock_guard lock{mutex_};
  if (messages_.size() >= kMaxMessages) return;
  messages_.push_back({.topic = message.topic,
                       .payload = message.payload,
                       .qos = static_cast<int>(message.qos),
                       .retain = message.retain});
}

std::shared_ptr<const MessageRecord> MessageLog::record(std::string filter) {
  auto record = std::make_shared<MessageRecord>(std::move(filter));
  const std::lock_guard lock{mutex_};
  records_.push_back(record);
  asked_ = true;
  return record;
}

bool MessageLog::wants(std::string_view topic) const {
  if (!asked_.load(std::memory_order_acquire)) return false;
  const std::shared_lock lock{mutex_};
  return std::ranges::any_of(records_, [&](const auto& record) {
    return mqtt::matches(record->filter(), topic, mqtt::TopicRules{});
  });
}

void MessageLog::add(const mqtt::Message& message) {
  const std::shared_lock lock{mutex_};
  for (const auto& record : records_) {
    if (mqtt::matches(record->filter(), message.topic, mqtt::TopicRules{})) record->add(message);
  }
}

}  // namespace iotemu::topics
