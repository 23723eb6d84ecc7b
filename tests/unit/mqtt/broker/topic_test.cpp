#include "mqtt/broker/topic.h"

#include <gtest/gtest.h>

namespace iotemu::mqtt {
namespace {

constexpr TopicRules kRules{};
constexpr TopicRules kBasicIngest{.exempt_prefix = "$direct/rules/", .exempt_levels = 3};

std::string levels(std::size_t slashes) {
  std::string text{"a"};
  for (std::size_t i = 0; i < slashes; ++i) text += "/a";
  return text;
}

struct FaultCase {
  std::string name;
  std::string text;
  TopicFault expected;
};

class TopicNameTest : public ::testing::TestWithParam<FaultCase> {};

TEST_P(TopicNameTest, IsJudgedByTheRules) {
  EXPECT_EQ(check_topic_name(GetParam().text, kRules), GetParam().expected);
  EXPECT_EQ(TopicName::parse(GetParam().text, kRules).ok(), GetParam().expected == TopicFault::none);
}

INSTANTIATE_TEST_SUITE_P(
    Names, TopicNameTest,
    ::testing::Values(FaultCase{"Plain", "plant/7/state", TopicFault::none},
                      FaultCase{"EmptyLevels", "//", TopicFault::none},  // M3-33
                      FaultCase{"OnlyASlash", "/", TopicFault::none},
                      FaultCase{"Space", "a b", TopicFault::none},
                      FaultCase{"Unicode", "\xc3\xa4/\xf0\x9f\x98\x80", TopicFault::none},
                      FaultCase{"Dollar", "$sys/x", TopicFault::none},
                      FaultCase{"Bytes256", std::string(256, 'a'), TopicFault::none},      // M3-37
                      FaultCase{"Bytes257", std::string(257, 'a'), TopicFault::too_long},  // M3-37
                      FaultCase{"BytesNotCharacters", std::string(255, 'a') + "\xc3\xa4",
                                TopicFault::too_long},
                      FaultCase{"Slashes7", levels(7), TopicFault::none},      // M3-37
                      FaultCase{"Slashes8", levels(8), TopicFault::too_deep},  // M3-37
                      FaultCase{"Empty", "", TopicFault::empty},               // [MQTT-4.7.3-1]
                      FaultCase{"Plus", "a/+/b", TopicFault::wildcard_in_name},
                      FaultCase{"Hash", "a/#", TopicFault::wildcard_in_name},
                      FaultCase{"PlusWithinALevel", "a+b", TopicFault::wildcard_in_name},
                      FaultCase{"Null", std::string("a\0b", 3), TopicFault::null_character},
                      FaultCase{"IllFormed", "a\xff", TopicFault::ill_formed_utf8}),
    [](const auto& named) { return named.param.name; });

class TopicFilterTest : public ::testing::TestWithParam<FaultCase> {};

TEST_P(TopicFilterTest, IsJudgedByTheRules) {
  EXPECT_EQ(check_topic_filter(GetParam().text, kRules), GetParam().expected);
  EXPECT_EQ(TopicFilter::parse(GetParam().text, kRules).ok(), GetParam().expected == TopicFault::none);
}

INSTANTIATE_TEST_SUITE_P(
    Filters, TopicFilterTest,
    ::testing::Values(
        FaultCase{"Plain", "plant/7/state", TopicFault::none}, FaultCase{"Hash", "#", TopicFault::none},
        FaultCase{"Plus", "+", TopicFault::none}, FaultCase{"HashAtTheEnd", "a/#", TopicFault::none},
        FaultCase{"HashBelowAnEmptyLevel", "/#", TopicFault::none},
        FaultCase{"PlusAnywhere", "+/a/+/#", TopicFault::none},
        FaultCase{"HashNotLast", "a/#/b", TopicFault::misplaced_wildcard},  // M3-32
        FaultCase{"HashBehindText", "a#", TopicFault::misplaced_wildcard},  // M3-32
        FaultCase{"HashBehindTextInALevel", "a/b#", TopicFault::misplaced_wildcard},
        FaultCase{"HashBeforeText", "#a", TopicFault::misplaced_wildcard},
        FaultCase{"TwoHashes", "##", TopicFault::misplaced_wildcard},
        FaultCase{"PlusBehindText", "a+/b", TopicFault::misplaced_wildcard},  // M3-32
        FaultCase{"PlusBeforeText", "+a", TopicFault::misplaced_wildcard},
        FaultCase{"TwoPluses", "++", TopicFault::misplaced_wildcard},
        FaultCase{"Empty", "", TopicFault::empty},
        FaultCase{"Bytes256", std::string(254, 'a') + "/#", TopicFault::none},      // M3-29
        FaultCase{"Bytes257", std::string(255, 'a') + "/#", TopicFault::too_long},  // M3-29
        FaultCase{"Slashes7", levels(6) + "/#", TopicFault::none},                  // M3-29
        FaultCase{"Slashes8", levels(7) + "/#", TopicFault::too_deep},              // M3-29
        FaultCase{"Null", std::string("a\0", 2), TopicFault::null_character},
        FaultCase{"IllFormed", "\xed\xa0\x80", TopicFault::ill_formed_utf8},
        FaultCase{"Shared", "$share/group/a/+", TopicFault::none},  // M5-15
        FaultCase{"SharedNameWithoutFilter", "$share/group", TopicFault::bad_share_name},
        FaultCase{"SharedEmptyFilter", "$share/group/", TopicFault::bad_share_name},
        FaultCase{"SharedEmptyName", "$share//a", TopicFault::bad_share_name},
        FaultCase{"SharedPlusName", "$share/+/a", TopicFault::bad_share_name},
        FaultCase{"SharedHashName", "$share/g#/a", TopicFault::bad_share_name},
        FaultCase{"SharedNameOf128", "$share/" + std::string(128, 'g') + "/a", TopicFault::none},
        FaultCase{"SharedNameOf129", "$share/" + std::string(129, 'g') + "/a", TopicFault::bad_share_name},
        FaultCase{"SharedSlashes7", "$share/g/" + levels(7), TopicFault::none},      // M3-37
        FaultCase{"SharedSlashes8", "$share/g/" + levels(8), TopicFault::too_deep},  // M3-37
        FaultCase{"SharedBytes256", "$share/g/" + std::string(256, 'a'), TopicFault::none},
        FaultCase{"SharedBytes257", "$share/g/" + std::string(257, 'a'), TopicFault::too_long},
        FaultCase{"SharedMisplacedWildcard", "$share/g/a#", TopicFault::misplaced_wildcard},
        FaultCase{"NotQuiteShared", "$shared", TopicFault::none}),
    [](const auto& named) { return named.param.name; });

TEST(TopicRulesLimits, DoNotCountTheLevelsOfAnExemptPrefix) {  // M3-37
  EXPECT_EQ(check_topic_name("$direct/rules/r/" + levels(7), kBasicIngest), TopicFault::none);
  EXPECT_EQ(check_topic_name("$direct/rules/r/" + levels(8), kBasicIngest), TopicFault::too_deep);
  EXPECT_EQ(check_topic_name("$direct/rules/r/" + std::string(256, 'a'), kBasicIngest), TopicFault::none);
  EXPECT_EQ(check_topic_name("$direct/rules/r/" + std::string(257, 'a'), kBasicIngest), TopicFault::too_long);
  EXPECT_EQ(check_topic_name("$direct/rules/r", kBasicIngest), TopicFault::none);
  EXPECT_EQ(check_topic_name("$direct/other/" + levels(6), kBasicIngest), TopicFault::too_deep);
}

TEST(TopicRulesLimits, AreOptions) {
  const TopicRules loose{.max_bytes = 1000, .max_slashes = 50};
  EXPECT_EQ(check_topic_name(levels(50), loose), TopicFault::none);
  EXPECT_EQ(check_topic_name(levels(51), loose), TopicFault::too_deep);
}

TEST(TopicRulesLimits, NeverAllowMoreThan127Slashes) {
  const TopicRules none{.max_bytes = 65'535, .max_slashes = 65'535};
  EXPECT_EQ(check_topic_filter(levels(127), none), TopicFault::none);
  EXPECT_EQ(check_topic_filter(levels(128), none), TopicFault::too_deep);
}

TEST(TopicFilter, TellsItsPartsWhenShared) {
  const auto filter = TopicFilter::parse("$share/group/a/+", kRules);
  ASSERT_TRUE(filter);
  EXPECT_TRUE(filter->is_shared());
  EXPECT_EQ(filter->str(), "$share/group/a/+");
  EXPECT_EQ(filter->share_name(), "group");
  EXPECT_EQ(filter->pattern(), "a/+");
  EXPECT_TRUE(filter->has_wildcard());
}

TEST(TopicFilter, IsItsOwnPatternWhenNotShared) {
  const auto filter = TopicFilter::parse("a/b", kRules);
  ASSERT_TRUE(filter);
  EXPECT_FALSE(filter->is_shared());
  EXPECT_EQ(filter->share_name(), "");
  EXPECT_EQ(filter->pattern(), "a/b");
  EXPECT_FALSE(filter->has_wildcard());
}

TEST(TopicFaultMessage, NamesTheTopicTheRuleAndTheLimit) {
  EXPECT_EQ(TopicName::parse(levels(8), kRules).error().message,
            "Topic name \"a/a/a/a/a/a/a/a/a\" has more than 7 slashes (M3-29, M3-37)");
  EXPECT_EQ(TopicFilter::parse("a#", kRules).error().code, Errc::invalid_request);
}

TEST(TopicFaultMessage, CutsALongTopicBetweenTwoCharacters) {
  const std::string text = std::string(255, 'a') + "\xc3\xa4";
  EXPECT_EQ(TopicName::parse(text, kRules).error().message,
            "Topic name \"" + std::string(255, 'a') + "\" is longer than 256 bytes (M3-29, M3-37)");
}

TEST(TopicFaultMessage, NeverRepeatsIllFormedText) {
  EXPECT_EQ(TopicName::parse("a\xff", kRules).error().message,
            "Topic name \"?\" is not well-formed UTF-8 [MQTT-1.5.3-1]");
}

struct MatchCase {
  std::string_view filter;
  std::string_view topic;
  bool expected;
};

TEST(Matches, FollowsTheStandardButForTheParentOfAHash) {  // M3-32, M3-33
  const MatchCase cases[] = {
      {"a/b", "a/b", true},       {"a/b", "a/B", false},     {"a/b", "a/b/", false},
      {"a/b", "/a/b", false},     {"a", "a/b", false},       {"+", "a", true},
      {"+", "a/b", false},        {"+", "/a", false},        {"+/+", "/a", true},
      {"/+", "/a", true},         {"a/+", "a/", true},       {"a/+", "a", false},
      {"a/+/c", "a/b/c", true},   {"a/+/c", "a/b/d", false}, {"a/+/c", "a//c", true},
      {"#", "a", true},           {"#", "/", true},          {"#", "a/b/c", true},
      {"a/#", "a", false},  // differs: the standard says yes
      {"a/#", "a/", true},        {"a/#", "a/b/c", true},    {"a/#", "b/a", false},
      {"a/#", "ab", false},       {"+/#", "a", false},       {"+/#", "a/b", true},
      {"/#", "/a", true},         {"/#", "a", false},        {"#", "$sys/a", false},
      {"+/a", "$sys/a", false},   {"+/#", "$sys/a", false},  {"$sys/#", "$sys/a", true},
      {"$sys/+", "$sys/a", true}, {"a/#", "a/$b", true},     {"a/+", "a/$b", true},
  };
  for (const MatchCase& c : cases)
    EXPECT_EQ(matches(c.filter, c.topic, kRules), c.expected) << c.filter << " " << c.topic;
}

TEST(Matches, LetsAHashMatchItsParentWhenTheRulesSaySo) {  // [MQTT-4.7.1-2]
  const TopicRules standard{.hash_matches_parent = true};
  EXPECT_TRUE(matches("a/#", "a", standard));
  EXPECT_TRUE(matches("+/#", "a", standard));
  EXPECT_TRUE(matches("a/#", "a/b", standard));
  EXPECT_FALSE(matches("a/b/#", "a", standard));
  EXPECT_FALSE(matches("+/#", "$sys", standard));
}

}  // namespace
}  // namespace iotemu::mqtt
