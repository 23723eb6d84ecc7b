#include "load/scrape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iotemu::load {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::Pair;

constexpr const char* kText =
    "# HELP process_cpu_seconds_total User and system time of this process\n"
    "# TYPE process_cpu_seconds_total counter\n"
    "process_cpu_seconds_total 2.5\n"
    "process_resident_memory_bytes 80000000\n"
    "iotemu_handler_duration_seconds_bucket{kind=\"webhook\",le=\"0.005\"} 1\n"
    "iotemu_handler_duration_seconds_bucket{kind=\"webhook\",le=\"0.01\"} 3\n"
    "iotemu_handler_duration_seconds_bucket{kind=\"webhook\",le=\"+Inf\"} 4\n"
    "iotemu_handler_duration_seconds_bucket{kind=\"lambda\",le=\"0.005\"} 10\n"
    "iotemu_handler_duration_seconds_bucket{kind=\"lambda\",le=\"0.01\"} 10\n"
    "iotemu_handler_duration_seconds_bucket{kind=\"lambda\",le=\"+Inf\"} 10\n";

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(LoadScrape, ReadsProcessorMemoryAndHandlersOfAllKinds) {
  const auto scrape = read_scrape(kText);
  EXPECT_THAT(scrape.cpu_seconds, Optional(2.5));
  EXPECT_THAT(scrape.rss, Optional(80'000'000U));
  EXPECT_THAT(scrape.handlers, ElementsAre(Pair(0.005, 11), Pair(0.01, 13), Pair(kInfinity, 14)));
}

TEST(LoadScrape, PassesOverWhatItDoesNotUnderstand) {
  for (const char* text :
       {"", "\n\n", "<html>", "process_cpu_seconds_total", "process_cpu_seconds_total x\n",
        "process_cpu_seconds_total -1\n", "process_resident_memory_bytes nan\n",
        "process_resident_memory_bytes +Inf\n", "iotemu_handler_duration_seconds_bucket{\n",
        "iotemu_handler_duration_seconds_bucket{le=\"x\"} 1\n",
        "iotemu_handler_duration_seconds_bucket{le=\"1\n"}) {
    const auto scrape = read_scrape(text);
    EXPECT_EQ(scrape.cpu_seconds, std::nullopt) << text;
    EXPECT_EQ(scrape.rss, std::nullopt) << text;
    EXPECT_TRUE(scrape.handlers.empty()) << text;
  }
}

TEST(LoadScrape, ComparesTwoLooks) {
  ScrapeWatch watch;
  Second first;
  watch.see(read_scrape(kText), Tick{1s}, first);
  EXPECT_THAT(first.rss, Optional(80'000'000U));
  EXPECT_EQ(first.cpu, std::nullopt) << "there is nothing to compare with";
  EXPECT_EQ(first.handler_p50, std::nullopt);

  Scrape later = read_scrape(kText);
  later.cpu_seconds = 3.5;
  later.handlers = {{0.005, 11}, {0.01, 15}, {kInfinity, 17}};
  Second second;
  watch.see(later, Tick{3s}, second);
  EXPECT_THAT(second.cpu, Optional(0.5));
  EXPECT_THAT(second.handler_p50, Optional(10'000U)) << "the upper end of the bucket";
  EXPECT_EQ(watch.handlers().count(), 3U) << "two within 10 ms, one longer than all bounds";
  EXPECT_THAT(watch.handlers().max(), Optional(10'000U));

  Second quiet;
  watch.see(later, Tick{4s}, quiet);
  EXPECT_THAT(quiet.cpu, Optional(0.0));
  EXPECT_EQ(quiet.handler_p99, std::nullopt) << "no handler ran";
}

TEST(LoadScrape, AnEmulatorThatWasStartedAnewTellsNothingUntilTheNextLook) {
  ScrapeWatch watch;
  Second second;
  watch.see(read_scrape(kText), Tick{1s}, second);
  Scrape anew;
  anew.cpu_seconds = 0.1;
  anew.handlers = {{0.005, 1}, {0.01, 1}, {kInfinity, 1}};
  watch.see(anew, Tick{2s}, second);
  EXPECT_EQ(second.cpu, std::nullopt);
  EXPECT_TRUE(watch.handlers().empty());
}

}  // namespace
}  // namespace iotemu::load
