#include "registry/policy/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace iotemu::registry::policy {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A document of exactly `characters` characters without white space.
std::string document_of(std::size_t characters, const std::string& filler = "a") {
  const std::string head =
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":")";
  const std::string tail = R"("}})";
  std::string out = head;
  for (std::size_t i = head.size() + tail.size(); i < characters; ++i) out += filler;
  return out + tail;
}

// P7.1, C.7 line 76: 2048 characters without white space pass with 10 kB of indentation; 2049 fail.
TEST(PolicyDocument, CountsItsCharactersWithoutWhiteSpace) {
  const std::string indentation = std::string(5000, ' ') + std::string(5000, '\t') + "\r\n";
  EXPECT_TRUE(parse(document_of(2048) + indentation).ok());
  const auto longer = parse(document_of(2049));
  ASSERT_FALSE(longer.ok());
  EXPECT_EQ(longer.error().code, Errc::malformed_policy);
  EXPECT_THAT(longer.error().message, StartsWith("Policy document is Malformed: "));
  EXPECT_THAT(longer.error().message, HasSubstr("2049"));
}

TEST(PolicyDocument, DoesNotCountSpacesInsideStrings) {
  EXPECT_TRUE(parse(document_of(2048 + 500, " ")).ok());
}

TEST(PolicyDocument, CountsCharactersAndNotBytes) {
  EXPECT_TRUE(parse(document_of(2048, "\xC3\xA4")).ok());
  EXPECT_FALSE(parse(document_of(2049, "\xC3\xA4")).ok());
}

// P7.1: the wire member is bounded as well.
TEST(PolicyDocument, IsAnInvalidRequestBeyondTheWireLimit) {
  const std::string base = document_of(100);
  EXPECT_TRUE(parse(base + std::string(404600 - base.size(), ' ')).ok());
  const auto longer = parse(base + std::string(404601 - base.size(), ' '));
  ASSERT_FALSE(longer.ok());
  EXPECT_EQ(longer.error().code, Errc::invalid_request);
}

// Hardening: bombs are refused before they are parsed.
TEST(PolicyDocument, RefusesBombs) {
  for (const std::string& bomb :
       {std::string(1'000'000, '['), std::string(400'000, '['), std::string(2000, '['), std::string(600, '{'),
        std::string{R"({"Statement":1e400})"}, std::string{R"({"Id":"\ud800"})"},
        std::string{"{\"Id\":\"\xFF\"}"}}) {
    const auto document = parse(bomb);
    ASSERT_FALSE(document.ok());
    EXPECT_LT(document.error().message.size(), 500U);
  }
}

TEST(PolicyDocument, ShowsOnlyTheBeginningOfALongValue) {
  const auto document = parse(R"({"Version":")" + std::string(1500, 'x') + R"("})");
  ASSERT_FALSE(document.ok());
  EXPECT_THAT(document.error().message, HasSubstr("found \"xxxx"));
  EXPECT_LT(document.error().message.size(), 250U);
}

TEST(PolicyDocument, KeepsTheOrderAndTheTextOfItsStatements) {
  const auto parsed = parse(R"({"Version":"2012-10-17","Id":"i","Statement":[
      {"Sid":"A","Effect":"Allow","Action":["iot:Connect","greengrass:*"],"Resource":["r1","r2"]},
      {"Sid":"B","Effect":"Deny","NotAction":"iot:Connect","NotResource":"r3",
       "Condition":{"StringLike":{"iot:ClientId":["a","${iot:DomainName}"]}}}]})");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const Document& document = **parsed;
  EXPECT_TRUE(document.has_version);
  EXPECT_EQ(document.id, "i");
  ASSERT_EQ(document.statements.size(), 2U);
  const Statement& a = document.statements[0];
  EXPECT_EQ(a.sid, "A");
  EXPECT_EQ(a.effect, Effect::allow);
  EXPECT_EQ(a.action_values, (std::vector<std::string>{"iot:Connect", "greengrass:*"}));
  EXPECT_EQ(a.resources[1].source(), "r2");
  const Statement& b = document.statements[1];
  EXPECT_EQ(b.effect, Effect::deny);
  EXPECT_TRUE(b.not_action && b.not_resource);
  EXPECT_FALSE(b.actions.contains(Action::connect));
  EXPECT_TRUE(b.actions.contains(Action::publish));
  ASSERT_EQ(b.conditions.size(), 1U);
  EXPECT_EQ(b.conditions[0].key, "iot:ClientId");
  EXPECT_EQ(b.conditions[0].values[1].source(), "${iot:DomainName}");
}

TEST(PolicyDocument, TakesTheLastOfDuplicateKeys) {
  const auto parsed =
      parse(R"({"Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}})");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ((*parsed)->statements[0].effect, Effect::allow);
}

}  // namespace
}  // namespace iotemu::registry::policy
