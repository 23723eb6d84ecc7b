#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "rules/sql/value.h"

namespace iotemu::rules::sql {
namespace {

std::string round_trip(std::string_view text, Version version = Version::v2016_03_23) {
  Arena arena;
  const auto value = read_json(text, version, arena);
  if (!value) return "not JSON";
  std::string out;
  EXPECT_TRUE(write_json(*value, out, std::size_t{1} << 24U));
  EXPECT_EQ(json_size(*value, std::size_t{1} << 24U), out.size());
  return out;
}

TEST(SqlJson, IsReadAndWrittenInItsOrder) {
  EXPECT_EQ(round_trip(R"( { "z" : [ 1 , true , false , null , "x" ] , "a" : { } } )"),
            R"({"z":[1,true,false,null,"x"],"a":{}})");
  EXPECT_EQ(round_trip("80"), "80");
  EXPECT_EQ(round_trip("\t\"x\"\r\n"), R"("x")");
}

TEST(SqlJson, RefusesWhatIsNotJson) {
  for (const char* text : {"",           " ",
                           "{",          "}",
                           "[",          "]",
                           "[1",         "[1,",
                           "[1,]",       "[,1]",
                           "{\"a\"}",    "{\"a\":}",
                           "{\"a\":1,}", "{a:1}",
                           "{1:1}",      "'x'",
                           "\"x",        "\"\\x\"",
                           "\"\\u12\"",  "\"\\u12g4\"",
                           "\"tab\t\"",  "01",
                           "-",          "1.",
                           ".5",         "1e",
                           "1e+",        "+1",
                           "NaN",        "tru",
                           "truex",      "nul",
                           "1 2",        "{} {}",
                           "[1]]",       "\xEF\xBB\xBF{}",
                           "\"\xFF\"",   "\"\xED\xA0\x80\"",
                           "\"\\",       "// {}"}) {
    EXPECT_EQ(round_trip(text), "not JSON") << text;
  }
  EXPECT_EQ(round_trip(std::string_view{"\"a\0b\"", 5}), "not JSON");
  EXPECT_EQ(round_trip(std::string_view{"{}\0", 3}), "not JSON");
}

TEST(SqlJson, IsNestedNoDeeperThan64) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(round_trip(nested(64)), nested(64));
  EXPECT_EQ(round_trip(nested(65)), "not JSON");
  EXPECT_EQ(round_trip(std::string(1'000'000, '[')), "not JSON");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  EXPECT_EQ(round_trip(objects), "not JSON");
}

TEST(SqlJson, HoldsEachKeyOnceHoweverMany) {
  EXPECT_EQ(round_trip(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})");
  std::string text = "{";
  for (int i = 0; i < 20'000; ++i) text += "\"k" + std::to_string(i % 100) + "\":" + std::to_string(i) + ",";
  text += R"("last":0})";
  const std::string out = round_trip(text);
  EXPECT_THAT(out, ::testing::StartsWith(R"({"k0":19900,"k1":19901,)"));
  EXPECT_THAT(out, ::testing::EndsWith(R"("k99":19999,"last":0})"));
}

TEST(SqlJson, EndsWhereItsBoundIs) {
  Arena arena;
  const auto value = read_json(R"({"a":[1,2,3],"b":"text"})", Version::beta, arena);
  ASSERT_TRUE(value);
  for (std::size_t most = 0; most < 24; ++most) {
    std::string out = "before";
    EXPECT_FALSE(write_json(*value, out, most));
    EXPECT_LE(out.size(), most + 6);
    EXPECT_EQ(json_size(*value, most), most + 1);
  }
  std::string out;
  EXPECT_TRUE(write_json(*value, out, 24));
}

TEST(SqlJson, NeedsNoMoreMemoryThanItsBound) {
  Arena arena;
  std::string text = "[";
  for (int i = 0; i < 2'000'000; ++i) text += "1,";
  text += "1]";
  EXPECT_THROW((void)read_json(text, Version::beta, arena), std::bad_alloc);
}

}  // namespace
}  // namespace iotemu::rules::sql
