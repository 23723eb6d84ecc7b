#include "emulator/rules/secret_traces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/json.h"
#include "emulator/http/client/aws_signature.h"

namespace iotemu::rule_engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kSecret = R"(ca"na/ry+ of\the=mine?)";

class SecretTracesTest : public ::testing::Test {
 protected:
  SecretTracesTest() { traces.add(kSecret, std::nullopt); }

  SecretTraces traces;
};

TEST_F(SecretTracesTest, FindASecretInATextAndInJson) {
  EXPECT_EQ(traces.hidden("Bearer " + kSecret + "."), "Bearer ***.");
  const Json inner{{"k", kSecret}, {"n", 1}};
  EXPECT_EQ(traces.hidden(to_text(inner)), R"({"k":"***","n":1})");
  const Json outer{{"Message", to_text(inner)}};
  EXPECT_EQ(traces.hidden(to_text(outer)), R"({"Message":"{\"k\":\"***\",\"n\":1}"})");
}

TEST_F(SecretTracesTest, FindWhatIsPercentEncoded) {
  EXPECT_EQ(traces.hidden("/b/" + http::uri_encoded(kSecret)), "/b/***");
  EXPECT_EQ(traces.hidden("/b/" + http::uri_encoded(kSecret, "/")), "/b/***");
  const auto payload = to_text(Json{{"k", kSecret}});
  auto form = http::uri_encoded(payload, " ");
  for (auto& c : form) c = c == ' ' ? '+' : c;
  EXPECT_EQ(traces.hidden("Action=Publish&Message=" + form),
            "Action=Publish&Message=%7B%22k%22%3A%22***%22%7D");
}

TEST_F(SecretTracesTest, FindBase64OfTextsWithTheSecretInThem) {
  EXPECT_EQ(traces.hidden(to_base64(kSecret)), "***");
  for (const std::string before : {"", "a", "ab", "abc", "abcd"}) {
    for (const std::string after : {"", "x", "xy"}) {
      for (const auto& carried : {before + kSecret + after, to_text(Json{{before + "k", kSecret + after}})}) {
        const auto shown = traces.hidden(to_base64(carried));
        EXPECT_THAT(shown, HasSubstr("***")) << carried;
        // What is left is too short to hold a third of it.
        EXPECT_LT(shown.size(), to_base64(carried).size() - kSecret.size()) << carried;
        EXPECT_THAT(traces.hidden("Data=" + http::uri_encoded(to_base64(carried))), HasSubstr("***"))
            << carried;
      }
    }
  }
}

TEST(SecretTraces, KnowTheStringsOfJsonAtAnyDepth) {
  SecretTraces traces;
  traces.add(R"({"db":{"users":[{"password":"deepest"}]},"port":33060,"id":"ab"})", std::nullopt);
  EXPECT_EQ(traces.hidden("deepest 33060 ab"), "*** 33060 ab") << "numbers and short texts stay";
}

TEST(SecretTraces, KnowBytesAndTheirBase64) {
  SecretTraces traces;
  traces.add(std::nullopt, to_base64("binary canary"));
  EXPECT_EQ(traces.hidden("binary canary"), "***");
  EXPECT_EQ(traces.hidden(to_base64("binary canary")), "***");
}

TEST(SecretTraces, LeaveNothingOfALongSecretThatBeginsWithAShortOne) {
  SecretTraces traces;
  traces.add("pass", std::nullopt);
  traces.add("password-1", std::nullopt);
  EXPECT_EQ(traces.hidden("password-1 pass"), "*** ***");
}

TEST(SecretTraces, KeepWhatWasRotatedOutAndForgetTheOldest) {
  SecretTraces traces;
  traces.add("value 0", std::nullopt);
  traces.add("value 0", std::nullopt);
  for (std::size_t i = 1; i < SecretTraces::kMostSecrets; ++i) {
    traces.add("value " + std::to_string(i), std::nullopt);
  }
  EXPECT_EQ(traces.hidden("value 0"), "***");
  traces.add("one more", std::nullopt);
  EXPECT_EQ(traces.hidden("value 0"), "value 0");
  EXPECT_EQ(traces.hidden("one more"), "***");
  traces.clear();
  EXPECT_EQ(traces.hidden("one more"), "one more");
}

TEST(SecretTraces, OfNothingHideNothing) {
  SecretTraces traces;
  traces.add("", std::nullopt);
  traces.add("abc", std::nullopt);
  traces.add("[]", "");
  traces.add(std::nullopt, std::nullopt);
  EXPECT_EQ(traces.hidden("abc []"), "abc []");
}

}  // namespace
}  // namespace iotemu::rule_engine
