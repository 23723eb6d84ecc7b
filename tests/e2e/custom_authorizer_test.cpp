// Asking a custom authorizer that this process plays.

#include <stdexcept>

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

class CustomAuthorizerTest : public EmulatorTest {
 protected:
  CustomAuthorizerTest() {
    const auto made =
        emu.api("CreateAuthorizer",
                {{"authorizerName", "judge"},
                 {"authorizerFunctionArn", "arn:aws:lambda:us-east-1:123456789012:function:judge"},
                 {"signingDisabled", true}});
    EXPECT_THAT(made, IsOk());
  }
};

TEST_F(CustomAuthorizerTest, AFunctionInThisProcessIsAsked) {
  emu.on_function("judge", [](const Json& event) {
    return Json{{"isAuthenticated", event.at("token") == "open sesame"},
                {"principalId", "me"},
                {"policyDocuments", {Json::parse(policy_document({allow("iot:Connect", "*")}))}},
                {"disconnectAfterInSeconds", 300},
                {"refreshAfterInSeconds", 300}};
  });
  const auto yes = emu.api("TestInvokeAuthorizer", {{"authorizerName", "judge"}, {"token", "open sesame"}});
  ASSERT_THAT(yes, IsOk());
  EXPECT_EQ(yes["isAuthenticated"], true);
  EXPECT_EQ(yes["principalId"], "me");
  EXPECT_EQ(yes["policyDocuments"].size(), 1U);
  const auto no = emu.api("TestInvokeAuthorizer", {{"authorizerName", "judge"}, {"token", "open barley"}});
  ASSERT_THAT(no, IsOk());
  EXPECT_EQ(no["isAuthenticated"], false);
}

TEST_F(CustomAuthorizerTest, AFunctionThatThrowsGivesNoAnswer) {
  emu.on_function("judge", [](const Json&) -> Json { throw std::runtime_error{"out of luck"}; });
  const auto asked = emu.api("TestInvokeAuthorizer", {{"authorizerName", "judge"}});
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error, "InvalidResponseException");
  EXPECT_THAT(asked.message, ::testing::HasSubstr("out of luck"));
}

}  // namespace
}  // namespace iotemu::tests
