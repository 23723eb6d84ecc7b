#include "mqtt/broker/match_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/mqtt/broker/index_support.h"

namespace iotemu::mqtt::testing {
namespace {

class MatchCacheTest : public ::testing::Test {
 protected:
  SubscriptionIndex index{TopicRules{}};
};

TEST_F(MatchCacheTest, RemembersATopic) {
  index.insert(filter("a"), {.subscriber = 1});
  MatchCache cache{index};
  const MatchResult first = cache.match("a");
  EXPECT_EQ(cache.match("a"), first);
  EXPECT_EQ(cache.hits(), 1U);
  EXPECT_EQ(cache.misses(), 1U);
}

TEST_F(MatchCacheTest, RemembersThatNobodyListens) {
  MatchCache cache{index};
  EXPECT_TRUE(cache.match("a")->empty());
  EXPECT_TRUE(cache.match("a")->empty());
  EXPECT_EQ(cache.hits(), 1U);
}

TEST_F(MatchCacheTest, AsksAgainAfterAChange) {
  MatchCache cache{index};
  EXPECT_TRUE(cache.match("a")->empty());
  index.insert(filter("a"), {.subscriber = 1});
  EXPECT_EQ(cache.match("a")->size(), 1U);
  index.erase(filter("a"), 1);
  EXPECT_TRUE(cache.match("a")->empty());
  EXPECT_EQ(cache.hits(), 0U);
}

TEST_F(MatchCacheTest, LeavesAnOldResultAsItWas) {
  index.insert(filter("a"), {.subscriber = 1});
  MatchCache cache{index};
  const MatchResult before = cache.match("a");
  index.clear();
  EXPECT_TRUE(cache.match("a")->empty());
  EXPECT_EQ(before->size(), 1U);
}

TEST_F(MatchCacheTest, AnswersRightWhenTooManyTopicsShareItsSlots) {
  for (SubscriberId id = 0; id < 10; ++id) index.insert(filter("t" + std::to_string(id)), {.subscriber = id});
  MatchCache cache{index, {.topics = 1}};
  for (int round = 0; round < 3; ++round) {
    for (SubscriberId id = 0; id < 10; ++id) {
      EXPECT_EQ(cache.match("t" + std::to_string(id))->front().subscriber, id);
    }
    EXPECT_TRUE(cache.match("nobody")->empty());
  }
  EXPECT_GT(cache.misses(), 11U);
}

TEST_F(MatchCacheTest, KeepsAsManyTopicsAsItHasSlots) {
  MatchCache cache{index, {.topics = 1}};
  for (int round = 0; round < 2; ++round) {
    for (const char* topic : {"a", "b", "c", "d"}) EXPECT_TRUE(cache.match(topic)->empty());
  }
  EXPECT_EQ(cache.misses(), 4U);
  EXPECT_EQ(cache.hits(), 4U);
}

TEST_F(MatchCacheTest, DoesNotKeepAResultAboveItsBound) {
  for (SubscriberId id = 0; id < 5; ++id) index.insert(filter("a"), {.subscriber = id});
  MatchCache cache{index, {.topics = 8, .subscribers = 4}};
  EXPECT_EQ(cache.match("a")->size(), 5U);
  EXPECT_EQ(cache.match("a")->size(), 5U);
  EXPECT_EQ(cache.hits(), 0U);
}

TEST_F(MatchCacheTest, StartsAnewWhenItsSubscribersPassTheBound) {
  for (SubscriberId id = 0; id < 3; ++id) index.insert(filter("#"), {.subscriber = id});
  MatchCache cache{index, {.topics = 1024, .subscribers = 6}};
  // Whatever slots they fall in, at most two of these results are held at a time.
  for (int i = 0; i < 100; ++i) EXPECT_EQ(cache.match("t" + std::to_string(i))->size(), 3U);
  std::uint64_t still_known = 0;
  for (int i = 99; i >= 0 && still_known < 3; --i) {
    const std::uint64_t before = cache.hits();
    EXPECT_EQ(cache.match("t" + std::to_string(i))->size(), 3U);
    if (cache.hits() == before) break;
    ++still_known;
  }
  EXPECT_GE(still_known, 1U);
  EXPECT_LE(still_known, 2U);
}

}  // namespace
}  // namespace iotemu::mqtt::testing
