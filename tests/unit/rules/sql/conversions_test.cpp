#include "rules/sql/conversions.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace iotemu::rules::sql {
namespace {

using Kind = Value::Kind;

struct Row {
  const char* from;  ///< JSON; empty: Undefined.
  const char* decimal;
  const char* integer;
  const char* boolean;
  const char* string;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.from;
}

// RU-22, row by row; empty is Undefined.
class ImplicitConversion : public ::testing::TestWithParam<Row> {};

TEST_P(ImplicitConversion, IsThatOfTheTable) {
  const Row& row = GetParam();
  Arena arena;
  Value from;
  if (*row.from != '\0') from = *read_json(row.from, Version::v2015_10_08, arena);
  const auto converted = [&](Kind to) {
    std::string out;
    EXPECT_TRUE(write_json(convert(from, to, arena), out, 1000));
    return out;
  };
  EXPECT_EQ(converted(Kind::decimal), row.decimal);
  EXPECT_EQ(converted(Kind::integer), row.integer);
  EXPECT_EQ(converted(Kind::boolean), row.boolean);
  EXPECT_EQ(converted(Kind::string), row.string);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ImplicitConversion,
    ::testing::Values(
        Row{"5", "5", "5", "", R"("5")"}, Row{"-5", "-5", "-5", "", R"("-5")"},
        Row{"2.5", "2.5", "3", "", R"("2.5")"}, Row{"2.4", "2.4", "2", "", R"("2.4")"},
        Row{"-2.5", "-2.5", "-3", "", R"("-2.5")"}, Row{"10.0", "10.0", "10", "", R"("10.0")"},
        Row{"1e30", "1E+30", "1000000000000000000000000000000", "", R"("1E+30")"},
        Row{"true", "", "", "true", R"("true")"}, Row{"false", "", "", "false", R"("false")"},
        Row{R"("12")", "12", "12", "", R"("12")"}, Row{R"("2.9")", "2.9", "2", "", R"("2.9")"},
        Row{R"("-2.9")", "-2.9", "-2", "", R"("-2.9")"}, Row{R"("1.5e2")", "1.5E+2", "150", "", R"("1.5e2")"},
        Row{R"("1e+2")", "", "", "", R"("1e+2")"}, Row{R"("true")", "", "", "true", R"("true")"},
        Row{R"("FaLsE")", "", "", "false", R"("FaLsE")"}, Row{R"("yes")", "", "", "", R"("yes")"},
        Row{R"("")", "", "", "", R"("")"}, Row{"[1, 2]", "", "", "", R"("[1,2]")"},
        Row{R"({"a": 1})", "", "", "", R"("{\"a\":1}")"}, Row{"null", "null", "null", "", ""},
        Row{"", "", "", "", ""}));

TEST(ImplicitConversion, LeadsToNoArrayObjectOrNull) {
  Arena arena;
  for (const auto to : {Kind::array, Kind::object, Kind::null}) {
    EXPECT_TRUE(convert(Value::integer(1), to, arena).is_undefined());
    EXPECT_TRUE(convert(Value::string("[]"), to, arena).is_undefined());
    EXPECT_TRUE(convert({}, to, arena).is_undefined());
  }
  EXPECT_TRUE(convert(Value::null(), Kind::null, arena).is_null());
  EXPECT_TRUE(convert(Value::array({}), Kind::array, arena).is_array());
}

// RU-23: a cast to Decimal leaves a Decimal in 2015-10-08.
TEST(Cast, SimplifiesWholeDecimalsFrom2016On) {
  Arena arena;
  EXPECT_TRUE(cast(Value::integer(5), CastType::decimal, Version::v2015_10_08, arena).is_decimal());
  EXPECT_TRUE(cast(Value::string("5.0"), CastType::decimal, Version::v2016_03_23, arena).is_integer());
}

}  // namespace
}  // namespace iotemu::rules::sql
