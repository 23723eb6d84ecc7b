#include "mqtt/timer_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>

namespace iotemu::mqtt {
namespace {

using ::testing::ElementsAre;

Tick at(long long ms) {
  return Tick{Duration{ms}};
}

TEST(TimerQueue, FiresInOrderOfTimeThenOfArming) {
  TimerQueue queue;
  std::vector<int> fired;
  Timer a{queue, [&] { fired.push_back(1); }};
  Timer b{queue, [&] { fired.push_back(2); }};
  Timer c{queue, [&] { fired.push_back(3); }};
  c.arm(at(5));
  b.arm(at(5));
  a.arm(at(7));
  EXPECT_EQ(queue.next_due(), at(5));
  queue.fire_due(at(4));
  EXPECT_TRUE(fired.empty());
  queue.fire_due(at(7));
  EXPECT_THAT(fired, ElementsAre(3, 2, 1));
  EXPECT_EQ(queue.next_due(), std::nullopt);
  EXPECT_EQ(queue.earliest(), std::nullopt);
}

TEST(TimerQueue, ReplacesTheInstantOfAnArmedTimer) {
  TimerQueue queue;
  int fired = 0;
  Timer timer{queue, [&] { ++fired; }};
  timer.arm(at(5));
  timer.arm(at(9));
  queue.fire_due(at(8));
  EXPECT_EQ(fired, 0);
  queue.fire_due(at(9));
  queue.fire_due(at(20));
  EXPECT_EQ(fired, 1);
}

TEST(TimerQueue, LetsATimerEndItselfAndArmOthers) {
  TimerQueue queue;
  std::vector<int> fired;
  Timer next{queue, [&] { fired.push_back(2); }};
  std::unique_ptr<Timer> once;
  once = std::make_unique<Timer>(queue, [&] {
    fired.push_back(1);
    next.arm(at(3));
    once.reset();
  });
  once->arm(at(3));
  queue.fire_due(at(3));
  EXPECT_THAT(fired, ElementsAre(1, 2));
}

TEST(TimerQueue, KeepsOrderThroughManyChanges) {
  TimerQueue queue;
  std::mt19937 random{7};
  std::vector<Tick> due(200);
  std::vector<Tick> fired;
  std::vector<std::unique_ptr<Timer>> timers;
  for (std::size_t i = 0; i < due.size(); ++i) {
    timers.push_back(std::make_unique<Timer>(queue, [&, i] { fired.push_back(due[i]); }));
  }
  for (int round = 0; round < 2000; ++round) {
    const std::size_t i = random() % due.size();
    due[i] = at(static_cast<long long>(random() % 1000));
    if (random() % 4 == 0) {
      timers[i]->disarm();
    } else {
      timers[i]->arm(due[i]);
    }
  }
  std::size_t armed = 0;
  for (const auto& timer : timers) armed += timer->armed() ? 1U : 0U;
  queue.fire_due(at(1000));
  EXPECT_EQ(fired.size(), armed);
  EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
}

}  // namespace
}  // namespace iotemu::mqtt
