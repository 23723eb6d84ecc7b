// The expressions of DynamoDB in tables: what holds of one item, what an update makes of it, what is refused
// and in which words.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "emulator/neighbours/dynamodb/condition.h"
#include "emulator/neighbours/dynamodb/projection.h"
#include "emulator/neighbours/dynamodb/update.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours::dynamodb {
namespace {

using testing::HasSubstr;

Json item() {
  return *read_item(Json::parse(R"({
    "id": {"S": "sn-1"}, "n": {"N": "5"}, "half": {"N": "0.50"}, "b": {"B": "AQID"}, "yes": {"BOOL": true},
    "nil": {"NULL": true}, "tags_": {"SS": ["b", "a"]}, "nums": {"NS": ["3", "1.0"]},
    "l": {"L": [{"S": "x"}, {"M": {"y": {"N": "7"}}}, {"S": "z"}]},
    "m": {"M": {"in": {"M": {"deep": {"S": "found"}}}, "k.dot": {"N": "1"}}}
  })"));
}

/// Names and values that the cases use.
Json request(const std::string& parameter, const std::string& text) {
  Json input{{parameter, text}};
  const Json names{{"#in", "in"}, {"#dot", "k.dot"}, {"#s", "status"}};
  const Json values = Json::parse(R"({
    ":five": {"N": "5.0"}, ":six": {"N": "6"}, ":one": {"N": "1"}, ":s": {"S": "sn-1"}, ":sn": {"S": "sn"},
    ":x": {"S": "x"}, ":b": {"B": "AQ=="}, ":type": {"S": "SS"}, ":bad": {"S": "SX"}, ":true": {"BOOL": true},
    ":a": {"S": "a"}, ":set": {"SS": ["a", "c"]}, ":nset": {"NS": ["1"]}, ":list": {"L": [{"S": "new"}]},
    ":map": {"M": {"y": {"N": "7.0"}}}, ":found": {"S": "found"}, ":four": {"N": "4"}, ":none": {"NULL": true}
  })");
  for (const auto& [key, name] : names.items()) {
    if (text.find(key) != text.npos) input["ExpressionAttributeNames"][key] = name;
  }
  for (const auto& [key, value] : values.items()) {
    for (auto at = text.find(key); at != text.npos; at = text.find(key, at + 1)) {
      const auto end = at + key.size();
      const bool whole = end == text.size() || std::isalnum(static_cast<unsigned char>(text[end])) == 0;
      if (whole) input["ExpressionAttributeValues"][key] = value;
    }
  }
  return input;
}

struct HoldsCase {
  const char* text;
  bool holds;
};
class Conditions : public testing::TestWithParam<HoldsCase> {};

TEST_P(Conditions, AreJudgedAgainstTheItem) {
  const auto input = request("ConditionExpression", GetParam().text);
  auto bindings = Bindings::read(input);
  ASSERT_TRUE(bindings) << bindings.fault().message;
  const auto condition = read_condition("ConditionExpression", GetParam().text, *bindings);
  ASSERT_TRUE(condition) << GetParam().text << ": " << condition.fault().message;
  EXPECT_TRUE(bindings->check_all_used()) << GetParam().text;
  EXPECT_EQ(holds(*condition, item()), GetParam().holds) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Comparisons, Conditions,
                         testing::Values(HoldsCase{"n = :five", true}, HoldsCase{"n = :six", false},
                                         HoldsCase{"n <> :six", true}, HoldsCase{"n < :six", true},
                                         HoldsCase{"n <= :five", true}, HoldsCase{"n > :five", false},
                                         HoldsCase{"n >= :five", true}, HoldsCase{":six > n", true},
                                         HoldsCase{"id = :s", true}, HoldsCase{"id = :five", false},
                                         HoldsCase{"id > :five", false}, HoldsCase{"nowhere = :five", false},
                                         HoldsCase{"nowhere <> :five", true},
                                         HoldsCase{"nowhere < :five", false}, HoldsCase{"l[1] = :map", true},
                                         HoldsCase{"l[1].y > :six", true}, HoldsCase{"l[9] = :x", false},
                                         HoldsCase{"l[0] = :x", true}, HoldsCase{"m.#in.deep = :found", true},
                                         HoldsCase{"m.#dot = :one", true}, HoldsCase{"yes = :true", true},
                                         HoldsCase{"nil = :none", true}, HoldsCase{"n < half", false},
                                         HoldsCase{"half < n", true}));

INSTANTIATE_TEST_SUITE_P(
    Functions, Conditions,
    testing::Values(HoldsCase{"attribute_exists(n)", true}, HoldsCase{"attribute_exists(nowhere)", false},
                    HoldsCase{"attribute_not_exists(m.#in.absent)", true},
                    HoldsCase{"attribute_type(tags_, :type)", true},
                    HoldsCase{"attribute_type(n, :type)", false}, HoldsCase{"begins_with(id, :sn)", true},
                    HoldsCase{"begins_with(id, :x)", false}, HoldsCase{"begins_with(b, :b)", true},
                    HoldsCase{"begins_with(n, :sn)", false}, HoldsCase{"contains(id, :sn)", true},
                    HoldsCase{"contains(tags_, :a)", true}, HoldsCase{"contains(tags_, :x)", false},
                    HoldsCase{"contains(nums, :one)", true}, HoldsCase{"contains(l, :x)", true},
                    HoldsCase{"contains(l, :map)", true}, HoldsCase{"contains(n, :five)", false},
                    HoldsCase{"size(id) < :five", true}, HoldsCase{"size(id) = :four", true},
                    HoldsCase{"size(l) > :one", true}, HoldsCase{"size(n) = :one", false},
                    HoldsCase{"size(nowhere) = :one", false}));

INSTANTIATE_TEST_SUITE_P(
    Combinations, Conditions,
    testing::Values(HoldsCase{"n BETWEEN :one AND :six", true}, HoldsCase{"n between :one and :four", false},
                    HoldsCase{"n IN (:one, :five)", true}, HoldsCase{"n in (:one)", false},
                    HoldsCase{"nowhere IN (:one)", false}, HoldsCase{"NOT n = :six", true},
                    HoldsCase{"n = :six OR id = :s AND n = :five", true},
                    HoldsCase{"(n = :six OR id = :s) AND n = :six", false},
                    HoldsCase{"NOT (n = :six OR id = :x)", true}, HoldsCase{"not not n = :five", true},
                    HoldsCase{"n BETWEEN :one AND :six AND id = :s", true}));

struct RefusedCase {
  const char* text;
  const char* why;
};
class WrongConditions : public testing::TestWithParam<RefusedCase> {};

TEST_P(WrongConditions, AreRefusedInDynamoDbsWords) {
  const auto input = request("ConditionExpression", GetParam().text);
  auto bindings = Bindings::read(input);
  ASSERT_TRUE(bindings) << bindings.fault().message;
  const auto condition = read_condition("ConditionExpression", GetParam().text, *bindings);
  ASSERT_FALSE(condition) << GetParam().text;
  EXPECT_EQ(condition.fault().name, "ValidationException");
  EXPECT_EQ(condition.fault().message, std::string{"Invalid ConditionExpression: "} + GetParam().why)
      << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Conditions, WrongConditions,
    testing::Values(
        RefusedCase{"", "The expression can not be empty;"},
        RefusedCase{"  ", "The expression can not be empty;"},
        RefusedCase{"n = ", "Syntax error; token: \"<EOF>\", near: \"= \""},
        RefusedCase{"n == :one", "Syntax error; token: \"=\", near: \"== :one\""},
        RefusedCase{"n = :one n", "Syntax error; token: \"n\", near: \":one n\""},
        RefusedCase{"n = 5", "Syntax error; token: \"5\", near: \"= 5\""},
        RefusedCase{"n ! :one", "Syntax error; token: \"!\", near: \"n !\""},
        RefusedCase{"(n = :one", "Syntax error; token: \"<EOF>\", near: \":one\""},
        RefusedCase{"n", "Syntax error; token: \"<EOF>\", near: \"n\""},
        RefusedCase{"((n = :one))", "The expression has redundant parentheses;"},
        RefusedCase{"status = :one", "Attribute name is a reserved keyword; reserved keyword: status"},
        RefusedCase{"m.Name = :one", "Attribute name is a reserved keyword; reserved keyword: Name"},
        RefusedCase{
            "#no = :one",
            "An expression attribute name used in the document path is not defined; attribute name: #no"},
        RefusedCase{"n = :no",
                    "An expression attribute value used in expression is not defined; attribute value: :no"},
        RefusedCase{"bogus(n)", "Invalid function name; function: bogus"},
        RefusedCase{"if_not_exists(n, :one)",
                    "The function is not allowed in a condition expression; function: if_not_exists"},
        RefusedCase{"attribute_exists(n, id)",
                    "Incorrect number of operands for operator or function; operator or function: "
                    "attribute_exists, number of operands: 2"},
        RefusedCase{"attribute_exists(:one)",
                    "Operator or function requires a document path; operator or function: attribute_exists"},
        RefusedCase{
            "begins_with(id, :one)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand "
            "type: N"},
        RefusedCase{
            "n < :true",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
        RefusedCase{
            "attribute_type(n, :bad)",
            "Invalid attribute type name found; type: SX, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
        RefusedCase{"n = n",
                    "The first operand must be distinct from the remaining operands for this operator or "
                    "function; operator: =, first operand: [n]"},
        RefusedCase{
            "n BETWEEN :six AND :one",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower "
            "bound operand: AttributeValue: {N:6}, upper bound operand: AttributeValue: {N:1}"},
        RefusedCase{"n BETWEEN :one AND :x",
                    "The BETWEEN operator requires same data type for lower and upper bounds; lower bound "
                    "operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:x}"}));

TEST(Conditions, HaveABoundOnTheirOperators) {
  std::string deep(400, '(');
  Json input{{"ConditionExpression", deep}};
  auto bindings = Bindings::read(input);
  const auto condition = read_condition("ConditionExpression", deep, *bindings);
  ASSERT_FALSE(condition);
  EXPECT_THAT(condition.fault().message, HasSubstr("too many operators; operator count: 301"));
  const std::string long_text(5000, 'a');
  EXPECT_THAT(read_condition("FilterExpression", long_text, *bindings).fault().message,
              HasSubstr("exceeded the maximum allowed size; expression size: 5000"));
}

struct UpdateCase {
  const char* text;
  const char* path;   ///< what is looked at afterwards
  const char* value;  ///< JSON; empty: nothing is there
};
class Updates : public testing::TestWithParam<UpdateCase> {};

TEST_P(Updates, MakeAnotherItem) {
  const auto input = request("UpdateExpression", GetParam().text);
  auto bindings = Bindings::read(input);
  ASSERT_TRUE(bindings);
  const auto update = read_update(GetParam().text, *bindings);
  ASSERT_TRUE(update) << GetParam().text << ": " << update.fault().message;
  const auto after = updated(item(), *update);
  ASSERT_TRUE(after) << GetParam().text << ": " << after.fault().message;
  Bindings none;
  const auto paths = read_projection(GetParam().path, none);
  ASSERT_TRUE(paths) << paths.fault().message;
  const auto* found = find(*after, paths->front());
  EXPECT_EQ(found == nullptr ? "" : to_text(*found), GetParam().value) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Sets, Updates,
    testing::Values(UpdateCase{"SET fresh = :x", "fresh", R"({"S":"x"})"},
                    UpdateCase{"set n = n + :one", "n", R"({"N":"6"})"},
                    UpdateCase{"SET n = :one - n", "n", R"({"N":"-4"})"},
                    UpdateCase{"SET n = n - half", "n", R"({"N":"4.5"})"},
                    UpdateCase{"SET n = (n + :one)", "n", R"({"N":"6"})"},
                    UpdateCase{"SET c = if_not_exists(c, :one)", "c", R"({"N":"1"})"},
                    UpdateCase{"SET n = if_not_exists(n, :one)", "n", R"({"N":"5"})"},
                    UpdateCase{"SET c = if_not_exists(c, :one) + :six", "c", R"({"N":"7"})"},
                    UpdateCase{"SET l = list_append(l, :list)", "l[3]", R"({"S":"new"})"},
                    UpdateCase{"SET l = list_append(:list, l)", "l[0]", R"({"S":"new"})"},
                    UpdateCase{"SET c = list_append(if_not_exists(c, :list), :list)", "c[1]",
                               R"({"S":"new"})"},
                    UpdateCase{"SET l[1].y = :one", "l[1].y", R"({"N":"1"})"},
                    UpdateCase{"SET l[77] = :x", "l[3]", R"({"S":"x"})"},
                    UpdateCase{"SET m.fresh = :x", "m.fresh", R"({"S":"x"})"},
                    UpdateCase{"SET n = half, half = n", "half", R"({"N":"5"})"},
                    UpdateCase{"SET n = :one REMOVE half", "half", ""}));

INSTANTIATE_TEST_SUITE_P(
    Others, Updates,
    testing::Values(UpdateCase{"REMOVE n", "n", ""}, UpdateCase{"REMOVE nowhere", "n", R"({"N":"5"})"},
                    UpdateCase{"REMOVE l[0]", "l[1]", R"({"S":"z"})"},
                    UpdateCase{"REMOVE l[0], l[1]", "l[0]", R"({"S":"z"})"},
                    UpdateCase{"REMOVE m.#in.deep", "m", R"({"M":{"in":{"M":{}},"k.dot":{"N":"1"}}})"},
                    UpdateCase{"ADD n :six", "n", R"({"N":"11"})"},
                    UpdateCase{"ADD c :six", "c", R"({"N":"6"})"},
                    UpdateCase{"ADD tags_ :set", "tags_", R"({"SS":["a","b","c"]})"},
                    UpdateCase{"ADD c :set", "c", R"({"SS":["a","c"]})"},
                    UpdateCase{"DELETE tags_ :set", "tags_", R"({"SS":["b"]})"},
                    UpdateCase{"DELETE c :set", "c", ""},
                    UpdateCase{"DELETE nums :nset", "nums", R"({"NS":["3"]})"}));

class WrongUpdates : public testing::TestWithParam<RefusedCase> {};

TEST_P(WrongUpdates, AreRefusedInDynamoDbsWords) {
  const auto input = request("UpdateExpression", GetParam().text);
  auto bindings = Bindings::read(input);
  ASSERT_TRUE(bindings);
  const auto update = read_update(GetParam().text, *bindings);
  const auto after = update ? updated(item(), *update) : Answer<Json>{update.fault()};
  ASSERT_FALSE(after) << GetParam().text;
  EXPECT_EQ(after.fault().name, "ValidationException");
  EXPECT_THAT(after.fault().message, HasSubstr(GetParam().why)) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Updates, WrongUpdates,
    testing::Values(
        RefusedCase{"", "Invalid UpdateExpression: The expression can not be empty;"},
        RefusedCase{"n = :one", "Syntax error; token: \"n\", near: \"n =\""},
        RefusedCase{"SET n :one", "Syntax error; token: \":one\", near: \"n :one\""},
        RefusedCase{"SET n = :one,", "Syntax error; token: \"<EOF>\""},
        RefusedCase{"SET n = :one SET half = :one",
                    "The \"SET\" section can only be used once in an update expression;"},
        RefusedCase{
            "SET n = :one, n = :six",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path "
            "one: [n], path two: [n]"},
        RefusedCase{"SET m.a1 = :one REMOVE m", "Two document paths overlap with each other"},
        RefusedCase{"SET m.a1 = :one REMOVE m[0]", "Two document paths conflict with each other"},
        RefusedCase{"SET c = nowhere",
                    "The provided expression refers to an attribute that does not exist in the item"},
        RefusedCase{"SET c = id + :one", "An operand in the update expression has an incorrect data type"},
        RefusedCase{"SET c = n + :x", "operator or function: +, operand type: S"},
        RefusedCase{"SET c = list_append(l, :x)", "operator or function: list_append, operand type: S"},
        RefusedCase{"SET c = list_append(l)", "operator or function: list_append, number of operands: 1"},
        RefusedCase{"SET c = if_not_exists(:one, :six)",
                    "requires a document path; operator or function: if_not_exists"},
        RefusedCase{"SET c = size(l)", "The function is not allowed in an update expression; function: size"},
        RefusedCase{"SET c = bogus(l)", "Invalid function name; function: bogus"},
        RefusedCase{"SET nowhere.c = :one",
                    "The document path provided in the update expression is invalid for update"},
        RefusedCase{"SET id.c = :one",
                    "The document path provided in the update expression is invalid for update"},
        RefusedCase{"REMOVE nowhere.c",
                    "The document path provided in the update expression is invalid for update"},
        RefusedCase{"ADD n :x", "operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"},
        RefusedCase{"ADD id :one", "An operand in the update expression has an incorrect data type"},
        RefusedCase{"DELETE tags_ :one", "operator: DELETE, operand type: NUMBER"},
        RefusedCase{"DELETE tags_ :nset", "An operand in the update expression has an incorrect data type"},
        RefusedCase{"SET status = :one", "reserved keyword: status"}));

TEST(Projection, ShowsPlacesAndMovesElementsTogether) {
  Bindings none;
  const auto paths = read_projection("id, l[2], l[0], m.k, nowhere, l[1].y", none);
  ASSERT_TRUE(paths) << paths.fault().message;
  EXPECT_EQ(to_text(project(item(), *paths)),
            R"({"id":{"S":"sn-1"},"l":{"L":[{"S":"x"},{"M":{"y":{"N":"7"}}},{"S":"z"}]}})");
  EXPECT_THAT(read_projection("m, m.x", none).fault().message,
              HasSubstr("Two document paths overlap with each other"));
  EXPECT_THAT(read_projection("m,", none).fault().message, HasSubstr("Syntax error; token: \"<EOF>\""));
}

TEST(Bindings, AreRefusedWhenNothingUsesThem) {
  const auto read = [](const char* text) { return Bindings::read(Json::parse(text)); };
  EXPECT_EQ(read(R"({"ExpressionAttributeNames": {"#a": "a"}})").fault().message,
            "ExpressionAttributeNames can only be specified when using expressions");
  EXPECT_EQ(read(R"({"ConditionExpression": "a", "ExpressionAttributeNames": {"a": "a"}})").fault().message,
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"");
  EXPECT_EQ(read(R"({"ConditionExpression": "a", "ExpressionAttributeValues": {}})").fault().message,
            "ExpressionAttributeValues must not be empty");
  EXPECT_EQ(read(R"({"ConditionExpression": "a", "ExpressionAttributeValues": {":v": {"N": "x"}}})")
                .fault()
                .message,
            "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a "
            "numeric value: "
            "x for key :v");
  auto bindings = read(R"({"ConditionExpression": "a", "ExpressionAttributeNames": {"#a": "a", "#b": "b"},
               "ExpressionAttributeValues": {":v": {"S": "x"}}})");
  ASSERT_TRUE(bindings->name("#a"));
  EXPECT_EQ(bindings->check_all_used().fault().message,
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}");
  ASSERT_TRUE(bindings->name("#b"));
  EXPECT_EQ(bindings->check_all_used().fault().message,
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}");
}

struct ValueCase {
  const char* wire;
  const char* result;  ///< the canonical value, or what the refusal says
};
class Values : public testing::TestWithParam<ValueCase> {};

TEST_P(Values, HaveOneFormOrAreRefused) {
  const auto value = read_value(Json::parse(GetParam().wire));
  EXPECT_EQ(value ? to_text(*value) : value.fault().message, GetParam().result) << GetParam().wire;
}

INSTANTIATE_TEST_SUITE_P(
    All, Values,
    testing::Values(
        ValueCase{R"({"S": ""})", R"({"S":""})"}, ValueCase{R"({"N": "1.50"})", R"({"N":"1.5"})"},
        ValueCase{R"({"NS": ["10", "9", "-1"]})", R"({"NS":["-1","9","10"]})"},
        ValueCase{R"({"L": []})", R"({"L":[]})"}, ValueCase{R"({"M": {}})", R"({"M":{}})"},
        ValueCase{"{}",
                  "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
        ValueCase{R"({"S": "a", "N": "1"})",
                  "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
                  "supported datatypes"},
        ValueCase{R"({"SS": ["a", "a"]})",
                  "One or more parameter values were invalid: Input collection [a, a] contains duplicates."},
        ValueCase{R"({"NS": ["1", "1.0"]})",
                  "One or more parameter values were invalid: Input collection [1, 1] contains duplicates."},
        ValueCase{R"({"SS": []})",
                  "One or more parameter values were invalid: An string set  may not be empty"},
        ValueCase{
            R"({"NULL": false})",
            "One or more parameter values were invalid: Null attribute value types must have the value of "
            "true"},
        ValueCase{R"({"S": 5})", "An attribute value is not a string"},
        ValueCase{R"({"B": "?"})", "An attribute value is not base64"},
        ValueCase{R"({"BOOL": "true"})", "An attribute value is not true or false"},
        ValueCase{R"("text")", "An attribute value is not an object with a data type"}));

TEST(Values, NestAtMost32Deep) {
  auto value = Json{{"S", "x"}};
  for (int i = 0; i < 32; ++i) value = Json{{"L", Json::array({value})}};
  EXPECT_TRUE(read_value(value));
  const auto deeper = Json{{"L", Json::array({value})}};
  EXPECT_FALSE(read_value(deeper));
  EXPECT_TRUE(check_depth(Json{{"a", value}}));
  EXPECT_FALSE(check_depth(Json{{"a", deeper}}));
}

TEST(Values, ArePlainForThoseWhoDoNotKnowTheirTypes) {
  EXPECT_EQ(plain_item(item()), Json::parse(R"({
    "id": "sn-1", "n": 5, "half": 0.5, "b": "AQID", "yes": true, "nil": null, "tags_": ["a", "b"],
    "nums": [1, 3], "l": ["x", {"y": 7}, "z"], "m": {"in": {"deep": "found"}, "k.dot": 1}})"));
}

}  // namespace
}  // namespace iotemu::neighbours::dynamodb
