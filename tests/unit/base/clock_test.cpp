#include "base/clock.h"

#include <gtest/gtest.h>

#include "base/iso_time.h"
#include "base/manual_clock.h"

namespace iotemu {
namespace {

using std::chrono_literals::operator""s;

TEST(ManualClock, StandsStillUntilItIsMoved) {
  const ManualClock clock;
  EXPECT_EQ(clock.now(), ManualClock::kStart);
  EXPECT_EQ(clock.now(), clock.now());
}

TEST(ManualClock, MovesBothTimeLinesTogether) {
  ManualClock clock;
  const auto date = clock.now();
  const auto tick = clock.tick();
  clock.advance(90s);
  EXPECT_EQ(clock.now() - date, 90s);
  EXPECT_EQ(clock.tick() - tick, 90s);
}

TEST(Clock, WritesTheEpochAsEventsAndTheApiCarryIt) {
  const Time time{Duration{1'569'365'372'053}};
  EXPECT_EQ(epoch_ms(time), 1'569'365'372'053);
  EXPECT_DOUBLE_EQ(epoch_seconds(time), 1569365372.053);
  EXPECT_EQ(iso_time(time), "2019-09-24T22:49:32Z");
}

TEST(SystemClock, NeverTicksBackwards) {
  const SystemClock clock;
  const auto before = clock.tick();
  EXPECT_GE(clock.tick(), before);
  EXPECT_GT(clock.now(), ManualClock::kStart - std::chrono::hours{24 * 365});
}

}  // namespace
}  // namespace iotemu
