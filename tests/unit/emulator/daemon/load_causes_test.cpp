// The causes that a threshold of a load may name.

#include "emulator/daemon/load_causes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iotemu::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string why(std::string_view text) {
  const auto threshold = load::parse_threshold(text);
  EXPECT_TRUE(threshold) << text;
  return threshold ? why_no_cause(*threshold) : std::string{};
}

TEST(CausesOfThresholds, AreThoseOfTheLoadAndForRefusalsOfTheEmulator) {
  for (const auto* text :
       {"errors>0", "errors.rate>1/s", "errors.timed_out>0", "errors.alert_internal_error>0",
        "errors.system_error_5>0", "refusals.closed_before_connack>0", "refusals.certificate_pending>0",
        "refusals.throttled>0", "refusals.provisioning_rejected>0", "refusals.connack_not_authorized>0",
        "p99>2s", "accepted.rate<10/s"}) {
    EXPECT_EQ(why(text), "") << text;
  }
}

TEST(CausesOfThresholds, ThatThereAreNotAreRefusedWithThoseThatThereAre) {
  EXPECT_THAT(why("errors.timedout>0"),
              HasSubstr("'errors.timedout>0': no load counts 'timedout' among its errors"));
  EXPECT_THAT(why("errors.timedout>0"), HasSubstr("timed_out, "));
  EXPECT_THAT(why("errors.timedout>0"), HasSubstr("alert_…"));
  EXPECT_THAT(why("errors.timedout>0"), Not(HasSubstr("throttled")));
  EXPECT_THAT(why("errors.throttled>0"), HasSubstr("throttled"));
  EXPECT_THAT(why("refusals.timed_out>0"), HasSubstr("certificate_pending, "));
  EXPECT_THAT(why("refusals.connack_notauthorized>0"), HasSubstr("connack_not_authorized, "));
  EXPECT_THAT(why("refusals.connack_notauthorized>0"), Not(HasSubstr("certificate_pending")));
  EXPECT_THAT(why("errors.Timed_Out>0"), HasSubstr("their causes are"));
  EXPECT_NE(why("errors.system_error_9999>0"), "");
}

}  // namespace
}  // namespace iotemu::daemon
