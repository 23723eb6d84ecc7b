#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "load/results.h"
#include "tests/unit/load/some_results.h"

namespace iotemu::load {
namespace {

using ::testing::HasSubstr;

TEST(LoadResultsJson, AllOfARunSurvivesIt) {
  const auto results = some_results();
  const auto read = read_results(to_json(results).dump(1));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, results);
}

TEST(LoadResultsJson, AnEmptyRunSurvivesIt) {
  const auto read = results_from_json(to_json(Results{}));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, Results{});
}

TEST(LoadResultsJson, WhatWasNotSeenIsNull) {
  Results results;
  results.second(7).cpu = 0.0;
  results.second(8).rss = 5;
  const auto seconds = to_json(results)["seconds"];
  EXPECT_EQ(seconds["cpu"], Json::parse("[0.0, null]"));
  EXPECT_EQ(seconds["rss"], Json::parse("[null, 5]"));
  EXPECT_EQ(seconds["arrivals"], Json::parse("[0, 0]"));
}

TEST(LoadResultsJson, TheVerdictsOfTheWritersRunAreLeftAside) {
  auto json = to_json(some_results(10));
  json["thresholds"] = Json::array({{{"text", "p99>2s"}, {"passed", false}}});
  const auto read = results_from_json(json);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, some_results(10));
}

TEST(LoadResultsJson, OtherFilesAreToldApart) {
  EXPECT_THAT(read_results("").error().message, HasSubstr("this is no JSON"));
  EXPECT_THAT(read_results("<html>").error().message, HasSubstr("this is no JSON"));
  EXPECT_THAT(read_results("[]").error().message, HasSubstr("no result of a load run"));
  EXPECT_THAT(read_results(R"({"a": 1})").error().message, HasSubstr("no member 'iot-emulator-load'"));
  EXPECT_EQ(read_results(R"({"iot-emulator-load": 2})").error().message,
            "the result is of schema 2, this program reads schema 1");
}

struct BadFile {
  const char* name;
  std::function<void(Json&)> spoil;
  const char* sentence;
};
class LoadResultsReading : public testing::TestWithParam<BadFile> {};

TEST_P(LoadResultsReading, RefusesWithASentence) {
  auto json = to_json(some_results(20));
  GetParam().spoil(json);
  const auto read = results_from_json(json);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Errc::serialization);
  EXPECT_THAT(read.error().message, HasSubstr(GetParam().sentence));
}

INSTANTIATE_TEST_SUITE_P(
    All, LoadResultsReading,
    testing::Values(
        BadFile{"missing", [](Json& f) { f.erase("profile"); }, "'profile' is missing"},
        BadFile{"kind", [](Json& f) { f["profile"] = 7; }, "'profile' is not a string"},
        BadFile{"unknown", [](Json& f) { f["colour"] = "red"; }, "'colour' is not known here"},
        BadFile{"flag", [](Json& f) { f["interrupted"] = "no"; }, "'interrupted' is not true or false"},
        BadFile{"negative", [](Json& f) { f["started"] = -1; }, "'started' is not a whole number"},
        BadFile{"order", [](Json& f) { f["finished"] = 0; }, "'finished' lies before 'started'"},
        BadFile{"count", [](Json& f) { f["counts"]["arrivals"] = 1.5; }, "'counts.arrivals' is not a whole"},
        BadFile{"noCount", [](Json& f) { f["counts"].erase("received"); }, "'counts.received' is missing"},
        BadFile{"moreCounts", [](Json& f) { f["counts"]["seen"] = 1; }, "'counts.seen' is not known here"},
        BadFile{"cause", [](Json& f) { f["errors"]["x"] = "many"; }, "'errors.x' is not a whole number"},
        BadFile{"causes", [](Json& f) { f["refusals"] = Json::array(); }, "'refusals' is not an object"},
        BadFile{"phase", [](Json& f) { f["histograms"].erase("publish"); },
                "'histograms.publish' is missing"},
        BadFile{"morePhases", [](Json& f) { f["histograms"]["x"] = 1; }, "'histograms.x' is not known"},
        BadFile{"histogram",
                [](Json& f) {
                  f["histograms"]["publish"] = {{"count", 3}};
                },
                "'histograms.publish': 'sum' is missing"},
        BadFile{"shards", [](Json& f) { f["shards"] = Json::array(); }, "at least one shard"},
        BadFile{"shard",
                [](Json& f) {
                  f["shards"][0] = {4, 3};
                },
                "counted from 1"},
        BadFile{"setting", [](Json& f) { f["configuration"][0] = "devices"; }, "a list of [name, text]"},
        BadFile{"machine", [](Json& f) { f["machines"][0] = 1; }, "'machines' is not a list of strings"},
        BadFile{"seconds", [](Json& f) { f["seconds"]["at"][1] = f["seconds"]["at"][0]; }, "that ascends"},
        BadFile{"column", [](Json& f) { f["seconds"]["cpu"].push_back(1); },
                "'seconds.cpu' is not a list of one"},
        BadFile{"cell", [](Json& f) { f["seconds"]["rss"][2] = -1; }, "'seconds.rss' is not a list of one"},
        BadFile{"absentCount", [](Json& f) { f["seconds"]["errors"][2] = nullptr; },
                "'seconds.errors' is not"},
        BadFile{"noColumn", [](Json& f) { f["seconds"].erase("slowest"); }, "'seconds.slowest' is missing"}),
    [](const auto& bad) { return std::string{bad.param.name}; });

}  // namespace
}  // namespace iotemu::load
