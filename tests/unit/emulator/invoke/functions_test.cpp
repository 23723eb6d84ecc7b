// Which user code a Lambda name or ARN means (P5.11).

#include "emulator/invoke/functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace iotemu::invoke {
namespace {

using ::testing::HasSubstr;

/// Answers with its own name, at once.
class Named final : public FunctionInvoker {
 public:
  explicit Named(std::string name) : name_{std::move(name)} {}
  void invoke(Invocation, Done done) override { done(name_); }
  void reset(const invoke::Hold& /*until*/) override {}

 private:
  std::string name_;
};

class FunctionsTest : public ::testing::Test {
 protected:
  Status add(const std::string& name) { return functions.add(name, std::make_unique<Named>(name)); }
  /// The answer, or the error's message.
  std::string call(const std::string& name) {
    std::vector<std::string> answers;
    functions.invoke(name, {}, [&](const Result<std::string>& answer) {
      answers.push_back(answer ? *answer : answer.error().message);
    });
    EXPECT_EQ(answers.size(), 1U) << "exactly one answer";
    return answers.empty() ? std::string{} : answers.front();
  }

  Functions functions;
};

const std::string kArn = "arn:aws:lambda:us-east-1:123456789012:function:";

TEST_F(FunctionsTest, NamePartialArnAndArnMeanTheSameFunction) {
  ASSERT_TRUE(add("hook"));
  for (const std::string& name :
       {std::string{"hook"}, std::string{"123456789012:function:hook"}, kArn + "hook",
        std::string{"arn:aws-cn:lambda:cn-north-1:123456789012:function:hook"}}) {
    EXPECT_EQ(call(name), "hook") << name;
  }
}

TEST_F(FunctionsTest, QualifierFindsItsOwnFunctionFirst) {
  ASSERT_TRUE(add("hook"));
  ASSERT_TRUE(add(kArn + "hook:prod"));
  EXPECT_EQ(call("hook:prod"), kArn + "hook:prod");
  EXPECT_EQ(call(kArn + "hook:prod"), kArn + "hook:prod");
  EXPECT_EQ(call(kArn + "hook:$LATEST"), "hook");
  EXPECT_EQ(call("hook:7"), "hook");
}

TEST_F(FunctionsTest, UnmappedNameIsAnErrorThatNamesTheOption) {
  EXPECT_THAT(call(kArn + "hook:prod"), HasSubstr("nobody plays the Lambda function hook:prod"));
  EXPECT_THAT(call("hook"), HasSubstr("--function hook=http://"));
  EXPECT_THAT(call("hook"), HasSubstr("exec:COMMAND"));
}

TEST_F(FunctionsTest, LaterAdditionReplacesTheEarlier) {
  ASSERT_TRUE(functions.add("hook", std::make_unique<Named>("first")));
  ASSERT_TRUE(functions.add(kArn + "hook", std::make_unique<Named>("second")));
  EXPECT_EQ(call("hook"), "second");
}

TEST_F(FunctionsTest, StoppedOnesAreForgotten) {
  ASSERT_TRUE(add("hook"));
  functions.stop();
  EXPECT_THAT(call("hook"), HasSubstr("nobody plays"));
}

TEST_F(FunctionsTest, WhatNamesNoFunctionIsRefused) {
  for (const std::string& name :
       {std::string{}, std::string{"a b"}, std::string{"a:b:c"}, std::string{"hook:"}, std::string{":prod"},
        std::string{"arn:aws:iam::123456789012:role/x"}, kArn, kArn + "hook:prod:x",
        std::string{"arn:aws:lambda:us-east-1:123456789012:layer:hook"}, std::string(65, 'a')}) {
    const auto added = add(name);
    ASSERT_FALSE(added) << name;
    EXPECT_THAT(added.error().message, HasSubstr("names no Lambda function")) << name;
    EXPECT_THAT(call(name), HasSubstr("names no Lambda function")) << name;
  }
}

}  // namespace
}  // namespace iotemu::invoke
