#include "mqtt/broker/subscription_index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "mqtt/broker/match_cache.h"
#include "tests/unit/mqtt/broker/index_support.h"

namespace iotemu::mqtt::testing {
namespace {

using Ids = std::vector<SubscriberId>;
using Found = std::vector<Subscription>;

TEST(SubscriptionIndex, FindsNobodyWhenEmpty) {
  const SubscriptionIndex index{TopicRules{}};
  EXPECT_EQ(subscribers(index, "a/b"), Ids{});
  EXPECT_EQ(index.size(), 0U);
}

TEST(SubscriptionIndex, FindsExactFiltersAndWildcards) {  // M3-32
  SubscriptionIndex index{TopicRules{}};
  index.insert(filter("a/b"), {.subscriber = 1});
  index.insert(filter("a/+"), {.subscriber = 2});
  index.insert(filter("a/#"), {.subscriber = 3});
  index.insert(filter("#"), {.subscriber = 4});
  index.insert(filter("+/b"), {.subscriber = 5});
  index.insert(filter("b"), {.subscriber = 6});
  EXPECT_EQ(subscribers(index, "a/b"), (Ids{1, 2, 3, 4, 5}));
  EXPECT_EQ(subscribers(index, "a/c"), (Ids{2, 3, 4}));
  EXPECT_EQ(subscribers(index, "a"), (Ids{4}));
  EXPECT_EQ(subscribers(index, "a/"), (Ids{2, 3, 4}));
  EXPECT_EQ(subscribers(index, "b"), (Ids{4, 6}));
  EXPECT_EQ(subscribers(index, "x/b"), (Ids{4, 5}));
}

TEST(SubscriptionIndex, KeepsWildcardsAwayFromDollarTopics) {  // M3-32
  SubscriptionIndex index{TopicRules{}};
  index.insert(filter("#"), {.subscriber = 1});
  index.insert(filter("+/x"), {.subscriber = 2});
  index.insert(filter("$sys/#"), {.subscriber = 3});
  EXPECT_EQ(subscribers(index, "$sys/x"), (Ids{3}));
}

TEST(SubscriptionIndex, LetsAHashMatchItsParentWhenTheRulesSaySo) {
  const TopicRules rules{.hash_matches_parent = true};
  SubscriptionIndex index{rules};
  index.insert(filter("a/#", rules), {.subscriber = 1});
  EXPECT_EQ(subscribers(index, "a"), (Ids{1}));
}

TEST(SubscriptionIndex, TakesOverlappingSubscriptionsAsOneAtTheHighestQos) {  // M3-35
  SubscriptionIndex index{TopicRules{}};
  index.insert(filter("a/b"), {.subscriber = 1, .qos = QoS::at_most_once, .no_local = true});
  index.insert(filter("a/#"), {.subscriber = 1, .qos = QoS::at_least_once, .retain_as_published = true});
  index.insert(filter("+/b"), {.subscriber = 2, .qos = QoS::at_most_once, .no_local = true});
  index.insert(filter("#"), {.subscriber = 2, .qos = QoS::at_most_once, .no_local = true});
  EXPECT_EQ(
      match(index, "a/b"),
      (Found{{.subscriber = 1, .qos = QoS::at_least_once, .no_local = false, .retain_as_published = true},
             {.subscriber = 2, .qos = QoS::at_most_once, .no_local = true}}));
}

TEST(SubscriptionIndex, ReplacesTheQosOfTheSameFilter) {  // M3-31
  SubscriptionIndex index{TopicRules{}};
  EXPECT_TRUE(index.insert(filter("a"), {.subscriber = 1, .qos = QoS::at_least_once}));
  EXPECT_FALSE(index.insert(filter("a"), {.subscriber = 1, .qos = QoS::at_most_once}));
  EXPECT_EQ(match(index, "a"), (Found{{.subscriber = 1, .qos = QoS::at_most_once}}));
  EXPECT_EQ(index.size(), 1U);
}

TEST(SubscriptionIndex, ForgetsWhatIsErased) {
  SubscriptionIndex index{TopicRules{}};
  for (const std::string_view text : {"a", "a/b", "a/+", "a/#", "+/b/c", "#"}) {
    index.insert(filter(text), {.subscriber = 1});
    index.insert(filter(text), {.subscriber = 2});
  }
  for (const std::string_view text : {"a", "a/b", "a/+", "a/#", "+/b/c", "#"}) {
    EXPECT_TRUE(index.erase(filter(text), 1)) << text;
    EXPECT_FALSE(index.erase(filter(text), 1)) << text;
  }
  EXPECT_EQ(subscribers(index, "a/b"), (Ids{2}));
  EXPECT_EQ(index.size(), 6U);
}

TEST(SubscriptionIndex, AnswersThatNothingWasErasedForUnknownFilters) {  // M3-36
  SubscriptionIndex index{TopicRules{}};
  index.insert(filter("a/b/c"), {.subscriber = 1});
  for (const std::string_view text : {"a", "a/b", "a/b/c/d", "a/+", "#", "a/#", "x"}) {
    EXPECT_FALSE(index.erase(filter(text), 1)) << text;
  }
  EXPECT_FALSE(index.erase(filter("a/b/c"), 2));
  EXPECT_EQ(subscribers(index, "a/b/c"), (Ids{1}));
}

TEST(SubscriptionIndex, PutsASharedFilterUnderItsPattern) {
  SubscriptionIndex index{TopicRules{}};
  index.insert(filter("$share/g/a/+"), {.subscriber = 9});
  EXPECT_EQ(subscribers(index, "a/b"), (Ids{9}));
  EXPECT_EQ(subscribers(index, "$share/g/a/b"), Ids{});
}

TEST(SubscriptionIndex, MovesItsGenerationWithEveryChangeAndOnlyThen) {
  SubscriptionIndex index{TopicRules{}};
  std::uint64_t last = index.generation();
  const auto moved = [&] {
    const std::uint64_t now = index.generation();
    return std::exchange(last, now) != now;
  };
  index.insert(filter("a"), {.subscriber = 1});
  EXPECT_TRUE(moved());
  index.insert(filter("a"), {.subscriber = 1});
  EXPECT_FALSE(moved());
  index.insert(filter("a"), {.subscriber = 1, .qos = QoS::at_least_once});
  EXPECT_TRUE(moved());
  index.erase(filter("a"), 2);
  EXPECT_FALSE(moved());
  index.erase(filter("a"), 1);
  EXPECT_TRUE(moved());
  index.clear();
  EXPECT_TRUE(moved());
}

TEST(SubscriptionIndex, IsEmptyAfterClear) {
  SubscriptionIndex index{TopicRules{}};
  index.insert(filter("a/#"), {.subscriber = 1});
  index.clear();
  EXPECT_EQ(subscribers(index, "a/b"), Ids{});
  EXPECT_EQ(index.size(), 0U);
}

TEST(SubscriptionIndex, HoldsManySubscribersOfOneFilter) {
  SubscriptionIndex index{TopicRules{}};
  const auto everyone = filter("news");
  for (SubscriberId id = 0; id < 1000; ++id) index.insert(everyone, {.subscriber = id});
  for (SubscriberId id = 0; id < 1000; id += 2) EXPECT_TRUE(index.erase(everyone, id));
  Ids odd;
  for (SubscriberId id = 1; id < 1000; id += 2) odd.push_back(id);
  EXPECT_EQ(subscribers(index, "news"), odd);
  for (const SubscriberId id : odd) EXPECT_TRUE(index.erase(everyone, id));
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(subscribers(index, "news"), Ids{});
}

/// Random subscriptions beside the plain definition: the same answers, cached and not, whatever comes and
/// goes.
class RandomisedIndex : public ::testing::TestWithParam<unsigned> {
 protected:
  explicit RandomisedIndex(bool hash_matches_parent = GetParam() % 2 == 1)
      : rules_{.hash_matches_parent = hash_matches_parent}, index_{rules_}, cache_{index_, {.topics = 16}} {}

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  std::string random_levels(const std::vector<std::string>& alphabet) {
    std::string text;
    const std::size_t count = 1 + below(4);
    for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : "/") + alphabet[below(alphabet.size())];
    return text;
  }

  std::string random_filter() {
    std::string text = random_levels({"a", "b", "", "+", "$s"});
    if (below(4) == 0) text += "/#";
    return below(20) == 0 || text.empty() ? "#" : text;
  }

  std::string random_topic() {
    const std::string text = random_levels({"a", "b", "", "$s"});
    return text.empty() ? "/" : text;
  }

  Found expected(std::string_view topic) const {
    std::map<SubscriberId, Subscription> found;
    for (const auto& [key, subscription] : model_) {
      if (!matches(key.first, topic, rules_)) continue;
      const auto [at, is_new] = found.emplace(key.second, subscription);
      if (!is_new) at->second.qos = std::max(at->second.qos, subscription.qos);
    }
    Found all;
    for (const auto& [id, subscription] : found) all.push_back(subscription);
    return all;
  }

  void change_something() {
    const auto text = random_filter();
    const SubscriberId id = below(40);
    if (below(3) == 0) {
      EXPECT_EQ(index_.erase(filter(text, rules_), id), model_.erase({text, id}) > 0);
      return;
    }
    const Subscription subscription{.subscriber = id, .qos = static_cast<QoS>(below(2))};
    const bool is_new = model_.count({text, id}) == 0;
    EXPECT_EQ(index_.insert(filter(text, rules_), subscription), is_new);
    model_[{text, id}] = subscription;
  }

  std::mt19937 random_{GetParam()};
  TopicRules rules_;
  SubscriptionIndex index_;
  MatchCache cache_;
  std::map<std::pair<std::string, SubscriberId>, Subscription> model_;
};

TEST_P(RandomisedIndex, AgreesWithTheDefinitionCachedAndUncached) {
  for (int step = 0; step < 600; ++step) {
    change_something();
    for (int i = 0; i < 4; ++i) {
      const std::string topic = random_topic();
      const Found wanted = expected(topic);
      ASSERT_EQ(match(index_, topic), wanted) << topic;
      ASSERT_EQ(sorted(*cache_.match(topic)), wanted) << topic;
      ASSERT_EQ(sorted(*cache_.match(topic)), wanted) << topic;
    }
  }
  EXPECT_EQ(index_.size(), model_.size());
  EXPECT_GT(cache_.hits(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomisedIndex, ::testing::Range(0U, 8U));

TEST(SubscriptionIndex, MayBeReadWhileItIsWritten) {
  SubscriptionIndex index{TopicRules{}};
  index.insert(filter("a/b"), {.subscriber = 0});
  std::atomic<bool> done{false};
  std::atomic<bool> always_found{true};
  std::thread reader{[&] {
    MatchCache cache{index};
    while (!done.load()) {
      const MatchResult result = cache.match("a/b");
      if (result->empty()) always_found.store(false);
    }
  }};
  for (SubscriberId id = 1; id < 500; ++id) {
    index.insert(filter("a/+"), {.subscriber = id});
    index.insert(filter("a/b"), {.subscriber = id});
    if (id % 3 == 0) index.erase(filter("a/+"), id - 1);
  }
  done.store(true);
  reader.join();
  EXPECT_TRUE(always_found.load());
  EXPECT_EQ(subscribers(index, "a/b").size(), 500U);
}

}  // namespace
}  // namespace iotemu::mqtt::testing
