#include "load/engine/emulator_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iotemu::load {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(RefusalCounts, AreReadByCause) {
  EXPECT_THAT(read_refusals("# TYPE iotemu_refusals_total counter\n"
                            "process_cpu_seconds_total 12.5\n"
                            "iotemu_refusals_total{cause=\"certificate_pending\"} 7\n"
                            "iotemu_refusals_total{cause=\"policy_denied\"} 0\n"
                            "iotemu_refusals_total{cause=\"throttled\"} 2\n"
                            "something_else 1\n"),
              ElementsAre(Pair("certificate_pending", 7), Pair("throttled", 2)));
}

TEST(RefusalCounts, OfSomethingElseAreNone) {
  for (const auto* text : {"", "<html>\n", "iotemu_refusals_total 3\n", "iotemu_refusals_total{cause=\"",
                           "iotemu_refusals_total{cause=\"a", "iotemu_refusals_total{cause=\"a\"} -1\n",
                           "iotemu_refusals_total{cause=\"a\"} 1.5\n", "\n\n"}) {
    EXPECT_THAT(read_refusals(text), IsEmpty()) << text;
  }
}

TEST(RefusalCounts, DifferByWhatCameBetween) {
  EXPECT_THAT(refusals_between({{"a", 7}, {"b", 1}}, {{"a", 10}, {"b", 1}, {"c", 2}}),
              ElementsAre(Pair("a", 3), Pair("c", 2)));
}

TEST(RefusalCounts, OfAnEmulatorThatWasStartedAnewTellNothing) {
  EXPECT_THAT(refusals_between({{"a", 7}}, {{"a", 3}, {"b", 9}}), IsEmpty());
  EXPECT_THAT(refusals_between({{"a", 7}}, {}), IsEmpty());
}

}  // namespace
}  // namespace iotemu::load
