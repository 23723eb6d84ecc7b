#include "registry/policy/conditions.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "registry/policy/document.h"
#include "registry/policy/evaluate.h"

namespace iotemu::registry::policy {
namespace {

// P7.7: the list of operators.
TEST(Operator, ExistsInEveryFormOfTheList) {
  for (const char* name : {"StringEquals",
                           "StringNotEquals",
                           "StringEqualsIgnoreCase",
                           "StringNotEqualsIgnoreCase",
                           "StringLike",
                           "StringNotLike",
                           "Bool",
                           "IpAddress",
                           "NotIpAddress",
                           "ArnEquals",
                           "ArnLike",
                           "ArnNotEquals",
                           "ArnNotLike",
                           "NumericEquals",
                           "NumericNotEquals",
                           "NumericLessThan",
                           "NumericLessThanEquals",
                           "NumericGreaterThan",
                           "NumericGreaterThanEquals",
                           "DateEquals",
                           "DateNotEquals",
                           "DateLessThan",
                           "DateLessThanEquals",
                           "DateGreaterThan",
                           "DateGreaterThanEquals"}) {
    for (const char* prefix : {"", "ForAllValues:", "ForAnyValue:"}) {
      for (const char* suffix : {"", "IfExists"}) {
        const std::string text = std::string{prefix} + name + suffix;
        const auto op = Operator::parse(text);
        ASSERT_TRUE(op) << text;
        EXPECT_EQ(op->name, text);
        EXPECT_EQ(op->if_exists, *suffix != '\0');
        EXPECT_EQ(op->qualifier == Operator::Qualifier::none, *prefix == '\0');
      }
    }
  }
  EXPECT_TRUE(Operator::parse("Null"));
}

TEST(Operator, DoesNotExistOtherwise) {
  for (const char* text : {"", "Equals", "stringEquals", "StringEqualsifexists", "ForSomeValues:StringEquals",
                           "ForAllValues:", "NullIfExists", "ForAnyValue:Null", "BoolEquals"}) {
    EXPECT_FALSE(Operator::parse(text)) << text;
  }
}

// P7.7, C.7 line 72: the guide's Connect matrix, Resource `*`.
struct MatrixRow {
  const char* condition{};
  bool none{}, persistent{}, will{}, both{};
};

class ConnectMatrix : public ::testing::TestWithParam<MatrixRow> {};

TEST_P(ConnectMatrix, AnswersAsTheGuide) {
  const MatrixRow& row = GetParam();
  const auto document =
      parse(std::string{R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"} +
            R"("Action":"iot:Connect","Resource":"*","Condition":)" + row.condition + "}]}");
  ASSERT_TRUE(document.ok()) << document.error().message;
  const std::vector<NamedDocument> policies{{.name = "matrix", .document = *document}};
  const auto allowed = [&](bool persistent, const char* will_topic) {
    Context context;
    context.client_id = "c";
    context.persistent_connect = persistent;
    if (will_topic != nullptr) {
      context.last_will_topic = std::string{"arn:aws:iot:us-east-1:123456789012:topic/"} + will_topic;
    }
    const char* client = "arn:aws:iot:us-east-1:123456789012:client/c";
    const bool plain = evaluate(policies, {Action::connect, client, context}) == Verdict::allowed;
    EXPECT_EQ(Compiled(policies, context).allows(Action::connect, client), plain);
    return plain;
  };
  EXPECT_EQ(allowed(false, nullptr), row.none);
  EXPECT_EQ(allowed(true, nullptr), row.persistent);
  EXPECT_EQ(allowed(false, "my/lw"), row.will);
  EXPECT_EQ(allowed(true, "my/lw"), row.both);
}

INSTANTIATE_TEST_SUITE_P(
    Guide, ConnectMatrix,
    ::testing::Values(
        MatrixRow{"{}", true, true, true, true},
        MatrixRow{R"({"ForAllValues:StringEquals":{"iot:ConnectAttributes":["PersistentConnect"]}})", true,
                  true, false, false},
        MatrixRow{R"({"ForAllValues:StringNotEquals":{"iot:ConnectAttributes":["PersistentConnect"]}})", true,
                  false, true, false},
        MatrixRow{
            R"({"ForAllValues:StringEquals":{"iot:ConnectAttributes":["PersistentConnect","LastWill"]}})",
            true, true, true, true},
        MatrixRow{R"({"ForAllValues:StringEquals":{"iot:ConnectAttributes":["LastWill"]}})", true, false,
                  true, false},
        MatrixRow{R"({"ForAllValues:StringEquals":{"iot:ConnectAttributes":[]}})", true, false, false, false},
        MatrixRow{R"({"ForAnyValue:StringEquals":{"iot:ConnectAttributes":["PersistentConnect"]}})", false,
                  true, false, true},
        MatrixRow{R"({"StringEquals":{"iot:ConnectAttributes":["LastWill"]}})", true, false, true, false},
        MatrixRow{R"({"ArnEquals":{"iot:LastWillTopic":"arn:aws:iot:us-east-1:123456789012:topic/my/lw"}})",
                  false, false, true, true},
        MatrixRow{R"({"ArnEquals":{"iot:LastWillTopic":"arn:aws:iot:us-east-1:123456789012:topic/other"}})",
                  false, false, false, false}));

}  // namespace
}  // namespace iotemu::registry::policy
