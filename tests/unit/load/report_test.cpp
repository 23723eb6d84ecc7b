#include "load/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/chart_frame.h"
#include "load/html.h"
#include "load/report_series.h"
#include "tests/unit/load/some_results.h"

namespace iotemu::load {
namespace {

using ::testing::ElementsAre;

/// A failure names the part, not the page.
bool holds(const std::string& page, std::string_view part) {
  return page.find(part) != page.npos;
}

std::size_t times(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

TEST(LoadReport, AsksForNothingOutsideItselfAndRunsNoScript) {
  const auto page = html_report(some_results());
  EXPECT_TRUE(holds(page, "default-src 'none'; style-src 'unsafe-inline'"));
  for (const char* foreign : {"<script", "http:", "https:", "src=", "href=", "@import", "url(", "<link",
                              "<iframe", "onload", "onclick"}) {
    EXPECT_FALSE(holds(page, foreign)) << foreign;
  }
}

TEST(LoadReport, ShowsAllOfARun) {
  const auto results = some_results();
  const auto page =
      html_report(results, judge_all({*parse_threshold("p99>9s"), *parse_threshold("errors>0")}, results));
  for (const char* part :
       {"onboard: 600 devices", "Time to provision", "p99.9 ", "Attempts per device", "Refusals by cause",
        "certificate_pending", "Errors by cause", "Handler latency", "Connections", "CPU", "Memory",
        "Some processor, 2 cores", "iot-emulator load --devices 600 --rate 30", "1 of 2 thresholds failed",
        "p99&gt;9s", "errors&gt;0"}) {
    EXPECT_TRUE(holds(page, part)) << part;
  }
  EXPECT_TRUE(holds(page, "prefers-color-scheme: dark"));
  EXPECT_TRUE(holds(page, "<title>onboard: 600 devices</title>"));
}

TEST(LoadReport, EscapesWhatAnotherMachinesFileMaySay) {
  auto results = some_results(10);
  const std::string evil = "</title></style><script>alert(\"1\" & '2')</script>";
  results.profile = evil;
  results.command_line = evil;
  results.machines = {evil};
  results.configuration = {{evil, evil}};
  results.refusals = {{evil, 1}};
  results.errors = {{evil, 2}};
  const std::vector<Verdict> verdicts{Verdict{.threshold = {.text = evil}, .actual = evil}};
  const auto page = html_report(results, verdicts);
  EXPECT_FALSE(holds(page, "<script")) << "<script";
  EXPECT_EQ(times(page, "</style>"), 1U);
  EXPECT_EQ(times(page, "</title></rect>") + 1, times(page, "</title>"));
  EXPECT_EQ(
      escaped(evil),
      "&lt;/title&gt;&lt;/style&gt;&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
  EXPECT_EQ(escaped("a\x01\xff\x80z"), "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST(LoadReport, OfARunThatDidNothingIsAPageWithoutCharts) {
  const auto page = html_report(Results{});
  EXPECT_TRUE(holds(page, "load: 0 devices"));
  EXPECT_FALSE(holds(page, "<svg"));
  EXPECT_TRUE(holds(page, "</html>"));
}

TEST(LoadReport, TagsAreClosed) {
  const auto results = some_results();
  const auto page = html_report(results, judge_all({*parse_threshold("p99>2s")}, results));
  for (const char* tag :
       {"figure", "svg",  "div",        "section", "table", "tr",  "td",   "th", "span", "g",
        "main",   "rect", "figcaption", "header",  "small", "pre", "code", "i",  "b",    "text"}) {
    const std::string name{tag};
    EXPECT_EQ(times(page, "<" + name + " ") + times(page, "<" + name + ">"), times(page, "</" + name + ">"))
        << name;
  }
}

TEST(LoadReport, AnAbsentSecondIsAGapAndNotNothing) {
  Results results;
  results.started = Time{std::chrono::seconds{100}};
  results.second(100).cpu = 1.0;
  results.second(101).cpu = 2.0;
  results.second(103).arrivals = 4;
  const ReportSeries series{results};
  EXPECT_THAT(series.at(), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(series.most(&Second::cpu), ElementsAre(1.0, 2.0, std::nullopt, std::nullopt));
  EXPECT_THAT(series.rate(&Second::arrivals), ElementsAre(0.0, 0.0, std::nullopt, 4.0));
}

TEST(LoadReport, AnHourIsDrawnWithAtMost240Points) {
  Results results;
  results.started = Time{std::chrono::seconds{1'000}};
  for (std::int64_t at = 1'000; at < 4'600; ++at) {
    results.second(at).arrivals = 10;
    results.second(at).rss = static_cast<std::uint64_t>(at);
  }
  const ReportSeries series{results};
  EXPECT_EQ(series.width(), 15);
  ASSERT_EQ(series.at().size(), 240U);
  EXPECT_EQ(series.rate(&Second::arrivals)[7], 10.0);
  EXPECT_EQ(series.most(&Second::rss)[1], 1'029.0);
}

TEST(LoadReport, AxesHaveRoundNumbers) {
  EXPECT_THAT(ticks_up_to(9), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(ticks_up_to(100), ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_THAT(ticks_up_to(0), ElementsAre(0, 0.2, 0.4, testing::DoubleNear(0.6, 1e-9), 0.8, 1));
  EXPECT_THAT(ticks_up_to(2, true), ElementsAre(0, 1, 2));
  EXPECT_THAT(logarithmic_ticks(90, 1'100), ElementsAre(100, 200, 500, 1'000));
  EXPECT_THAT(time_ticks(20), ElementsAre(0, 5, 10, 15, 20));
  EXPECT_EQ(time_text(90), "90 s");
  EXPECT_EQ(time_text(300), "5:00");
  EXPECT_EQ(time_text(5'400), "1:30:00");
}

}  // namespace
}  // namespace iotemu::load
