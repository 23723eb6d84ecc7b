#include "mqtt/codec/utf8.h"

#include <gtest/gtest.h>

#include "tests/unit/mqtt/codec/wire_support.h"

namespace iotemu::mqtt::testing {
namespace {

struct Utf8Case {
  std::string_view name;
  std::string_view hex;
  Utf8 expected;
};

constexpr Utf8Case kCases[] = {
    {"Empty", "", Utf8::well_formed},
    {"Ascii", "'plant/7/state'", Utf8::well_formed},
    {"ControlCharacters", "01 1f 7f", Utf8::well_formed},
    {"TwoBytes", "c3a4", Utf8::well_formed},
    {"LastTwoBytes", "dfbf", Utf8::well_formed},
    {"FirstThreeBytes", "e0a080", Utf8::well_formed},
    {"BeforeSurrogates", "ed9fbf", Utf8::well_formed},
    {"AfterSurrogates", "ee8080", Utf8::well_formed},
    {"ByteOrderMark", "efbbbf", Utf8::well_formed},
    {"FourBytes", "f09f9880", Utf8::well_formed},
    {"LastCodePoint", "f48fbfbf", Utf8::well_formed},
    {"BehindAPlainWord", "'abcdefgh' c3a4", Utf8::well_formed},
    {"Null", "00", Utf8::null_character},
    {"NullBehindAPlainWord", "'abcdefgh' 00 'abcdefgh'", Utf8::null_character},
    {"NullWithinAWord", "'abc' 00 'defg'", Utf8::null_character},
    {"FirstSurrogate", "eda080", Utf8::ill_formed},
    {"LastSurrogate", "edbfbf", Utf8::ill_formed},
    {"SurrogatePair", "eda0bdedb880", Utf8::ill_formed},
    {"OverlongNull", "c080", Utf8::ill_formed},
    {"OverlongSlash", "c0af", Utf8::ill_formed},
    {"OverlongThreeBytes", "e09fbf", Utf8::ill_formed},
    {"OverlongFourBytes", "f08fbfbf", Utf8::ill_formed},
    {"AboveUnicode", "f4908080", Utf8::ill_formed},
    {"FiveBytes", "f888808080", Utf8::ill_formed},
    {"LoneContinuation", "80", Utf8::ill_formed},
    {"HighByteInAWord", "'abcdefg' ff", Utf8::ill_formed},
    {"CutTwoBytes", "c3", Utf8::ill_formed},
    {"CutThreeBytes", "e282", Utf8::ill_formed},
    {"CutFourBytes", "f09f98", Utf8::ill_formed},
    {"BadThirdByte", "e28241", Utf8::ill_formed},
    {"BadFourthByte", "f09f9841", Utf8::ill_formed},
};

class Utf8Test : public ::testing::TestWithParam<Utf8Case> {};

// [MQTT-1.5.3-1], [MQTT-1.5.3-2], [MQTT-1.5.3-3]
TEST_P(Utf8Test, IsJudgedAsTheStandardAsks) {
  EXPECT_EQ(check_utf8(wire(GetParam().hex)), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Text, Utf8Test, ::testing::ValuesIn(kCases),
                         [](const auto& named) { return std::string{named.param.name}; });

}  // namespace
}  // namespace iotemu::mqtt::testing
