#include "emulator/daemon/load_merge_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "base/private_file.h"
#include "emulator/daemon/load_outcome.h"
#include "load/results.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/load/some_results.h"

namespace iotemu::daemon {
namespace {

using load::some_results;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Ran {
  int code{0};
  std::string out{};
  std::string err{};
};

class LoadMerge : public ::testing::Test {
 protected:
  /// `load merge ARGUMENTS`; a command line that cannot be read is code 1 with its sentence.
  static Ran run(std::vector<std::string> arguments) {
    std::ostringstream out;
    std::ostringstream err;
    Console console{.out = out, .err = err};
    CLI::App app;
    Command chosen;
    add_load_merge(app, chosen);
    arguments.insert(arguments.begin(), "merge");
    std::ranges::reverse(arguments);
    try {
      app.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
      return {.code = 1, .err = error.what()};
    }
    const int code = chosen(console);
    return {.code = code, .out = out.str(), .err = err.str()};
  }

  std::string write(const std::string& name, const load::Results& results) {
    return write(name, load::to_json(results).dump());
  }
  std::string write(const std::string& name, const std::string& text) {
    const auto path = directory / name;
    EXPECT_TRUE(write_file(path, text, kPublicMode, Overwrite::yes).ok());
    return path.string();
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    return *read_file(directory / name, 16 * 1024 * 1024);
  }

  testing::TemporaryDirectory directory;
};

TEST_F(LoadMerge, AddsThreePartsUpToTheWhole) {
  const auto a = write("a.json", some_results(3'000, 0, 3));
  const auto b = write("b.json", some_results(3'000, 1, 3));
  const auto c = write("c.json", some_results(3'000, 2, 3));
  const auto ran = run(
      {a, b, c, "--json", (directory / "sum.json").string(), "--report", (directory / "sum.html").string()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, IsEmpty());
  EXPECT_THAT(ran.out, AllOf(HasSubstr("onboard: 3,000 devices"), HasSubstr("3 runs added up")));
  const auto sum = load::read_results(read("sum.json"));
  ASSERT_TRUE(sum.ok()) << sum.error().message;
  EXPECT_EQ(sum->histograms, some_results(3'000).histograms);
  EXPECT_EQ(sum->counts, some_results(3'000).counts);
  EXPECT_THAT(read("sum.html"), HasSubstr("<h1>onboard: 3,000 devices</h1>"));
}

TEST_F(LoadMerge, JudgesTheSumAndSetsTheExitCode) {
  const auto a = write("a.json", some_results(600, 0, 2));
  const auto b = write("b.json", some_results(600, 1, 2));
  const auto good = run({a, b, "--fail-if", "accepted<600", "--fail-if", "p99>1m"});
  EXPECT_EQ(good.code, 0);
  EXPECT_THAT(good.out, AllOf(HasSubstr("  pass  accepted<600  600\n"), Not(HasSubstr("FAIL"))));
  const auto bad = run({"--fail-if", "accepted<601", a, b, "--json", "-"});
  EXPECT_EQ(bad.code, kThresholdFailed);
  EXPECT_THAT(bad.err, HasSubstr("  FAIL  accepted<601  600\n"));
  const auto json = Json::parse(bad.out);
  EXPECT_EQ(json["thresholds"],
            Json::parse(R"([{"text": "accepted<601", "passed": false, "seen": true, "actual": "600"}])"));
}

TEST_F(LoadMerge, ASumCanBeAddedUpFurther) {
  const auto a = write("a.json", some_results(600, 0, 3));
  const auto b = write("b.json", some_results(600, 1, 3));
  const auto sum = (directory / "sum.json").string();
  const auto first = run({a, b, "--json", sum, "--fail-if", "errors>1000"});
  EXPECT_EQ(first.code, 0);
  EXPECT_THAT(first.err, HasSubstr("note: shard 3/3 of this load is not among the files"));
  const auto second = run({sum, write("c.json", some_results(600, 2, 3))});
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(second.err, IsEmpty());
  EXPECT_THAT(second.out, HasSubstr("onboard: 600 devices"));
}

TEST_F(LoadMerge, OneFileIsJudgedAndDrawnAnew) {
  const auto ran = run({write("a.json", some_results(100)), "--fail-if", "publish.p99>1us"});
  EXPECT_EQ(ran.code, kThresholdFailed);
}

TEST_F(LoadMerge, SaysSoWhenTheRunsWereNotThereAtOnce) {
  auto later = some_results(100);
  later.started += std::chrono::hours{1};
  later.finished += std::chrono::hours{1};
  const auto ran = run({write("a.json", some_results(100)), write("b.json", later)});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("b.json ran at another time"));
}

TEST_F(LoadMerge, RefusesWithASentence) {
  const auto a = write("a.json", some_results(60, 0, 3));
  const auto refused = [](std::vector<std::string> arguments) {
    const auto ran = run(std::move(arguments));
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, IsEmpty());
    return ran.err;
  };
  EXPECT_THAT(refused({}), HasSubstr("files is required"));
  EXPECT_THAT(refused({(directory / "none.json").string()}), HasSubstr("none.json"));
  EXPECT_THAT(refused({directory.path().string()}), HasSubstr(directory.path().string()));
  EXPECT_THAT(refused({write("x.json", "<html>")}), HasSubstr("x.json: this is no JSON"));
  EXPECT_THAT(refused({write("y.json", "{}")}), HasSubstr("y.json: this is no result of a load run"));
  EXPECT_THAT(refused({a, a}), HasSubstr("a.json: holds the same results as "));
  auto again = some_results(60, 0, 3);
  again.interrupted = true;
  EXPECT_THAT(refused({a, write("z.json", again)}), HasSubstr("z.json: shard 1/3 is there twice"));
  EXPECT_THAT(refused({a, "--fail-if", "p99"}), HasSubstr("--fail-if: 'p99': there is no comparison"));
  EXPECT_THAT(refused({a, "--fail-if", "p99>2"}), HasSubstr("'2' has no unit"));
  EXPECT_THAT(refused({a, "--json", "/nowhere/sum.json"}),
              HasSubstr("--json: /nowhere/sum.json cannot be written"));
  EXPECT_THAT(refused({a, "--report", directory.path().string()}), HasSubstr("it is a directory"));
}

}  // namespace
}  // namespace iotemu::daemon
