#include "base/task.h"

#include <gtest/gtest.h>

#include <memory>

namespace iotemu {
namespace {

TEST(Task, IsEmptyUntilItHoldsWork) {
  EXPECT_FALSE(Task{});
  EXPECT_TRUE(Task{[] {}});
}

TEST(Task, CarriesWhatCannotBeCopied) {
  int seen = 0;
  Task task{[&seen, owned = std::make_unique<int>(5)] { seen = *owned; }};
  task();
  EXPECT_EQ(seen, 5);
}

TEST(Task, ReleasesWhatItHoldsWhenItIsReplaced) {
  auto held = std::make_shared<int>(1);
  Task task{[held] {}};
  EXPECT_EQ(held.use_count(), 2);
  task = Task{};
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Task, MovesWithoutRunning) {
  int runs = 0;
  Task first{[&runs] { ++runs; }};
  Task second{std::move(first)};
  EXPECT_EQ(runs, 0);
  second();
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace iotemu
