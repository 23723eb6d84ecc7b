// What SQL asks of the rest of the emulator (M section 7.6).

#include "emulator/rules/function_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace iotemu::rule_engine {
namespace {

using ::testing::HasSubstr;

TEST(RealmFunctions, SayWhatIsMissing) {
  const FunctionPorts nothing;
  RealmFunctions functions{{}, nothing};
  for (const auto& answer :
       {functions.invoke_lambda("f", "{}", "rule"), functions.dynamodb_item("t", {}, {}, "r"),
        functions.thing_shadow("t", "", "r"), functions.registry_data("DescribeThing", "t", "r"),
        functions.secret("s", false, "r"), functions.predict("m", "r", "{}"),
        functions.descriptor_file("b", "f")}) {
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, Errc::not_implemented);
    EXPECT_FALSE(answer.error().message.empty());
  }
}

/// Never answers, or with a text.
class FakeFunction final : public invoke::FunctionInvoker {
 public:
  explicit FakeFunction(std::optional<std::string> answer) : answer_{std::move(answer)} {}
  void invoke(invoke::Invocation invocation, Done done) override {
    EXPECT_EQ(invocation.principal, "iot.amazonaws.com");
    EXPECT_EQ(invocation.source_arn, "arn:aws:iot:us-east-1:123456789012:rule/rule");
    if (answer_) return done(*answer_);
    kept_ = std::move(done);
  }
  void reset(const invoke::Hold& /*until*/) override {}

 private:
  const std::optional<std::string> answer_;
  Done kept_;
};

TEST(RealmFunctions, WaitForALambdaFunctionAndNoLonger) {
  invoke::Functions lambda;
  ASSERT_TRUE(lambda.add("good", std::make_unique<FakeFunction>(R"({"a":1})")).ok());
  ASSERT_TRUE(lambda.add("garbage", std::make_unique<FakeFunction>("<html>")).ok());
  ASSERT_TRUE(lambda.add("silent", std::make_unique<FakeFunction>(std::nullopt)).ok());
  const FunctionPorts ports{.functions = &lambda, .lambda_time_limit = std::chrono::milliseconds{20}};
  RealmFunctions functions{{}, ports};
  EXPECT_EQ(*functions.invoke_lambda("good", "{}", "rule"), R"({"a":1})");
  EXPECT_THAT(functions.invoke_lambda("garbage", "{}", "rule").error().message, HasSubstr("no JSON"));
  EXPECT_THAT(functions.invoke_lambda("silent", "{}", "rule").error().message, HasSubstr("within 20 ms"));
  EXPECT_THAT(functions.invoke_lambda("nobody", "{}", "rule").error().message,
              HasSubstr("--function nobody="));
}

}  // namespace
}  // namespace iotemu::rule_engine
