#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "registry/policy/evaluate.h"
#include "registry/policy/explain.h"
#include "tests/support/source_dir.h"
#include "tests/unit/registry/policy/case_file.h"

namespace iotemu::registry::policy {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry :
       std::filesystem::directory_iterator{tests::source_dir() + "/tests/golden/policy"}) {
    if (entry.path().extension() == ".case") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// C.7 lines 70 (wildcards and escapes), 71 (variables), 73 (the associated thing) and 77 (NotAction,
// NotResource, Deny over Allow, no policy): one file a case, each names its rule.
class PolicyGolden : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(PolicyGolden, BehavesAsTheCaseSays) {
  const testing::CaseFile file = testing::read_case(GetParam());
  SCOPED_TRACE(GetParam().filename().string() + ": " + file.title);
  ASSERT_THAT(file.mistakes, IsEmpty());
  ASSERT_THAT(file.title, Not(IsEmpty())) << "begin the case with a comment that names the behaviour";
  ASSERT_TRUE(file.source.starts_with("P7.")) << "name the rule";
  ASSERT_TRUE(!file.questions.empty() || !file.malformed.empty() || file.accepted) << "the case asks nothing";

  std::vector<NamedDocument> policies;
  for (const std::string& text : file.policies) {
    const auto document = parse(text);
    if (!file.malformed.empty()) {
      ASSERT_FALSE(document.ok()) << "accepted: " << text;
      EXPECT_EQ(document.error().code, Errc::malformed_policy);
      EXPECT_TRUE(document.error().message.starts_with("Policy document is Malformed: "));
      for (const std::string& wanted : file.malformed) {
        EXPECT_THAT(document.error().message, HasSubstr(wanted));
      }
      continue;
    }
    ASSERT_TRUE(document.ok()) << document.error().message << "\n" << text;
    policies.push_back({.name = "p" + std::to_string(policies.size() + 1), .document = *document});
  }

  const Compiled compiled{policies, file.context};
  for (const testing::Question& question : file.questions) {
    const Request request{question.action, question.resource, file.context};
    const Explanation explanation = explain(policies, request);
    SCOPED_TRACE("line " + std::to_string(question.line) + "\n" + explanation.text());
    EXPECT_EQ(name(evaluate(policies, request)), name(question.expected));
    EXPECT_EQ(name(compiled.decide(question.action, question.resource)), name(question.expected));
    EXPECT_EQ(name(explanation.verdict), name(question.expected));
    for (const std::string& wanted : question.says) EXPECT_THAT(explanation.text(), HasSubstr(wanted));
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, PolicyGolden, ::testing::ValuesIn(case_files()),
                         [](const auto& instance) { return instance.param.stem().string(); });

TEST(PolicyGoldenFolder, HoldsTheCases) {
  EXPECT_GE(case_files().size(), 80U);
}

}  // namespace
}  // namespace iotemu::registry::policy
