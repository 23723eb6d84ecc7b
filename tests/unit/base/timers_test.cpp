#include "base/timers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "base/thread_executor.h"

namespace iotemu {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ManualTimers : public ::testing::Test {
 protected:
  auto note(std::string word) {
    return [this, word = std::move(word)] { fired.push_back(word); };
  }
  void settle() { ASSERT_TRUE(work.wait_idle(seconds{30})); }

  ManualClock clock;
  WorkCounter work;
  std::vector<std::string> fired;  // written on the executor's one thread, read when it is idle
  ThreadExecutor executor{work, "timers-test", 1};
  Timers timers{clock, executor, true};
};

TEST_F(ManualTimers, NothingHappensBeforeItsOwnerSaysSo) {
  timers.after(seconds{5}, note("five"));
  clock.advance(seconds{10});
  settle();
  EXPECT_THAT(fired, IsEmpty()) << "waiting is not work, and time alone fires nothing";
  timers.fire_due();
  settle();
  EXPECT_THAT(fired, ElementsAre("five"));
}

TEST_F(ManualTimers, FireInTheOrderOfTheirInstantsAndWithinOneInTheOrderOfTheCalls) {
  timers.after(seconds{3}, note("three"));
  timers.after(seconds{1}, note("one"));
  timers.after(seconds{1}, note("one again"));
  timers.after(seconds{9}, note("nine"));
  EXPECT_EQ(timers.next_due(), clock.tick() + seconds{1});
  clock.advance(seconds{3});
  timers.fire_due();
  settle();
  EXPECT_THAT(fired, ElementsAre("one", "one again", "three"));
  EXPECT_EQ(timers.next_due(), clock.tick() + seconds{6});
}

TEST_F(ManualTimers, WhatIsDueAlreadyRunsAtOnce) {
  timers.after(seconds{0}, note("now"));
  settle();
  EXPECT_THAT(fired, ElementsAre("now"));
  EXPECT_EQ(timers.next_due(), std::nullopt);
}

TEST_F(ManualTimers, AreForgottenWhenTheyStop) {
  timers.after(seconds{1}, note("before"));
  timers.stop();
  timers.after(seconds{0}, note("after"));
  clock.advance(seconds{2});
  timers.fire_due();
  settle();
  EXPECT_THAT(fired, IsEmpty());
}

TEST(Timers, FireByThemselvesInRealTime) {
  SystemClock clock;
  WorkCounter work;
  ThreadExecutor executor{work, "timers-test", 1};
  Timers timers{clock, executor, false};
  std::promise<void> late;
  std::promise<void> early;
  timers.after(std::chrono::hours{1}, [&] { late.set_value(); });
  timers.after(milliseconds{1}, [&] { early.set_value(); });
  EXPECT_EQ(early.get_future().wait_for(seconds{30}), std::future_status::ready)
      << "a later timer does not hold up an earlier one";
  timers.stop();
  EXPECT_EQ(late.get_future().wait_for(seconds{0}), std::future_status::timeout);
}

}  // namespace
}  // namespace iotemu
