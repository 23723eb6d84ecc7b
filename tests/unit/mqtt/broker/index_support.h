#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "mqtt/broker/subscription_index.h"

namespace iotemu::mqtt::testing {

inline TopicFilter filter(std::string_view text, const TopicRules& rules = {}) {
  return *TopicFilter::parse(text, rules);
}

inline std::vector<Subscription> sorted(std::vector<Subscription> found) {
  std::sort(found.begin(), found.end(),
            [](const Subscription& a, const Subscription& b) { return a.subscriber < b.subscriber; });
  return found;
}

inline std::vector<Subscription> match(const SubscriptionIndex& index, std::string_view topic) {
  std::vector<Subscription> found;
  index.match(topic, found);
  return sorted(std::move(found));
}

/// Who gets the topic.
inline std::vector<SubscriberId> subscribers(const SubscriptionIndex& index, std::string_view topic) {
  std::vector<SubscriberId> ids;
  for (const Subscription& s : match(index, topic)) ids.push_back(s.subscriber);
  return ids;
}

}  // namespace iotemu::mqtt::testing
