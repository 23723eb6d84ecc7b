#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/seeded_random.h"
#include "rules/sql/evaluator.h"
#include "rules/sql/statement.h"

namespace iotemu::rules::sql {
namespace {

using ::testing::HasSubstr;

constexpr auto kVersion = Version::v2016_03_23;

std::string refusal(std::string_view text) {
  const auto statement = Statement::compile(text, kVersion);
  EXPECT_FALSE(statement.ok()) << text.substr(0, 60);
  if (statement.ok()) return {};
  EXPECT_EQ(statement.error().code, Errc::sql_parse);
  return statement.error().message;
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

Result<std::optional<Selected>> run(std::string_view sql, std::string_view payload) {
  const auto statement = Statement::compile(sql, kVersion);
  EXPECT_TRUE(statement.ok()) << statement.error().message;
  if (!statement) return statement.error();
  SeededRandom random{1};
  const Message message{.topic = "a", .payload = payload};
  const Surroundings surroundings;
  Evaluation evaluation{*statement, message, surroundings, random, nullptr};
  return evaluation.run();
}

std::string failure(std::string_view sql, std::string_view payload) {
  const auto result = run(sql, payload);
  EXPECT_FALSE(result.ok()) << sql.substr(0, 60);
  if (result.ok()) return {};
  EXPECT_EQ(result.error().code, Errc::limit_exceeded);
  return result.error().message;
}

/// [0,1,2,…
std::string numbers(std::size_t count) {
  std::string out = "[0";
  for (std::size_t i = 1; i < count; ++i) out += "," + std::to_string(i % 10);
  return out + "]";
}

// Hardening 5: AST depth 64.
TEST(SqlBounds, NestingIsRefusedBeyond64Levels) {
  const auto nested = [](std::string_view open, std::string_view close, std::size_t count) {
    return "SELECT " + repeated(open, count) + "1" + repeated(close, count) + " AS r FROM 'a'";
  };
  EXPECT_TRUE(Statement::compile(nested("(", ")", 60), kVersion).ok());
  EXPECT_TRUE(Statement::compile(nested("CASE 1 WHEN 1 THEN ", " END", 60), kVersion).ok());
  const struct {
    std::string_view open;
    std::string_view close;
  } forms[]{{"(", ")"},
            {"[", "]"},
            {"{'a':", "}"},
            {"upper(", ")"},
            {"cast(", " AS Int)"},
            {"-", ""},
            {"1 + (", ")"},
            {"CASE 1 WHEN 1 THEN ", " END"},
            {"CASE ", " WHEN 1 THEN 1 END"},
            {"(SELECT VALUE ", " FROM b)"},
            {"EXISTS (SELECT VALUE ", " FROM b)"}};
  for (const auto& [open, close] : forms) {
    EXPECT_THAT(refusal(nested(open, close, 300)), HasSubstr("levels deep")) << open;
  }
  EXPECT_THAT(refusal("SELECT a" + repeated(".b", 300) + " FROM 'a'"), HasSubstr("members deep"));
  EXPECT_THAT(refusal("SELECT a AS a" + repeated(".b", 300) + " FROM 'a'"), HasSubstr("names deep"));
}

TEST(SqlBounds, AMillionBracketsAreRefusedAtOnce) {
  EXPECT_THAT(refusal("SELECT " + std::string(1'000'000, '(')), HasSubstr("bytes, more than 131072"));
  EXPECT_THAT(refusal("SELECT " + std::string(130'000, '(')), HasSubstr("levels deep"));
  EXPECT_THAT(refusal("SELECT " + std::string(130'000, '-')), HasSubstr("levels deep"));
  EXPECT_THAT(refusal("SELECT " + repeated("NOT ", 30'000)), HasSubstr("expected an expression"));
  EXPECT_THAT(refusal("SELECT a " + repeated("= NOT a ", 15'000)), HasSubstr("NOT stands before"));
}

TEST(SqlBounds, VariablesDoNotNestWithoutEnd) {
  std::string sql = "SET @v0 = a";
  for (int i = 1; i < 10; ++i) {
    sql += ", @v" + std::to_string(i) + " = " + repeated("(1 - 2 * ", 62) + "@v" + std::to_string(i - 1) +
           repeated(")", 62);
  }
  EXPECT_EQ(failure(sql + " SELECT @v9 AS r FROM 'a'", R"({"a": 1})"),
            "The variables of the statement are nested too deep in one another");
  EXPECT_TRUE(run(sql + " SELECT @v3 AS r FROM 'a'", R"({"a": 1})").ok());
}

TEST(SqlBounds, LongTextsAreNoDeepOnes) {
  const auto sum = run("SELECT VALUE 1" + repeated(" + a", 20'000) + " FROM 'a'", R"({"a": 1})");
  ASSERT_TRUE(sum.ok()) << sum.error().message;
  EXPECT_EQ((*sum)->payload, "20001");
  const auto many = run("SELECT a" + repeated(" , a", 30'000) + " FROM 'a'", R"({"a": 1})");
  ASSERT_TRUE(many.ok()) << many.error().message;
  EXPECT_EQ((*many)->payload, R"({"a":1})");
  const auto all = run("SELECT * FROM 'a' WHERE a" + repeated(" AND a", 20'000), R"({"a": true})");
  ASSERT_TRUE(all.ok()) << all.error().message;
  EXPECT_TRUE(all->has_value());
  EXPECT_TRUE(
      run("SELECT * FROM 'a' WHERE " + repeated("NOT ", 30'000) + "a", R"({"a": true})")->has_value());
}

// Hardening 5: evaluation steps 100k per message.
TEST(SqlBounds, WorkIsCounted) {
  const std::string payload = R"({"a":)" + numbers(20'000) + "}";
  EXPECT_TRUE(run("SELECT VALUE EXISTS (SELECT * FROM a AS x WHERE x = 11) FROM 'a'", payload).ok());
  EXPECT_EQ(failure("SELECT (SELECT VALUE 1 FROM a AS x WHERE x + x + x + x + x = 1) AS r FROM 'a'", payload),
            "The rule needs more than 100000 steps for this message");
  // Work that grows with the square.
  for (const char* sql : {"SET @a = a SELECT (SELECT VALUE 11 IN @a FROM @a) AS r FROM 'a'",
                          "SET @a = a SELECT (SELECT VALUE (SELECT VALUE 1 FROM @a) FROM @a) AS r FROM 'a'",
                          "SET @a = a SELECT (SELECT VALUE @a = @a FROM @a) AS r FROM 'a'"}) {
    EXPECT_THAT(failure(sql, payload), HasSubstr("more than 100000 steps")) << sql;
  }
}

// The default of get_or_default() is no way around the budget.
TEST(SqlBounds, AnExhaustedBudgetHasNoDefault) {
  const std::string payload = R"({"a":)" + numbers(20'000) + "}";
  EXPECT_THAT(
      failure("SET @a = a SELECT get_or_default((SELECT VALUE 11 IN @a FROM @a), 1) AS r FROM 'a'", payload),
      HasSubstr("more than 100000 steps"));
}

// Hardening 5: output at most 128 kB.
TEST(SqlBounds, TheResultHasABound) {
  const std::string payload = R"({"a":")" + std::string(100'000, 'x') + R"("})";
  EXPECT_TRUE(run("SELECT * FROM 'a'", payload).ok());
  EXPECT_EQ(failure("SELECT *, a AS b FROM 'a'", payload),
            "The result of the rule's SQL has more than 128 KiB");
}

TEST(SqlBounds, TextsDoNotDoubleForEver) {
  const std::string payload = R"({"a":")" + std::string(1000, 'x') + R"("})";
  std::string sum = "a";
  for (int i = 0; i < 12; ++i) sum = "(" + sum + " + " + sum + ")";
  EXPECT_THAT(failure("SELECT " + sum + " AS r FROM 'a'", payload), HasSubstr("more of this message than"));
}

// RU-20: each value and the total at most 128 KiB.
TEST(SqlBounds, VariablesHaveABound) {
  const std::string payload = R"({"a":")" + std::string(60'000, 'x') + R"("})";
  EXPECT_TRUE(run("SET @a = a, @b = a SELECT @a = @b AS r FROM 'a'", payload).ok());
  EXPECT_EQ(failure("SET @a = a, @b = a, @c = a SELECT @a = @b AS r, @b = @c AS s FROM 'a'", payload),
            "The variables of the statement hold more than 128 KiB, with @c (RU-20)");
}

TEST(SqlBounds, MemoryHasABound) {
  const std::string payload = R"({"a":)" + numbers(60'000) + "}";
  EXPECT_FALSE(run("SET @a = a SELECT concat(@a" + repeated(", @a", 200) + ") AS r FROM 'a'", payload).ok());
  EXPECT_FALSE(run("SET @a = a SELECT [@a" + repeated(", @a", 200) + "] AS r FROM 'a'", payload).ok());
}

TEST(SqlBounds, ConstantsHaveABound) {
  std::string sum = "'" + std::string(1000, 'x') + "'";
  for (int i = 0; i < 6; ++i) sum = "(" + sum + " + " + sum + ")";
  EXPECT_TRUE(Statement::compile("SELECT " + sum + " AS r FROM 'a'", kVersion).ok());
  std::string calls = "'x'";
  for (int i = 0; i < 8; ++i) calls = "rpad(" + calls + ", 1000000000)";
  const auto padded = run("SELECT VALUE " + calls + " FROM 'a'", "{}");
  ASSERT_TRUE(padded.ok()) << padded.error().message;
  EXPECT_EQ((*padded)->payload.size(), 8003U);
}

TEST(SqlBounds, DeepPayloadsAreNotJson) {
  const std::string payload = repeated(R"({"a":)", 1000) + "1" + repeated("}", 1000);
  const auto result = run("SELECT * FROM 'a'", payload);
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE((*result)->is_json);
  EXPECT_EQ((*result)->payload, payload);
  const auto brackets = run("SELECT * FROM 'a'", std::string(1'000'000, '['));
  ASSERT_TRUE(brackets.ok());
  EXPECT_FALSE((*brackets)->is_json);
}

}  // namespace
}  // namespace iotemu::rules::sql
