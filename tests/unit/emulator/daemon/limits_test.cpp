#include "emulator/daemon/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iotemu::daemon {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// M section 10.
TEST(Limits, AreSetByNameNumbersAndSeconds) {
  Options options;
  ASSERT_TRUE(set_limit(options, "filters_per_subscribe", "20"));
  ASSERT_TRUE(set_limit(options, "session_expiry_s", "60"));
  EXPECT_EQ(options.limits.filters_per_subscribe, 20U);
  EXPECT_EQ(options.limits.session_expiry, 60s);
}

TEST(Limits, RefuseWhatIsNoNumberOrOutOfBounds) {
  Options options;
  for (const char* value : {"", "x", "-1", "0", "65536", "10s"}) {
    const auto done = set_limit(options, "in_flight", value);
    ASSERT_FALSE(done) << value;
    EXPECT_THAT(done.error().message, HasSubstr("expected a number from 1 to 65535"));
  }
  EXPECT_EQ(options.limits.in_flight, Limits{}.in_flight);
}

TEST(Limits, UnknownNameIsAnsweredWithAllThatThereAre) {
  Options options;
  const auto done = set_limit(options, "topics", "1");
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("topic_bytes, topic_slashes"));
}

TEST(Limits, AreDescribedInTheHelpWithTheirDefaults) {
  const auto lines = describe_limits();
  EXPECT_EQ(lines.size(), 23U);
  EXPECT_THAT(lines, Contains(StartsWith("payload_bytes ")));
  EXPECT_THAT(lines, Contains(HasSubstr("131072   (M3-38)")));
  EXPECT_THAT(lines, Contains(HasSubstr("3600   (M3-47)")));
}

}  // namespace
}  // namespace iotemu::daemon
