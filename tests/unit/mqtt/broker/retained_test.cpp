#include "mqtt/broker/retained.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace iotemu::mqtt {
namespace {

using Outcome = RetainedStore::Outcome;

MessagePtr message(std::string topic, std::string payload) {
  return std::make_shared<const Message>(Message{
      .topic = std::move(topic), .payload = std::move(payload), .qos = QoS::at_least_once, .retain = true});
}

MessagePtr for_filter(const RetainedStore& store, std::string_view filter) {
  return store.for_filter(*TopicFilter::parse(filter, {}));
}

TEST(RetainedStore, KeepsTheLastMessageOfATopic) {  // M3-51
  RetainedStore store;
  EXPECT_EQ(store.put(message("a/b", "1")), Outcome::stored);
  EXPECT_EQ(store.put(message("a/b", "2")), Outcome::stored);
  EXPECT_EQ(store.find("a/b")->payload, "2");
  EXPECT_EQ(store.size(), 1U);
}

TEST(RetainedStore, AnswersASubscriptionOnlyWhenTheFilterEqualsTheTopic) {  // M3-52
  RetainedStore store;
  store.put(message("a/b", "on"));
  EXPECT_EQ(for_filter(store, "a/b")->payload, "on");
  for (const std::string_view filter : {"a/+", "a/#", "#", "+/b", "a/B", "a", "a/b/", "$share/g/a/b"}) {
    EXPECT_EQ(for_filter(store, filter), nullptr) << filter;
  }
}

TEST(RetainedStore, DeletesOnAnEmptyPayload) {  // M3-53
  RetainedStore store;
  store.put(message("a", "on"));
  EXPECT_EQ(store.put(message("a", "")), Outcome::deleted);
  EXPECT_EQ(store.find("a"), nullptr);
  EXPECT_EQ(store.put(message("a", "")), Outcome::deleted);
  EXPECT_EQ(store.size(), 0U);
}

TEST(RetainedStore, RefusesANewTopicAtItsCap) {  // M3-56
  RetainedStore store{2};
  store.put(message("a", "1"));
  store.put(message("b", "1"));
  EXPECT_EQ(store.put(message("c", "1")), Outcome::full);
  EXPECT_EQ(store.find("c"), nullptr);
  EXPECT_EQ(store.put(message("b", "2")), Outcome::stored);
  EXPECT_EQ(store.put(message("a", "")), Outcome::deleted);
  EXPECT_EQ(store.put(message("c", "1")), Outcome::stored);
}

TEST(RetainedStore, HoldsNoMoreBytesThanItMay) {
  RetainedStore store{10, 8};
  EXPECT_EQ(store.put(message("a", "123")), Outcome::stored);
  EXPECT_EQ(store.put(message("b", "123")), Outcome::stored);
  EXPECT_EQ(store.put(message("c", "")), Outcome::deleted);
  EXPECT_EQ(store.put(message("c", "1")), Outcome::full);
  EXPECT_EQ(store.put(message("b", "1234")), Outcome::full) << "the topic's former message stays";
  EXPECT_EQ(store.find("b")->payload, "123");
  EXPECT_EQ(store.put(message("b", "1")), Outcome::stored);
  EXPECT_EQ(store.put(message("c", "1")), Outcome::stored);
  EXPECT_EQ(store.put(message("a", "")), Outcome::deleted);
  EXPECT_EQ(store.put(message("d", "123")), Outcome::stored);
  EXPECT_TRUE(store.erase("d"));
  EXPECT_EQ(store.put(message("d", "123")), Outcome::stored);
  store.clear();
  EXPECT_EQ(store.put(message("a", "1234567")), Outcome::stored);
  EXPECT_EQ(store.put(message("a", "12345678")), Outcome::full);
}

TEST(RetainedStore, ForgetsWhatHasExpiredWhenItIsFull) {  // M5-14
  const auto expiring = [](std::string topic, int seconds) {
    return std::make_shared<const Message>(
        Message{.topic = std::move(topic), .payload = "1", .expires = Tick{std::chrono::seconds{seconds}}});
  };
  const auto at = [](int seconds) { return Tick{std::chrono::seconds{seconds}}; };
  RetainedStore store{3};
  store.put(expiring("replaced", 1));
  store.put(message("replaced", "lasts"));
  store.put(expiring("a", 5));
  store.put(expiring("b", 3));
  EXPECT_EQ(store.put(message("c", "1"), at(2)), Outcome::full);
  EXPECT_EQ(store.put(message("c", "1"), at(3)), Outcome::stored) << "in the place of b";
  EXPECT_EQ(store.put(message("d", "1"), at(4)), Outcome::full);
  EXPECT_TRUE(store.erase("a"));
  store.put(message("a", "lasts"));
  EXPECT_EQ(store.put(message("d", "1"), at(9)), Outcome::full);
  EXPECT_EQ(store.find("replaced", at(9))->payload, "lasts");
  EXPECT_EQ(store.size(), 3U);
}

TEST(RetainedStore, IsNotSearchedForEachMessageThatItRefuses) {
  constexpr int kTopics = 100'000;
  RetainedStore store{kTopics};
  for (int i = 0; i < kTopics; ++i) store.put(message("t" + std::to_string(i), "1"));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kTopics; ++i) ASSERT_EQ(store.put(message("new", "1")), Outcome::full);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{10})
      << "a search each takes minutes";
}

TEST(RetainedStore, ListsPagesInTheOrderOfTopics) {
  RetainedStore store;
  for (const char* topic : {"c", "a", "d", "b"}) store.put(message(topic, "x"));
  std::string seen;
  std::string last;
  for (auto page = store.list_after("", 3); !page.empty(); page = store.list_after(last, 3)) {
    for (const MessagePtr& m : page) seen += m->topic;
    last = page.back()->topic;
    seen += ' ';
  }
  EXPECT_EQ(seen, "abc d ");
}

TEST(RetainedStore, ErasesAndClears) {
  RetainedStore store;
  store.put(message("a", "x"));
  store.put(message("b", "x"));
  EXPECT_TRUE(store.erase("a"));
  EXPECT_FALSE(store.erase("a"));
  store.clear();
  EXPECT_EQ(store.size(), 0U);
}

TEST(RetainedStore, LeavesAReaderItsMessage) {
  RetainedStore store;
  store.put(message("a", "old"));
  const MessagePtr held = store.find("a");
  store.put(message("a", "new"));
  store.clear();
  EXPECT_EQ(held->payload, "old");
}

TEST(RetainedStore, MayBeUsedByManyThreads) {
  RetainedStore store;
  std::atomic<bool> whole{true};
  std::thread writer{[&] {
    for (int i = 0; i < 2000; ++i) store.put(message("t" + std::to_string(i % 7), std::to_string(i)));
  }};
  for (int i = 0; i < 2000; ++i) {
    const MessagePtr found = store.find("t" + std::to_string(i % 7));
    if (found && found->payload.empty()) whole.store(false);
  }
  writer.join();
  EXPECT_TRUE(whole.load());
  EXPECT_EQ(store.size(), 7U);
}

}  // namespace
}  // namespace iotemu::mqtt
