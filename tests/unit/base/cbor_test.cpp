// CBOR of fleet provisioning (P6.5): what is read, what is refused, and that refusing is cheap. The examples
// are those of RFC 8949 appendix A.

#include "base/cbor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace iotemu {
namespace {

using ::testing::HasSubstr;

std::string bytes(std::string_view hex) {
  std::string result;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    result += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
  }
  return result;
}

struct Case {
  const char* hex{};
  const char* json{};
};
void PrintTo(const Case& example, std::ostream* out) {
  *out << example.hex;
}

class CborReads : public ::testing::TestWithParam<Case> {};

TEST_P(CborReads, ExampleOfTheStandard) {
  const auto value = parse_cbor(bytes(GetParam().hex));
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(*value, Json::parse(GetParam().json));
}

INSTANTIATE_TEST_SUITE_P(
    Rfc8949, CborReads,
    ::testing::Values(Case{"00", "0"}, Case{"17", "23"}, Case{"1818", "24"}, Case{"1903e8", "1000"},
                      Case{"1a000f4240", "1000000"}, Case{"1bffffffffffffffff", "18446744073709551615"},
                      Case{"20", "-1"}, Case{"3903e7", "-1000"},
                      Case{"3b7fffffffffffffff", "-9223372036854775808"}, Case{"f90000", "0.0"},
                      Case{"f93c00", "1.0"}, Case{"f90001", "5.960464477539063e-8"}, Case{"f9c400", "-4.0"},
                      Case{"f97bff", "65504.0"}, Case{"fa47c35000", "100000.0"},
                      Case{"fb3ff199999999999a", "1.1"}, Case{"f4", "false"}, Case{"f5", "true"},
                      Case{"f6", "null"}, Case{"f7", "null"}, Case{"60", "\"\""},
                      Case{"6449455446", "\"IETF\""}, Case{"62c3bc", "\"\\u00fc\""},
                      Case{"64f0908591", "\"\\ud800\\udd51\""}, Case{"80", "[]"}, Case{"83010203", "[1,2,3]"},
                      Case{"8301820203820405", "[1,[2,3],[4,5]]"}, Case{"a0", "{}"},
                      Case{"a26161016162820203", "{\"a\":1,\"b\":[2,3]}"},
                      Case{"7f657374726561646d696e67ff", "\"streaming\""}, Case{"9fff", "[]"},
                      Case{"9f018202039f0405ffff", "[1,[2,3],[4,5]]"},
                      Case{"bf61610161629f0203ffff", "{\"a\":1,\"b\":[2,3]}"},
                      Case{"c074323031332d30332d32315432303a30343a30305a", "\"2013-03-21T20:04:00Z\""},
                      Case{"d9d9f7a0", "{}"}, Case{"a2616101616102", "{\"a\":2}"}));

class CborRefuses : public ::testing::TestWithParam<Case> {};

TEST_P(CborRefuses, WithTheOffsetAndTheReason) {
  const auto value = parse_cbor(bytes(GetParam().hex));
  ASSERT_FALSE(value) << value->dump();
  EXPECT_EQ(value.error().code, Errc::serialization);
  EXPECT_THAT(value.error().message, HasSubstr("CBOR is not valid at byte "));
  EXPECT_THAT(value.error().message, HasSubstr(GetParam().json));
}

INSTANTIATE_TEST_SUITE_P(
    Malformed, CborRefuses,
    ::testing::Values(
        Case{"", "it ends too early"}, Case{"18", "it ends too early"}, Case{"6161ff", "bytes follow"},
        Case{"0000", "bytes follow"}, Case{"62c3", "it ends too early"}, Case{"61c3", "not UTF-8"},
        Case{"62c080", "not UTF-8"}, Case{"63eda080", "not UTF-8"}, Case{"64f4908080", "not UTF-8"},
        Case{"9f", "it ends too early"}, Case{"8201", "it ends too early"},
        Case{"9bffffffffffffffff", "it ends too early"}, Case{"7bffffffffffffffff", "it ends too early"},
        Case{"a10102", "key is no text"}, Case{"a1416102", "key is no text"},
        Case{"a16161", "it ends too early"}, Case{"1c", "reserved length"}, Case{"1f", "indefinite length"},
        Case{"df", "indefinite length"}, Case{"ff", "ends nothing"}, Case{"81ff", "ends nothing"},
        Case{"7f6161426161ff", "chunk"}, Case{"7f7f6161ffff", "chunk"}, Case{"f8ff", "simple value"},
        Case{"e0", "simple value"}, Case{"f818", "simple value"}, Case{"3bffffffffffffffff", "too small"}));

TEST(Cbor, NestingIsCountedBeforeAnythingIsBuilt) {
  for (const char opening : {'\x81', '\x9f', '\xc1'}) {
    const auto value = parse_cbor(std::string(128 * 1024, opening));
    ASSERT_FALSE(value);
    EXPECT_THAT(value.error().message, HasSubstr("nested deeper than 64 levels")) << "and not at the end";
  }
  std::string maps;
  for (int i = 0; i < 40'000; ++i)
    maps +=
        "\xbf\x61"
        "a";
  EXPECT_THAT(parse_cbor(maps).error().message, HasSubstr("nested deeper"));
}

TEST(Cbor, DeepestNestingIsThatOfJson) {
  const std::string deepest = std::string(63, '\x81') + "\x80";
  EXPECT_TRUE(parse_cbor(deepest));
  EXPECT_FALSE(parse_cbor("\x81" + deepest));
}

TEST(Cbor, ByteStringsAreNoText) {
  const auto value = parse_cbor(bytes("43010203"));
  ASSERT_TRUE(value);
  EXPECT_TRUE(value->is_binary());
  EXPECT_FALSE(value->is_string());
}

TEST(Cbor, IsWrittenWithDefiniteLengthsAndComesBackTheSame) {
  const Json value{{"statusCode", 400},
                   {"text", std::string(300, 'x')},
                   {"list", {1, -1, 2.5, nullptr, true}},
                   {"deep", {{"a", Json::object()}}}};
  const std::string encoded = to_cbor(value);
  EXPECT_EQ(static_cast<unsigned char>(encoded[0]), 0xa4) << "a map of four, not an indefinite one";
  const auto back = parse_cbor(encoded);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, value);
}

TEST(Cbor, InvalidUtf8IsWrittenAsInJson) {
  const std::string bad = "a\xff z\xc3";
  const Json value{{bad, {bad, "\xc3\xbc"}}, {"b", Json::binary({0xff})}};
  const auto back = parse_cbor(to_cbor(value));
  ASSERT_TRUE(back) << back.error().message;
  const std::string replaced = Json::parse(to_text(Json(bad))).get<std::string>();
  EXPECT_EQ(replaced, "a\xef\xbf\xbd z\xef\xbf\xbd");
  EXPECT_EQ(*back, (Json{{replaced, {replaced, "\xc3\xbc"}}, {"b", Json::binary({0xff})}}));
}

}  // namespace
}  // namespace iotemu
