// The query language of fleet indexing (FI-3).

#include "registry/index/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace iotemu::registry::index {
namespace {

using ::testing::HasSubstr;

class Facts final : public Document {
 public:
  explicit Facts(std::multimap<std::string, std::string> values) : values_{std::move(values)} {}
  [[nodiscard]] bool any_value(std::string_view field, const ValueTest& test) const override {
    for (const auto& [name, value] : values_) {
      if ((field.empty() || name == field) && test.matches(value)) return true;
    }
    return false;
  }
  [[nodiscard]] std::vector<std::string> values(std::string_view) const override { return {}; }

 private:
  std::multimap<std::string, std::string> values_;
};

const Facts kPump{{{"thingName", "my-Pump_7"},
                   {"thingTypeName", "Pump"},
                   {"thingGroupNames", "hall"},
                   {"thingGroupNames", "plant"},
                   {"registry.version", "3"},
                   {"attributes.a", "78"},
                   {"attributes.x", "4.5"},
                   {"attributes.y", "9"},
                   {"attributes.site", "North:2"},
                   {"attributes.path", "a/b"},
                   {"attributes.word", "infinity"},
                   {"connectivity.connected", "true"},
                   {"connectivity.timestamp", "1557651600001"}}};

struct Case {
  const char* query;
  bool matches;
};

class Queries : public ::testing::TestWithParam<Case> {};

TEST_P(Queries, MatchAsTheGuideSays) {
  const auto query = Query::parse(GetParam().query, {});
  ASSERT_TRUE(query.ok()) << query.error().message;
  EXPECT_EQ((*query)->matches(kPump), GetParam().matches) << GetParam().query;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Queries,
    ::testing::Values(
        // The guide's examples.
        Case{"thingName:my*", true}, Case{"thingName:your*", false}, Case{"attributes.a:[75 TO 80]", true},
        Case{"attributes.a:[75 TO 78]", true}, Case{"attributes.a:[75 TO 78}", false},
        Case{"attributes.a:{75 TO 80]", true}, Case{"attributes.a:{78 TO 80]", false},
        Case{"attributes.x<5 NOT attributes.y>10", true}, Case{"attributes.x<5 NOT attributes.y>8", false},
        Case{"connectivity.connected:true AND connectivity.timestamp > 1557651600000", true},
        Case{"connectivity.connected:false", false}, Case{"*", true},
        // Letter case: of values no matter, of fields it is.
        Case{"thingName:MY-PUMP_7", true}, Case{"thingTypeName:pump", true},
        // Wildcards.
        Case{"thingName:my-pump_?", true}, Case{"thingName:my-pump_??", false}, Case{"thingName:m*p_7", true},
        Case{"thingName:*pump_7", true}, Case{"thingName:?y*", true}, Case{"thingName:*", true},
        Case{"thingName:m**7", true}, Case{"attributes.none:*", false}, Case{R"(thingName:my\*)", false},
        // Words without a field look everywhere.
        Case{"hall", true}, Case{"cellar", false}, Case{"pump 78", true}, Case{R"("pump")", true},
        // Phrases.
        Case{R"(attributes.site:"north:2")", true}, Case{R"(attributes.site:"north")", false},
        Case{R"(attributes.site:north\:2)", true}, Case{R"(attributes.path:a\/b)", true},
        Case{R"(attributes.path:"a/b")", true},
        // Several values: any of them.
        Case{"thingGroupNames:hall", true}, Case{"thingGroupNames:plant", true},
        Case{"thingGroupNames:hall AND thingGroupNames:plant", true},
        // Operators: NOT before AND before OR; AND is the default.
        Case{"thingName:no OR thingTypeName:pump", true}, Case{"thingName:no AND thingTypeName:pump", false},
        Case{"thingName:no thingTypeName:pump", false},
        Case{"thingName:no thingName:no OR thingTypeName:pump", true},
        Case{"thingTypeName:pump OR thingName:no thingName:no", true},
        Case{"(thingTypeName:pump OR thingName:no) thingName:no", false}, Case{"NOT thingName:no", true},
        Case{"-thingName:no", true}, Case{"-thingTypeName:pump", false},
        Case{"NOT NOT thingTypeName:pump", true}, Case{"NOT (thingName:no OR thingTypeName:pump)", false},
        Case{"thingTypeName:pump AND -hall", false}, Case{"((thingTypeName:pump))", true},
        // Groups of one field.
        Case{"thingTypeName:(valve OR pump)", true}, Case{"thingTypeName:(valve pump)", false},
        Case{"thingName:(my* AND -plasma)", true}, Case{"thingName:(my* AND -*7)", false},
        Case{"thingTypeName:(valve OR (p* AND -plasma))", true},
        // Comparisons: numbers with numbers, text with text.
        Case{"attributes.a>=78", true}, Case{"attributes.a>78", false}, Case{"attributes.a<=78", true},
        Case{"attributes.a:>77", true}, Case{"attributes.a > 9", true}, Case{"attributes.site>5", false},
        Case{"attributes.site>north", true}, Case{"attributes.site:[A TO Z]", true},
        Case{"attributes.a:[* TO 80]", true}, Case{"attributes.a:[80 TO *]", false},
        Case{"attributes.a:[* TO *]", true}, Case{R"(attributes.site:["North:1" TO "North:3"])", true},
        Case{"attributes.x:[-5 TO 4.5]", true}, Case{"registry.version:3", true},
        Case{"registry.version>2", true},
        // No numbers, only words.
        Case{"attributes.site>inf", true}, Case{"attributes.site<nan", false},
        Case{"attributes.word>5", false},
        // Words that only look like operators.
        Case{"thingName:NOTHING", false}, Case{"and", false}, Case{"thingName:AND*", false}));

struct BadCase {
  const char* query;
  const char* says;
};

class BadQueries : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadQueries, AreRefusedWithThePlaceAndTheReason) {
  const auto query = Query::parse(GetParam().query, {});
  ASSERT_FALSE(query.ok()) << GetParam().query;
  EXPECT_EQ(query.error().code, Errc::invalid_query);
  EXPECT_THAT(query.error().message, HasSubstr(GetParam().says)) << GetParam().query;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadQueries,
    ::testing::Values(
        BadCase{"", "character 1: a term is missing"}, BadCase{"   ", "a term is missing"},
        BadCase{"thingName:", "character 11: a value is missing"}, BadCase{"AND a", "before the operator"},
        BadCase{"a AND", "character 6: a term is missing"}, BadCase{"a OR OR b", "before the operator"},
        BadCase{"NOT", "a term is missing"}, BadCase{"(a", "')' is missing"},
        BadCase{"a)", "character 2: ')'"}, BadCase{"()", "is not expected"},
        BadCase{"thingName:()", "is not expected"}, BadCase{R"("a)", "the quotation is not closed"},
        BadCase{"thingName:[1 TO 2", "not closed"}, BadCase{"thingName:[1 2]", "[low TO high]"},
        BadCase{"thingName:[1* TO 2]", "no wildcards"}, BadCase{"[1 TO 2]", "needs a field"},
        BadCase{">5", "'>' is not expected"}, BadCase{"thingName>", "a value is missing"},
        BadCase{"thingName:a:b", R"(written '\:')"}, BadCase{"thingName:*a *b", "only one term"},
        BadCase{"thingName:a~", "fuzzy search"}, BadCase{"thingName:a^2", "boosting"},
        BadCase{"thingName:/a/", "special character '/'"}, BadCase{"thingName:a@b", "special character '@'"},
        BadCase{"a && b", "AND, OR and NOT"}, BadCase{"!a", "use NOT"}, BadCase{"+a", "joined by AND"},
        BadCase{R"(thingName:a\)", "nothing follows"},
        BadCase{"thingname:a", "character 1: things have no field 'thingname'"},
        BadCase{"a thingtype:b", "character 3: things have no field"},
        BadCase{"attributes.:a", "things have no field"},
        BadCase{"shadow.hasDelta:true", "shadows are not emulated"},
        BadCase{"shadow.reported.location:*", "shadows are not emulated"},
        BadCase{"deviceDefender.violationCount>0", "Device Defender"},
        BadCase{"a b c d e f g h i j k l m", "more than 12 terms"}));

TEST(Query, IsBounded) {
  EXPECT_TRUE(Query::parse("thingName:" + std::string(990, 'a'), {}).ok());
  EXPECT_FALSE(Query::parse("thingName:" + std::string(991, 'a'), {}).ok());
  EXPECT_FALSE(Query::parse(std::string(500, '(') + "a" + std::string(499, ')'), {}).ok());
  EXPECT_FALSE(Query::parse(std::string(1000, '-'), {}).ok());
  EXPECT_FALSE(Query::parse("thingName:*" + std::string(90, 'a'), {}).ok());
  EXPECT_TRUE(Query::parse("thingName:*" + std::string(89, 'a'), {}).ok());
  EXPECT_FALSE(Query::parse("a b c d e f", {}, {.terms = 5}).ok());
  // A pattern that would take exponential time by backtracking.
  std::string stars;
  for (int i = 0; i < 400; ++i) stars += "a*";
  const auto query = Query::parse("thingName:" + stars + "b", {});
  ASSERT_TRUE(query.ok());
  EXPECT_FALSE((*query)->matches(Facts{{{"thingName", std::string(128, 'a')}}}));
}

TEST(Query, GroupsHaveFieldsOfTheirOwn) {
  const Schema groups{.index = Schema::Index::thing_groups};
  EXPECT_TRUE(Query::parse("thingGroupName:p* parentGroupNames:plant attributes.a:1", groups).ok());
  const auto wrong = Query::parse("thingName:a", groups);
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.error().message, HasSubstr("thing groups have no field 'thingName'"));
  const auto described =
      Query::parse(R"(thingGroupDescription:"the big" thingGroupDescription:hall)", groups);
  ASSERT_TRUE(described.ok());
  EXPECT_TRUE((*described)->matches(Facts{{{"thingGroupDescription", "All of The Big Hall"}}}));
  EXPECT_FALSE((*described)->matches(Facts{{{"thingGroupDescription", "the bigger hall"}}}));
}

TEST(Query, ConnectivityIsAskedForOnlyWhereItIsIndexed) {
  const auto refused = Query::parse("connectivity.connected:true", {.connectivity = false});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("thingConnectivityIndexingMode is STATUS"));
}

TEST(Query, KnowsWhatItDependsOn) {
  const auto depends = [](const char* text) {
    return (*Query::parse(text, {}))->depends_on("connectivity.");
  };
  EXPECT_TRUE(depends("thingName:a OR NOT connectivity.connected:true"));
  EXPECT_TRUE(depends("anything"));
  EXPECT_FALSE(depends("thingName:a"));
  EXPECT_FALSE(depends("*"));
}

}  // namespace
}  // namespace iotemu::registry::index
