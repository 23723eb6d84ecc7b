#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "base/seeded_random.h"
#include "rules/sql/statement.h"
#include "rules/topic_filter.h"
#include "tests/support/source_dir.h"
#include "tests/unit/rules/sql/case_file.h"
#include "tests/unit/rules/sql/scripted_host.h"

namespace iotemu::rules::sql {
namespace {

using testing::CaseFile;
using testing::Expectation;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator{tests::source_dir() + "/tests/golden/sql"}) {
    if (entry.path().extension() == ".case") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

void expect_message(const std::string& wanted, const std::string& message) {
  constexpr std::string_view ellipsis = "…";
  if (wanted.ends_with(ellipsis)) {
    EXPECT_THAT(message, StartsWith(wanted.substr(0, wanted.size() - ellipsis.size())));
  } else {
    EXPECT_EQ(message, wanted);
  }
}

/// The message and its surroundings as the case tells them.
struct Facts {
  explicit Facts(const CaseFile& about) : file{about} {
    const auto fact = [&](const char* name, std::string_view otherwise) -> std::string_view {
      const auto found = file.facts.find(name);
      return found == file.facts.end() ? otherwise : std::string_view{found->second};
    };
    message.topic = fact("topic", "a/b");
    message.client_id = fact("client", "");
    message.principal = fact("principal", "");
    message.source_ip = fact("sourceip", "");
    message.trace_id = fact("traceid", "");
    if (file.facts.contains("content_type")) message.content_type = fact("content_type", "");
    if (file.facts.contains("response_topic")) message.response_topic = fact("response_topic", "");
    if (file.facts.contains("correlation")) message.correlation_data = fact("correlation", "");
    message.is_utf8 = file.facts.contains("utf8");
    for (const auto& [key, value] : file.properties) properties.emplace_back(key, value);
    message.user_properties = properties;
    surroundings.account = fact("account", "123456789012");
    surroundings.region = fact("region", "us-east-1");
    surroundings.now_ms = std::stoll(std::string{fact("now", "1481825251155")});
  }

  const CaseFile& file;
  std::vector<std::pair<std::string_view, std::string_view>> properties{};
  Message message{};
  Surroundings surroundings{};
};

void expect(const Expectation& wanted, const Result<std::optional<Selected>>& result) {
  if (wanted.kind == Expectation::Kind::fails) {
    ASSERT_FALSE(result.ok()) << (*result ? (*result)->payload : "dropped");
    return expect_message(wanted.value, result.error().message);
  }
  ASSERT_TRUE(result.ok()) << result.error().message;
  if (wanted.kind == Expectation::Kind::drop) {
    EXPECT_FALSE(result->has_value()) << (*result)->payload;
    return;
  }
  ASSERT_TRUE(result->has_value()) << "dropped, expected " << wanted.value;
  if (wanted.kind == Expectation::Kind::out) {
    EXPECT_TRUE((*result)->is_json) << (*result)->payload;
    EXPECT_EQ((*result)->payload, testing::compact(wanted.value));
  } else {
    EXPECT_FALSE((*result)->is_json) << (*result)->payload;
    EXPECT_EQ((*result)->payload, wanted.value);
  }
}

void run(const testing::Step& step, const Statement& statement, const Template* substitution, Facts& facts) {
  facts.message.payload = step.payload;
  const bool is_for_it =
      statement.filter().empty() || rules::matches(statement.filter(), facts.message.topic);
  const bool unmatched = std::ranges::find(step.expectations, Expectation::Kind::unmatched,
                                           &Expectation::kind) != step.expectations.end();
  ASSERT_EQ(is_for_it, !unmatched) << "FROM '" << statement.filter() << "', topic " << facts.message.topic;
  if (unmatched) return;
  SeededRandom random{7};
  testing::ScriptedHost host{facts.file.answers};
  Evaluation evaluation{statement, facts.message, facts.surroundings, random, &host};
  const auto result = evaluation.run();
  for (const Expectation& wanted : step.expectations) {
    const bool of_template =
        wanted.kind == Expectation::Kind::text || wanted.kind == Expectation::Kind::template_fails;
    if (!of_template) {
      expect(wanted, result);
      continue;
    }
    ASSERT_NE(substitution, nullptr) << "the case has no template";
    const auto text = substitution->text(evaluation);
    if (wanted.kind == Expectation::Kind::text) {
      ASSERT_TRUE(text.ok()) << text.error().message;
      EXPECT_EQ(*text, wanted.value);
    } else {
      ASSERT_FALSE(text.ok()) << *text;
      expect_message(wanted.value, text.error().message);
    }
  }
}

// One file a case; each names its rule of M section 7.
class SqlGolden : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(SqlGolden, BehavesAsTheCaseSays) {
  const CaseFile file = testing::read_case(GetParam());
  SCOPED_TRACE(GetParam().filename().string() + ": " + file.title);
  ASSERT_THAT(file.mistakes, IsEmpty());
  ASSERT_TRUE(std::regex_search(file.title, std::regex{R"(^(RU-\d+|M 7\.\d)\b.*: \S)"}))
      << "begin the case with a comment that names the rule and the behaviour";
  ASSERT_TRUE(!file.sql.empty() || file.error) << "the case has no statement";
  const auto version = parse_version(file.version);
  ASSERT_TRUE(version) << file.version;

  const auto statement = Statement::compile(file.sql, *version);
  if (file.error) {
    ASSERT_FALSE(statement.ok()) << "accepted";
    EXPECT_EQ(statement.error().code, Errc::sql_parse);
    expect_message(*file.error, statement.error().message);
    return;
  }
  ASSERT_TRUE(statement.ok()) << statement.error().message;

  std::optional<Template> substitution;
  if (file.substitution) {
    auto compiled = Template::compile(*file.substitution, *statement);
    if (file.template_error) {
      ASSERT_FALSE(compiled.ok()) << "accepted";
      EXPECT_EQ(compiled.error().code, Errc::sql_parse);
      expect_message(*file.template_error, compiled.error().message);
      return;
    }
    ASSERT_TRUE(compiled.ok()) << compiled.error().message;
    substitution = std::move(*compiled);
  }

  ASSERT_THAT(file.steps, Not(IsEmpty())) << "the case expects nothing";
  Facts facts{file};
  for (const auto& step : file.steps) {
    SCOPED_TRACE("in " + step.payload);
    ASSERT_THAT(step.expectations, Not(IsEmpty()));
    run(step, *statement, substitution ? &*substitution : nullptr, facts);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, SqlGolden, ::testing::ValuesIn(case_files()),
                         [](const auto& instance) { return instance.param.stem().string(); });

TEST(SqlGoldenFolder, HoldsTheCases) {
  EXPECT_GE(case_files().size(), 600U);
}

}  // namespace
}  // namespace iotemu::rules::sql
