#include "base/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "base/thread_executor.h"

namespace iotemu {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

TEST(WorkCounter, IsIdleWhenNothingWasPosted) {
  WorkCounter counter;
  EXPECT_TRUE(counter.wait_idle(0ms));
}

TEST(WorkCounter, IsNotIdleWhileWorkIsUnfinished) {
  WorkCounter counter;
  counter.add(2);
  counter.done();
  EXPECT_FALSE(counter.wait_idle(1ms));
  counter.done();
  EXPECT_TRUE(counter.wait_idle(0ms));
}

TEST(WorkToken, HoldsTheCounterUpWhileItLives) {
  WorkCounter counter;
  {
    const WorkToken token{counter};
    EXPECT_FALSE(counter.wait_idle(0ms));
  }
  EXPECT_TRUE(counter.wait_idle(0ms));
}

TEST(WorkToken, CountsOnceWhenMoved) {
  WorkCounter counter;
  {
    WorkToken first{counter};
    const WorkToken second{std::move(first)};
    EXPECT_FALSE(counter.wait_idle(0ms));
  }
  EXPECT_TRUE(counter.wait_idle(0ms));
}

TEST(WorkToken, ReleasesItsOwnWorkWhenAnotherIsAssignedToIt) {
  WorkCounter old_work;
  WorkCounter new_work;
  WorkToken token{old_work};
  WorkToken other{new_work};
  token = std::move(other);
  EXPECT_TRUE(old_work.wait_idle(0ms));
  EXPECT_FALSE(new_work.wait_idle(0ms));
}

TEST(ThreadExecutor, RunsTasksInTheOrderTheyWerePosted) {
  WorkCounter counter;
  std::vector<int> seen;
  {
    ThreadExecutor executor{counter, "ordered", 1};
    for (int i = 0; i < 1000; ++i) executor.post([&seen, i] { seen.push_back(i); });
    ASSERT_TRUE(counter.wait_idle(10s));
  }
  ASSERT_EQ(seen.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(ThreadExecutor, NeverRunsATaskInsideThePost) {
  WorkCounter counter;
  ThreadExecutor executor{counter, "later", 1};
  std::thread::id ran_on;
  executor.post([&ran_on] { ran_on = std::this_thread::get_id(); });
  ASSERT_TRUE(counter.wait_idle(10s));
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(ThreadExecutor, RunsATaskPostedByATaskAfterIt) {
  WorkCounter counter;
  ThreadExecutor executor{counter, "nested", 1};
  std::vector<int> seen;
  executor.post([&] {
    executor.post([&seen] { seen.push_back(2); });
    seen.push_back(1);
  });
  ASSERT_TRUE(counter.wait_idle(10s));
  EXPECT_EQ(seen, (std::vector<int>{1, 2}));
}

TEST(ThreadExecutor, IsIdleOnlyWhenWorkHandedOnIsFinishedToo) {
  WorkCounter counter;
  ThreadExecutor first{counter, "first", 1};
  ThreadExecutor second{counter, "second", 1};
  std::atomic<int> hops{0};
  std::function<void(int)> hop = [&](int left) {
    ++hops;
    if (left > 0) (left % 2 == 0 ? first : second).post([&hop, left] { hop(left - 1); });
  };
  first.post([&hop] { hop(500); });
  ASSERT_TRUE(counter.wait_idle(10s));
  EXPECT_EQ(hops, 501);
}

TEST(ThreadExecutor, ReleasesWhatATaskHoldsBeforeItCountsAsDone) {
  WorkCounter counter;
  ThreadExecutor executor{counter, "release", 1};
  auto held = std::make_shared<int>(1);
  executor.post([held] {});
  ASSERT_TRUE(counter.wait_idle(10s));
  EXPECT_EQ(held.use_count(), 1);
}

TEST(ThreadExecutor, RunsWhatIsQueuedBeforeItIsDestroyed) {
  WorkCounter counter;
  std::atomic<int> runs{0};
  {
    ThreadExecutor executor{counter, "drain", 2};
    std::promise<void> gate;
    const auto open = gate.get_future().share();
    for (int i = 0; i < 50; ++i) {
      executor.post([&runs, open] {
        open.wait();
        ++runs;
      });
    }
    gate.set_value();
  }
  EXPECT_EQ(runs, 50);
}

TEST(ThreadExecutor, WorksInParallelWithSeveralThreads) {
  WorkCounter counter;
  ThreadExecutor executor{counter, "a pool with a name longer than the kernel keeps", 2};
  std::promise<void> met;
  std::promise<void> also_met;
  auto seen_by_first = also_met.get_future();
  auto seen_by_second = met.get_future();
  std::atomic<int> meetings{0};
  executor.post([&] {
    met.set_value();
    if (seen_by_first.wait_for(10s) == std::future_status::ready) ++meetings;
  });
  executor.post([&] {
    also_met.set_value();
    if (seen_by_second.wait_for(10s) == std::future_status::ready) ++meetings;
  });
  ASSERT_TRUE(counter.wait_idle(30s));
  EXPECT_EQ(meetings, 2);
}

}  // namespace
}  // namespace iotemu
