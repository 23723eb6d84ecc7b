#include "emulator/bulk/task_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "base/json.h"

namespace iotemu::bulk {
namespace {

using ::testing::HasSubstr;

TEST(InputLines, AreCountedFromOneWithTheOffsetOfTheirFirstByte) {
  InputLines lines{"{}\n\n \t\r\n{\"a\":\"b\"}\r\nlast"};
  const auto first = *lines.next();
  EXPECT_EQ(first.number, 1U);
  EXPECT_EQ(first.offset, 0U);
  EXPECT_EQ(first.text, "{}");
  const auto second = *lines.next();
  EXPECT_EQ(second.number, 4U);
  EXPECT_EQ(second.offset, 8U);
  EXPECT_EQ(second.text, "{\"a\":\"b\"}\r");
  EXPECT_LT(lines.percent(), 100);
  EXPECT_EQ(lines.next()->text, "last");
  EXPECT_EQ(lines.percent(), 100);
  EXPECT_FALSE(lines.next().has_value());
}

TEST(InputLines, OfNothingAreNone) {
  EXPECT_FALSE(InputLines{""}.next().has_value());
  EXPECT_FALSE(InputLines{"\n\n\r\n"}.next().has_value());
  EXPECT_EQ(InputLines{""}.percent(), 100);
}

TEST(ParseParameters, TakesAnObjectOfStrings) {  // P5.9
  const auto parameters = parse_parameters(" {\"ThingName\": \"foo\", \"CSR\": \"a\\nb\"}\r");
  ASSERT_TRUE(parameters.ok());
  EXPECT_EQ(*parameters, (registry::provisioning::Parameters{{"ThingName", "foo"}, {"CSR", "a\nb"}}));
}

TEST(ParseParameters, TakesALineOfTheLongestLengthInCharactersNotBytes) {  // P10.8
  std::string value;
  while (value.size() < 2 * (kMaxLineCharacters - 8)) value += "\u00e4";
  EXPECT_TRUE(parse_parameters("{\"a\":\"" + value + "\"}").ok());
  EXPECT_FALSE(parse_parameters("{\"a\":\"" + value + "x\"}").ok());
}

struct BadLine {
  const char* name{};
  std::string line{};
  const char* words{};
  friend std::ostream& operator<<(std::ostream& out, const BadLine& row) { return out << row.name; }
};

class BadLineTest : public ::testing::TestWithParam<BadLine> {};

TEST_P(BadLineTest, SaysWhatIsWrong) {
  const auto parameters = parse_parameters(GetParam().line);
  ASSERT_FALSE(parameters.ok());
  EXPECT_EQ(parameters.error().code, Errc::invalid_request);
  EXPECT_THAT(parameters.error().message, HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    P5_9, BadLineTest,
    ::testing::Values(BadLine{"NotJson", "ThingName=foo", "not JSON"},
                      BadLine{"Torn", "{\"ThingName\": \"foo\"", "not JSON"},
                      BadLine{"Array", "[\"foo\"]", "not a JSON object"},
                      BadLine{"Text", "\"foo\"", "not a JSON object"},
                      BadLine{"TwoObjects", "{} {}", "not JSON"},
                      BadLine{"Number", "{\"Serial\": 5}", "parameter 'Serial' is not a string"},
                      BadLine{"Null", "{\"Serial\": null}", "parameter 'Serial' is not a string"},
                      BadLine{"TooLong", "{\"a\":\"" + std::string(kMaxLineCharacters, 'x') + "\"}",
                              "longer than 256000 characters"},
                      BadLine{"TooDeep", std::string(1000, '['), "not JSON"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(ReportLines, AreJsonWithLineNumberAndOffset) {
  auto certificate = std::make_shared<registry::CertificateRecord>();
  certificate->pem = "PEM\n";
  const registry::Provisioned made{.certificate = certificate, .resource_arns = {{"thing", "arn:thing/t"}}};
  const InputLine line{.number = 3, .offset = 41};
  const auto result = result_line(line, made);
  EXPECT_EQ(result.find('\n'), result.size() - 1);
  EXPECT_EQ(
      Json::parse(result),
      (Json{{"lineNumber", 3},
            {"offset", 41},
            {"response", {{"ResourceArns", {{"thing", "arn:thing/t"}}}, {"CertificatePem", "PEM\n"}}}}));
  EXPECT_FALSE(Json::parse(result_line(line, {})).at("response").contains("CertificatePem"));
  EXPECT_EQ(Json::parse(error_line(line, {Errc::conflict, "why"})),
            (Json{{"lineNumber", 3}, {"offset", 41}, {"errorMessage", "why"}}));
}

}  // namespace
}  // namespace iotemu::bulk
