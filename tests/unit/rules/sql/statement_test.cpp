#include "rules/sql/statement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/seeded_random.h"

namespace iotemu::rules::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

Statement compiled(std::string_view text, Version version = Version::v2016_03_23) {
  auto out = Statement::compile(text, version);
  EXPECT_TRUE(out.ok()) << out.error().message;
  return std::move(*out);
}

TEST(SqlVersion, HasThreeNames) {
  EXPECT_EQ(parse_version("2015-10-08"), Version::v2015_10_08);
  EXPECT_EQ(parse_version("2016-03-23"), Version::v2016_03_23);
  EXPECT_EQ(parse_version("beta"), Version::beta);
  EXPECT_FALSE(parse_version("2016-03-24"));
  EXPECT_FALSE(parse_version(""));
  EXPECT_EQ(text_of(Version::v2016_03_23), "2016-03-23");
}

TEST(SqlStatement, TellsItsFilterAndItsVersion) {
  const Statement statement = compiled("SELECT * FROM 'a/+/#'", Version::v2015_10_08);
  EXPECT_EQ(statement.filter(), "a/+/#");
  EXPECT_EQ(statement.version(), Version::v2015_10_08);
  EXPECT_EQ(compiled("SELECT *").filter(), "");
}

TEST(SqlStatement, SaysWhetherItAsksSomebody) {
  EXPECT_FALSE(compiled("SELECT *, topic() AS t FROM 'a'").may_wait());
  EXPECT_TRUE(compiled("SELECT aws_lambda('f', {}) AS r FROM 'a'").may_wait());
  EXPECT_TRUE(compiled("SELECT * FROM 'a' WHERE get_thing_shadow('t', 'r').ok").may_wait());
  EXPECT_TRUE(compiled("SELECT (SELECT VALUE aws_lambda('f', {}) FROM list) AS r FROM 'a'").may_wait());
  EXPECT_TRUE(compiled("SET @v = aws_lambda('f', {}) SELECT @v AS r FROM 'a'").may_wait());
}

TEST(SqlTemplate, SaysWhetherItAsksSomebody) {
  const Statement statement = compiled("SET @slow = aws_lambda('f', {}), @quick = 1 SELECT a FROM 'a'");
  const auto waits = [&](std::string_view text) {
    const auto out = Template::compile(text, statement);
    EXPECT_TRUE(out.ok()) << out.error().message;
    return out->may_wait();
  };
  EXPECT_FALSE(waits("plain"));
  EXPECT_FALSE(waits("${topic()}${@quick}"));
  EXPECT_TRUE(waits("${@slow}"));
  EXPECT_TRUE(waits("x${aws_lambda('f', {})}"));
}

TEST(SqlStatement, TellsWhyAFunctionIsUndefined) {  // M 7.6: what is valid nowhere is Undefined
  const Statement statement =
      compiled("SELECT regexp_matches('a', '(') AS a, regexp_substr(s, re) AS b, length(s) AS c FROM 'a'");
  const auto substitution = Template::compile("${regexp_replace(s, 'a', '$1')}", statement);
  ASSERT_TRUE(substitution.ok());
  const Message message{.topic = "a", .payload = R"({"s":"abc","re":"(?<=a)b"})"};
  const Surroundings around;
  SeededRandom random{1};
  Evaluation evaluation{statement, message, around, random, nullptr};
  EXPECT_THAT(evaluation.notes(), IsEmpty());
  EXPECT_EQ((*evaluation.run())->payload, R"({"c":3})");
  EXPECT_EQ(*substitution->text(evaluation), "");
  EXPECT_THAT(evaluation.notes(),
              ElementsAre("regexp_matches(): '(' is no regular expression: missing ): (",
                          StartsWith("regexp_substr(): '(?<=a)b' cannot be used: the emulator's"),
                          StartsWith("regexp_replace(): '$1' is no replacement")));
}

TEST(SqlStatement, KeepsFewOfManyNotes) {
  const Statement statement =
      compiled("SELECT (SELECT VALUE regexp_matches('a', '(') FROM list) AS a FROM 'a'");
  const Message message{.topic = "a", .payload = R"({"list":[1,2,3,4,5,6,7,8]})"};
  const Surroundings around;
  SeededRandom random{1};
  Evaluation evaluation{statement, message, around, random, nullptr};
  ASSERT_TRUE(evaluation.run().ok());
  EXPECT_THAT(evaluation.notes(), SizeIs(4));
}

TEST(SqlStatement, OutlivesItsText) {
  auto text = std::make_unique<std::string>("SELECT a, 'it''s' AS b, upper('x') + c AS d FROM 'a'");
  Statement statement = compiled(*text);
  *text = std::string(text->size(), '?');
  text.reset();
  const Statement moved = std::move(statement);
  SeededRandom random{1};
  const Message message{.topic = "a", .payload = R"({"a": 1, "c": "y"})"};
  const Surroundings surroundings;
  Evaluation evaluation{moved, message, surroundings, random, nullptr};
  const auto result = evaluation.run();
  ASSERT_TRUE(result.ok());
  EXPECT_EQ((*result)->payload, R"({"a":1,"b":"it's","d":"Xy"})");
}

// RU-27: what an action's templates ask for does not hang on whether SELECT was run.
TEST(SqlTemplate, NeedsNoRunOfTheStatement) {
  const Statement statement = compiled("SET @v = a + 1 SELECT b FROM 'a'");
  const auto substitution = Template::compile("${@v}/${topic(2)}", statement);
  ASSERT_TRUE(substitution.ok());
  SeededRandom random{1};
  const Message message{.topic = "x/y", .payload = R"({"a": 1})"};
  const Surroundings surroundings;
  Evaluation evaluation{statement, message, surroundings, random, nullptr};
  EXPECT_EQ(*substitution->text(evaluation), "2/y");
}

// RU-27: the templates of one action do not hang on those of another.
TEST(SqlTemplate, FailsAlone) {
  const Statement statement = compiled("SELECT a FROM 'a'");
  const auto failing = Template::compile("${aws_lambda('f', {})}", statement);
  const auto good = Template::compile("${a}", statement);
  ASSERT_TRUE(failing.ok() && good.ok());
  SeededRandom random{1};
  const Message message{.topic = "a", .payload = R"({"a": 1})"};
  const Surroundings surroundings;
  Evaluation evaluation{statement, message, surroundings, random, nullptr};
  EXPECT_TRUE(evaluation.run().ok());
  EXPECT_FALSE(failing->text(evaluation).ok());
  EXPECT_EQ(*good->text(evaluation), "1");
}

// RU-28: a function that asks the host where there is none ends the rule, and with it its templates.
TEST(SqlEvaluation, FailsWithoutAHost) {
  const Statement statement = compiled("SELECT aws_lambda('f', {}) AS r FROM 'a'");
  const auto substitution = Template::compile("${a}", statement);
  SeededRandom random{1};
  const Message message{.topic = "a", .payload = R"({"a": 1})"};
  const Surroundings surroundings;
  Evaluation evaluation{statement, message, surroundings, random, nullptr};
  const auto result = evaluation.run();
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(result.error().message.starts_with("aws_lambda(): ")) << result.error().message;
  EXPECT_FALSE(substitution->text(evaluation).ok());
}

}  // namespace
}  // namespace iotemu::rules::sql
