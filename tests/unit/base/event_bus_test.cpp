#include "base/event_bus.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

#include "base/thread_executor.h"

namespace iotemu {
namespace {

using std::chrono_literals::operator""s;

struct Counted {
  int number{0};
};
struct Other {};

class EventBusTest : public ::testing::Test {
 protected:
  void settle() { ASSERT_TRUE(counter.wait_idle(std::chrono::milliseconds{10s})); }

  WorkCounter counter;
  EventBus bus;
  ThreadExecutor executor{counter, "events", 1};
};

TEST_F(EventBusTest, DeliversEventsInTheOrderOfPublishing) {
  std::vector<int> seen;
  bus.subscribe<Counted>(executor, [&seen](const Counted& event) { seen.push_back(event.number); });
  for (int i = 0; i < 100; ++i) bus.publish(Counted{i});
  settle();
  ASSERT_EQ(seen.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST_F(EventBusTest, NeverCallsASubscriberOnThePublishersStack) {
  std::thread::id called_on;
  bus.subscribe<Counted>(executor, [&](const Counted&) { called_on = std::this_thread::get_id(); });
  bus.publish(Counted{});
  settle();
  EXPECT_NE(called_on, std::thread::id{});
  EXPECT_NE(called_on, std::this_thread::get_id());
}

TEST_F(EventBusTest, MayBePublishedToUnderALockThatTheSubscriberTakes) {
  std::mutex lock;
  int seen = 0;
  bus.subscribe<Counted>(executor, [&](const Counted& event) {
    const std::lock_guard guard{lock};
    seen = event.number;
  });
  {
    const std::lock_guard guard{lock};
    bus.publish(Counted{7});
  }
  settle();
  EXPECT_EQ(seen, 7);
}

TEST_F(EventBusTest, LetsASubscriberPublishFromItsHandler) {
  std::vector<int> seen;
  bus.subscribe<Counted>(executor, [&](const Counted& event) {
    seen.push_back(event.number);
    if (event.number < 3) bus.publish(Counted{event.number + 1});
  });
  bus.publish(Counted{1});
  settle();
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
}

TEST_F(EventBusTest, TellsEverySubscriberOfATypeAndNoOther) {
  int first = 0;
  int second = 0;
  int other = 0;
  bus.subscribe<Counted>(executor, [&](const Counted&) { ++first; });
  bus.subscribe<Counted>(executor, [&](const Counted&) { ++second; });
  bus.subscribe<Other>(executor, [&](const Other&) { ++other; });
  bus.publish(Counted{});
  settle();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
  EXPECT_EQ(other, 0);
}

TEST_F(EventBusTest, KeepsEachPublishersOrderWhenSeveralPublish) {
  std::vector<int> seen;
  bus.subscribe<Counted>(executor, [&seen](const Counted& event) { seen.push_back(event.number); });
  const auto publish_hundred = [this](int from) {
    for (int i = 0; i < 100; ++i) bus.publish(Counted{from + i});
  };
  std::thread left{publish_hundred, 0};
  std::thread right{publish_hundred, 1000};
  left.join();
  right.join();
  settle();
  ASSERT_EQ(seen.size(), 200U);
  int next_left = 0;
  int next_right = 1000;
  for (const int number : seen) EXPECT_EQ(number, number < 1000 ? next_left++ : next_right++);
}

}  // namespace
}  // namespace iotemu
