// The action `lambda` (M section 7.8, P4.2).

#include "emulator/sinks/lambda.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iotemu::sinks {
namespace {

using ::testing::HasSubstr;

/// Answers at once.
class FakeFunction final : public invoke::FunctionInvoker {
 public:
  explicit FakeFunction(Result<std::string> answer, std::vector<invoke::Invocation>* seen = nullptr)
      : answer_{std::move(answer)}, seen_{seen} {}
  void invoke(invoke::Invocation invocation, Done done) override {
    if (seen_ != nullptr) seen_->push_back(std::move(invocation));
    done(answer_);
  }
  void reset(const invoke::Hold& /*until*/) override {}

 private:
  const Result<std::string> answer_;
  std::vector<invoke::Invocation>* seen_;
};

class LambdaSinkTest : public ::testing::Test {
 protected:
  std::optional<rules::ActionFailure> run(LambdaSink& sink, const std::string& function,
                                          bool is_json = true) {
    std::optional<rules::ActionFailure> result;
    int ended = 0;
    sink.run({.rule_name = "r",
              .parameters = {{"functionArn", function}},
              .payload = R"({"a": 1})",
              .is_json = is_json,
              .client_id = "d"},
             [&](std::optional<rules::ActionFailure> failure) {
               ++ended;
               result = std::move(failure);
             });
    EXPECT_EQ(ended, 1);
    return result;
  }

  invoke::Functions functions;
};

TEST_F(LambdaSinkTest, GivesTheResultAsItIs) {
  std::vector<invoke::Invocation> seen;
  ASSERT_TRUE(functions.add("f", std::make_unique<FakeFunction>(std::string{"ignored"}, &seen)).ok());
  LambdaSink sink{functions};
  EXPECT_FALSE(run(sink, "arn:aws:lambda:us-east-1:123456789012:function:f"));
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].payload, R"({"a": 1})");
  EXPECT_EQ(seen[0].client_id, "d");
  EXPECT_FALSE(seen[0].wants_answer);
}

TEST_F(LambdaSinkTest, FailsOnlyWhereTheFunctionIsNotInvoked) {
  ASSERT_TRUE(functions.add("throws", std::make_unique<FakeFunction>(Error{Errc::internal, "threw"})).ok());
  ASSERT_TRUE(functions.add("busy", std::make_unique<FakeFunction>(Error{Errc::throttled, "busy"})).ok());
  LambdaSink sink{functions};
  EXPECT_FALSE(run(sink, "throws"))
      << "the event was taken: what the function does with it is its own affair";
  EXPECT_THAT(run(sink, "busy")->message, HasSubstr("busy"));
  const auto unknown = run(sink, "nobody");
  ASSERT_TRUE(unknown.has_value());
  EXPECT_EQ(unknown->failed_action, "LambdaAction");
  EXPECT_EQ(unknown->failed_resource, "nobody");
  EXPECT_THAT(run(sink, "no function:a:b:c:d")->message, HasSubstr("no function"));
}

TEST_F(LambdaSinkTest, BytesAreNoEvent) {  // RU-26
  std::vector<invoke::Invocation> seen;
  ASSERT_TRUE(functions.add("f", std::make_unique<FakeFunction>(std::string{}, &seen)).ok());
  LambdaSink sink{functions};
  EXPECT_THAT(run(sink, "f", false)->message, HasSubstr("no JSON"));
  EXPECT_TRUE(seen.empty());
}

TEST_F(LambdaSinkTest, InvokesOnBehalfOfTheRule) {  // P4.2
  std::vector<invoke::Invocation> seen;
  ASSERT_TRUE(
      functions.add("f", std::make_unique<FakeFunction>(Error{Errc::access_denied, "add-permission"}, &seen))
          .ok());
  LambdaSink sink{functions};
  EXPECT_THAT(run(sink, "f")->message, HasSubstr("add-permission"));
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].principal, "iot.amazonaws.com");
  EXPECT_EQ(seen[0].source_arn, "arn:aws:iot:us-east-1:123456789012:rule/r");
}

}  // namespace
}  // namespace iotemu::sinks
