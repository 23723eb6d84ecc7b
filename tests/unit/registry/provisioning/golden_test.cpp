#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/source_dir.h"
#include "tests/unit/registry/provisioning/case_file.h"
#include "tests/unit/registry/provisioning/plan_json.h"

namespace iotemu::registry::provisioning {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry :
       std::filesystem::directory_iterator{tests::source_dir() + "/tests/golden/template"}) {
    if (entry.path().extension() == ".case") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

void expect_refusal(const testing::Refusal& wanted, const Error& error) {
  EXPECT_EQ(error.code, wanted.code) << error.message;
  if (wanted.is_beginning) {
    EXPECT_THAT(error.message, StartsWith(wanted.message));
  } else {
    EXPECT_EQ(error.message, wanted.message);
  }
}

// C.5 lines 62, 63, 64 and 67, and the form of everything in P5.2–5.6: one file a case, each names its rule.
class TemplateGolden : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(TemplateGolden, BehavesAsTheCaseSays) {
  const testing::CaseFile file = testing::read_case(GetParam());
  SCOPED_TRACE(GetParam().filename().string() + ": " + file.title);
  ASSERT_THAT(file.mistakes, IsEmpty());
  ASSERT_THAT(file.title, Not(IsEmpty())) << "begin the case with a comment that names the behaviour";
  ASSERT_TRUE(file.source.starts_with("P5.") || file.source.starts_with("P8.")) << "name the rule";
  ASSERT_TRUE(file.has_body) << "the case has no template";
  ASSERT_TRUE(file.plan || file.refusal) << "the case expects nothing";

  const auto document = parse_template(file.body);
  if (file.refusal && file.refusal->when_parsing) {
    ASSERT_FALSE(document.ok()) << "accepted: " << file.body;
    expect_refusal(*file.refusal, document.error());
    return;
  }
  ASSERT_TRUE(document.ok()) << document.error().message;

  const auto plan = evaluate(**document, file.supplied);
  if (file.refusal) {
    ASSERT_FALSE(plan.ok()) << testing::plan_json(*plan).dump(2);
    expect_refusal(*file.refusal, plan.error());
    return;
  }
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(testing::plan_json(*plan), *file.plan) << testing::plan_json(*plan).dump(2);
}

INSTANTIATE_TEST_SUITE_P(Cases, TemplateGolden, ::testing::ValuesIn(case_files()),
                         [](const auto& instance) { return instance.param.stem().string(); });

TEST(TemplateGoldenFolder, HoldsTheCases) {
  EXPECT_GE(case_files().size(), 120U);
}

}  // namespace
}  // namespace iotemu::registry::provisioning
