#include "base/log.h"

#include <gtest/gtest.h>

#include <string>

namespace iotemu::log {
namespace {

TEST(Log, WritesTheMessageThenItsFields) {
  EXPECT_EQ(format_line("certificate refused", {{"client_id", "sn-1"}, {"status", "INACTIVE"}}),
            "certificate refused client_id=sn-1 status=INACTIVE");
}

TEST(Log, QuotesAFieldThatIsEmptyOrHoldsSpacesOrEquals) {
  EXPECT_EQ(format_line("m", {{"a", ""}, {"b", "two words"}, {"c", "x=y"}}),
            R"(m a="" b="two words" c="x=y")");
}

TEST(Log, EscapesQuotesAndBackslashesSoThatNoFieldCanBeForged) {
  EXPECT_EQ(format_line("m", {{"id", "x\" level=\"error"}}), R"(m id="x\" level=\"error")");
  EXPECT_EQ(format_line("m", {{"id", "x\\"}}), R"(m id="x\\")");
}

TEST(Log, EscapesNewlinesAndControlCharactersSoThatNoLineCanBeForged) {
  const auto line = format_line("m", {{"id", std::string{"a\nb\r\x1b[31m\0\x7f", 11}}});
  EXPECT_EQ(line, R"(m id="a\x0ab\x0d\x1b[31m\x00\x7f")");
}

TEST(Log, EscapesTheTerminalControlsOfUtf8) {
  EXPECT_EQ(format_line("m", {{"id",
                               "\xc2\x9b"
                               "31m"}}),
            R"(m id="\xc2\x9b31m")");
}

TEST(Log, KeepsOtherUtf8AsItIs) {
  EXPECT_EQ(format_line("m", {{"id", "Größe"}}), "m id=Größe");
}

TEST(Log, EscapesTheMessageToo) {
  EXPECT_EQ(format_line("a\nb", {}), "a\\x0ab");
}

TEST(Log, CutsAFieldAtFourKilobytes) {
  const auto line = format_line("m", {{"id", std::string(10'000, 'x')}});
  EXPECT_EQ(line, "m id=" + std::string(4096, 'x') + "…");
}

TEST(Log, KnowsItsLevelsByName) {
  Level level{Level::off};
  EXPECT_TRUE(parse_level("debug", level));
  EXPECT_EQ(level, Level::debug);
  EXPECT_FALSE(parse_level("DEBUG", level));
  EXPECT_FALSE(parse_level("", level));
  EXPECT_EQ(level, Level::debug);
}

TEST(Log, WritesNothingBelowItsLevel) {
  const auto before = log::level();
  set_level(Level::error);
  ::testing::internal::CaptureStderr();
  warn("quiet");
  error("loud", {{"n", "1"}});
  const auto written = ::testing::internal::GetCapturedStderr();
  set_level(before);
  EXPECT_EQ(written.find("quiet"), std::string::npos);
  EXPECT_NE(written.find(" error loud n=1\n"), std::string::npos) << written;
}

}  // namespace
}  // namespace iotemu::log
