#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "emulator/invoke/measured_invoker.h"
#include "emulator/metrics/call_measures.h"
#include "emulator/metrics/exposition.h"
#include "emulator/metrics/process_use.h"
#include "emulator/runtime/measured_runtime.h"

namespace iotemu::metrics {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Exposition, HasOneHelpAndTypeForEachFamilyAndALineForEachSample) {
  Exposition out;
  out.counter("a_total", "Things that happened").sample(std::uint64_t{7});
  out.gauge("b_bytes", "Size")
      .sample(0.25, {{"of", "x"}, {"in", "y"}})
      .sample(std::uint64_t{3}, {{"of", "z"}});
  EXPECT_EQ(
      std::move(out).text(),
      "# HELP a_total Things that happened\n# TYPE a_total counter\na_total 7\n"
      "# HELP b_bytes Size\n# TYPE b_bytes gauge\nb_bytes{of=\"x\",in=\"y\"} 0.25\nb_bytes{of=\"z\"} 3\n");
}

TEST(Exposition, EscapesWhatStandsInLabels) {
  Exposition out;
  out.counter("a_total", "a").sample(std::uint64_t{1}, {{"text", "back\\slash \"quote\"\nline"}});
  EXPECT_THAT(std::move(out).text(), HasSubstr(R"(a_total{text="back\\slash \"quote\"\nline"} 1)"));
}

TEST(Exposition, WritesNumbersInFull) {
  EXPECT_EQ(Exposition::text_of(0.005), "0.005");
  EXPECT_EQ(Exposition::text_of(60), "60");
  EXPECT_EQ(Exposition::text_of(0), "0");
}

TEST(CallMeasures, FallIntoTheBucketThatEndsAtOrAboveThem) {
  CallMeasures calls;
  calls.record(0ms, false);
  calls.record(1ms, false);
  calls.record(2ms, true);
  calls.record(3ms, false);
  calls.record(10min, false);
  EXPECT_EQ(calls.in_bucket(0), 2U);
  EXPECT_EQ(calls.in_bucket(1), 1U);
  EXPECT_EQ(calls.in_bucket(2), 1U);
  EXPECT_EQ(calls.in_bucket(CallMeasures::kBuckets.size()), 1U);
  EXPECT_EQ(calls.ended_well(), 4U);
  EXPECT_EQ(calls.failed(), 1U);
  EXPECT_EQ(calls.total(), 10min + 6ms);
}

TEST(HandlerMeasures, AreExposedWithBucketsThatAddUp) {
  HandlerMeasures handlers;
  handlers.of(HandlerKind::webhook).record(7ms, false);
  handlers.of(HandlerKind::webhook).record(70ms, true);
  Exposition out;
  handlers.expose(out);
  const auto text = std::move(out).text();
  for (const char* line : {"iotemu_handler_invocations_total{kind=\"webhook\",outcome=\"ok\"} 1\n",
                           "iotemu_handler_invocations_total{kind=\"webhook\",outcome=\"error\"} 1\n",
                           "iotemu_handler_invocations_total{kind=\"lambda\",outcome=\"ok\"} 0\n",
                           "iotemu_handler_duration_seconds_bucket{kind=\"webhook\",le=\"0.005\"} 0\n",
                           "iotemu_handler_duration_seconds_bucket{kind=\"webhook\",le=\"0.01\"} 1\n",
                           "iotemu_handler_duration_seconds_bucket{kind=\"webhook\",le=\"0.1\"} 2\n",
                           "iotemu_handler_duration_seconds_bucket{kind=\"webhook\",le=\"+Inf\"} 2\n",
                           "iotemu_handler_duration_seconds_sum{kind=\"webhook\"} 0.077\n",
                           "iotemu_handler_duration_seconds_count{kind=\"webhook\"} 2\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

/// Answers when it is told to.
class Waiting final : public invoke::FunctionInvoker {
 public:
  void invoke(invoke::Invocation, Done done) override { waiting = std::move(done); }
  void reset(const invoke::Hold& /*until*/) override {}
  Done waiting;
};

TEST(MeasuredInvoker, CountsAndTimesACallUntilItsAnswer) {
  ManualClock clock;
  CallMeasures calls;
  auto inner = std::make_unique<Waiting>();
  Waiting& code = *inner;
  invoke::MeasuredInvoker invoker{std::move(inner), calls, clock};
  std::vector<bool> answers;
  const auto answered = [&](const Result<std::string>& answer) { answers.push_back(answer.ok()); };

  invoker.invoke({}, answered);
  clock.advance(40ms);
  EXPECT_EQ(calls.ended_well(), 0U);
  code.waiting(std::string{"{}"});
  invoker.invoke({}, answered);
  clock.advance(2ms);
  code.waiting(Error{Errc::unavailable, "gone"});

  EXPECT_EQ(answers, (std::vector<bool>{true, false}));
  EXPECT_EQ(calls.ended_well(), 1U);
  EXPECT_EQ(calls.failed(), 1U);
  EXPECT_EQ(calls.total(), 42ms);
}

class OneOutcome final : public runtime::Runtime {
 public:
  [[nodiscard]] Status can_run(const std::string&) const override { return Ok{}; }
  void invoke(std::shared_ptr<const runtime::Function>, runtime::Invocation, Done done) override {
    done(outcome);
  }
  void retire(const std::string& arn, const std::string& revision) override {
    retired = arn + " " + revision;
  }
  Result<runtime::Outcome> outcome{runtime::Outcome{}};
  std::string retired;
};

TEST(MeasuredRuntime, AFunctionThatAnswersWithAnErrorHasFailed) {
  ManualClock clock;
  CallMeasures calls;
  OneOutcome inner;
  runtime::MeasuredRuntime runtime{inner, calls, clock};
  const auto nobody = [](const Result<runtime::Outcome>&) {};
  runtime.invoke(nullptr, {}, nobody);
  inner.outcome = runtime::Outcome{.function_error = "Unhandled"};
  runtime.invoke(nullptr, {}, nobody);
  inner.outcome = Error{Errc::throttled, "Rate Exceeded."};
  runtime.invoke(nullptr, {}, nobody);
  EXPECT_EQ(calls.ended_well(), 1U);
  EXPECT_EQ(calls.failed(), 2U);
  EXPECT_TRUE(runtime.can_run("nodejs20.x").ok());
  runtime.retire("arn", "r1");
  EXPECT_EQ(inner.retired, "arn r1");
}

TEST(ProcessUse, TellsOfThisProcess) {
  const auto use = process_use();
  EXPECT_GT(use.cpu_seconds, 0);
  ASSERT_TRUE(use.resident_bytes.has_value());
  EXPECT_GT(*use.resident_bytes, 1'000'000U);
}

}  // namespace
}  // namespace iotemu::metrics
