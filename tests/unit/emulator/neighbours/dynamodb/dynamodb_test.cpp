// DynamoDB as its SDKs see it: tables, items, pages, batches and transactions, and the words of its refusals.

#include <set>

#include "tests/unit/emulator/neighbours/dynamodb/dynamodb_fixture.h"

namespace iotemu::neighbours {
namespace {

using testing::HasSubstr;

TEST_F(DynamodbTest, SpeaksJson10WithAChecksumThatSdksVerify) {
  const auto answer = ask("ListTables", Json::object());
  EXPECT_EQ(answer.content_type, "application/x-amz-json-1.0");
  EXPECT_EQ(answer.body, R"({"TableNames":[]})");
  EXPECT_EQ(*http::find_header(answer.headers, "x-amz-crc32"), "1315925753");
  const auto fault = ask("DescribeTable", {{"TableName", "none"}});
  EXPECT_EQ(Json::parse(fault.body).at("__type"),
            "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException");
  EXPECT_NE(http::find_header(fault.headers, "x-amz-crc32"), nullptr);
  EXPECT_EQ(Json::parse(ask("DescribeTable", Json::object()).body).at("__type"),
            "com.amazon.coral.validate#ValidationException");
}

TEST_F(DynamodbTest, DescribesATableAsItWasMade) {
  const auto made = good("CreateTable", table("log", "seq")).at("TableDescription");
  EXPECT_EQ(made.at("TableStatus"), "ACTIVE");
  EXPECT_EQ(made.at("TableArn"), "arn:aws:dynamodb:us-east-1:123456789012:table/log");
  EXPECT_EQ(good("DescribeTable", {{"TableName", "log"}}).at("Table"), made);
  EXPECT_EQ(good("DescribeTable", {{"TableName", made.at("TableArn")}}).at("Table"), made);
  EXPECT_EQ(bad("CreateTable", table("log")), "ResourceInUseException: Table already exists: log");
  EXPECT_EQ(good("DeleteTable", {{"TableName", "log"}}).at("TableDescription").at("TableStatus"), "DELETING");
  EXPECT_EQ(bad("DeleteTable", {{"TableName", "log"}}),
            "ResourceNotFoundException: Requested resource not found: Table: log not found");
}

struct TableCase {
  const char* patch;  ///< JSON merged over a good CreateTable
  const char* why;
};
class WrongTables : public DynamodbTest, public testing::WithParamInterface<TableCase> {};

TEST_P(WrongTables, AreRefused) {
  auto input = table("log", "seq");
  input.merge_patch(Json::parse(GetParam().patch));
  EXPECT_THAT(bad("CreateTable", input), HasSubstr(GetParam().why)) << GetParam().patch;
}

INSTANTIATE_TEST_SUITE_P(
    CreateTable, WrongTables,
    testing::Values(
        TableCase{R"({"TableName": null})", "Value null at 'tableName' failed to satisfy constraint"},
        TableCase{R"({"TableName": "ab"})", "TableName must be at least 3 characters long"},
        TableCase{R"({"TableName": "a/b"})", "regular expression pattern: [a-zA-Z0-9_.-]+"},
        TableCase{R"({"KeySchema": []})", "length greater than or equal to 1"},
        TableCase{R"({"KeySchema": [{"AttributeName": "id", "KeyType": "RANGE"}]})",
                  "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
        TableCase{R"({"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"},
                                    {"AttributeName": "id", "KeyType": "RANGE"}]})",
                  "Both the Hash Key and the Range Key element in the KeySchema have the same name"},
        TableCase{R"({"KeySchema": [{"AttributeName": "no", "KeyType": "HASH"}]})",
                  "Some index key attributes are not defined in AttributeDefinitions. Keys: [no], "
                  "AttributeDefinitions: [id, seq]"},
        TableCase{R"({"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]})",
                  "Number of attributes in KeySchema does not exactly match number of attributes defined in "
                  "AttributeDefinitions"},
        TableCase{R"({"BillingMode": "PROVISIONED"})",
                  "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
                  "PROVISIONED"},
        TableCase{R"({"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}})",
                  "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified"},
        TableCase{R"({"StreamSpecification": {"StreamEnabled": true}})", "Streams are not emulated"},
        TableCase{R"({"SSESpecification": {"Enabled": true}})", "Keys of encryption are not emulated"},
        TableCase{
            R"({"GlobalSecondaryIndexes": [{"IndexName": "by-no", "Projection": {"ProjectionType": "ALL"},
                      "KeySchema": [{"AttributeName": "no", "KeyType": "HASH"}]}]})",
            "Some index key attributes are not defined"},
        TableCase{
            R"({"LocalSecondaryIndexes": [{"IndexName": "by-at", "Projection": {"ProjectionType": "ALL"},
                      "KeySchema": [{"AttributeName": "seq", "KeyType": "HASH"}]}]})",
            "Index KeySchema does not have the same leading hash key"},
        TableCase{
            R"({"GlobalSecondaryIndexes": [{"IndexName": "by-at", "Projection": {"ProjectionType": "INCLUDE"},
                      "KeySchema": [{"AttributeName": "seq", "KeyType": "HASH"}]}]})",
            "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"}));

TEST_F(DynamodbTest, ListsTablesInPages) {
  for (const auto* name : {"t-1", "t-2", "t-3"}) good("CreateTable", table(name));
  const auto first = good("ListTables", {{"Limit", 2}});
  EXPECT_EQ(first, Json::parse(R"({"TableNames": ["t-1", "t-2"], "LastEvaluatedTableName": "t-2"})"));
  EXPECT_EQ(good("ListTables", {{"ExclusiveStartTableName", "t-2"}}),
            Json::parse(R"({"TableNames": ["t-3"]})"));
}

TEST_F(DynamodbTest, KeepsRealmsApartAndForgetsAllAtAReset) {
  good("CreateTable", table("log"));
  EXPECT_EQ(good("ListTables", Json::object(), "111122223333").at("TableNames").size(), 0U);
  neighbours.reset();
  EXPECT_EQ(good("ListTables", Json::object()).at("TableNames").size(), 0U);
}

TEST_F(DynamodbTest, HasOneItemAKey) {
  good("CreateTable", table("log", "seq"));
  const Json key = Json::parse(R"({"id": {"S": "a"}, "seq": {"N": "1.0"}})");
  auto item = key;
  item["more"] = {{"S", "x"}};
  EXPECT_EQ(good("PutItem", {{"TableName", "log"}, {"Item", item}}), Json::object());
  const auto read = good("GetItem", {{"TableName", "log"}, {"Key", key}});
  EXPECT_EQ(read, Json::parse(R"({"Item": {"id": {"S": "a"}, "seq": {"N": "1"}, "more": {"S": "x"}}})"));
  const auto old = good("PutItem", {{"TableName", "log"}, {"Item", key}, {"ReturnValues", "ALL_OLD"}});
  EXPECT_EQ(old.at("Attributes"), read.at("Item"));
  EXPECT_EQ(good("DescribeTable", {{"TableName", "log"}}).at("Table").at("ItemCount"), 1);
  good("DeleteItem", {{"TableName", "log"}, {"Key", key}});
  EXPECT_EQ(good("GetItem", {{"TableName", "log"}, {"Key", key}}), Json::object());
}

struct KeyCase {
  const char* operation;
  const char* members;
  const char* why;
};
class WrongItems : public DynamodbTest, public testing::WithParamInterface<KeyCase> {};

TEST_P(WrongItems, AreRefused) {
  good("CreateTable", table("log", "seq"));
  Json input{{"TableName", "log"}};
  input.update(Json::parse(GetParam().members));
  EXPECT_EQ(bad(GetParam().operation, input), GetParam().why) << GetParam().members;
}

INSTANTIATE_TEST_SUITE_P(
    Keys, WrongItems,
    testing::Values(
        KeyCase{
            "PutItem", R"({"Item": {"seq": {"N": "1"}}})",
            "ValidationException: One or more parameter values were invalid: Missing the key id in the item"},
        KeyCase{"PutItem", R"({"Item": {"id": {"S": "a"}, "seq": {"S": "1"}}})",
                "ValidationException: One or more parameter values were invalid: Type mismatch for key seq "
                "expected: N actual: S"},
        KeyCase{
            "PutItem", R"({"Item": {"id": {"S": ""}, "seq": {"N": "1"}}})",
            "ValidationException: One or more parameter values are not valid. The AttributeValue for a key "
            "attribute cannot contain an empty string value. Key: id"},
        KeyCase{"PutItem", R"({"TableName": "none", "Item": {"id": {"S": "a"}}})",
                "ResourceNotFoundException: Requested resource not found"},
        KeyCase{"PutItem", R"({"Item": {"id": {"S": "a"}, "seq": {"N": "1"}}, "ReturnValues": "ALL_NEW"})",
                "ValidationException: ReturnValues can only be ALL_OLD or NONE"},
        KeyCase{"GetItem", R"({"Key": {"id": {"S": "a"}}})",
                "ValidationException: The number of conditions on the keys is invalid"},
        KeyCase{"GetItem", R"({"Key": {"id": {"S": "a"}, "no": {"N": "1"}}})",
                "ValidationException: The provided key element does not match the schema"},
        KeyCase{"GetItem", R"({"Key": {"id": {"S": "a"}, "seq": {"S": "1"}}})",
                "ValidationException: The provided key element does not match the schema"},
        KeyCase{"GetItem", R"({"Key": {"id": {"S": "a"}, "seq": {"N": "one"}}})",
                "ValidationException: The parameter cannot be converted to a numeric value: one"},
        KeyCase{"UpdateItem",
                R"({"Key": {"id": {"S": "a"}, "seq": {"N": "1"}}, "UpdateExpression": "REMOVE id"})",
                "ValidationException: One or more parameter values were invalid: Cannot update attribute id. "
                "This attribute is part of the key"},
        KeyCase{"GetItem",
                R"({"Key": {"id": {"S": "a"}, "seq": {"N": "1"}}, "AttributesToGet": ["id"],
                    "ProjectionExpression": "id"})",
                "ValidationException: Can not use both expression and non-expression parameters in the same "
                "request: Non-expression parameters: {AttributesToGet} Expression parameters: "
                "{ProjectionExpression}"}));

TEST_F(DynamodbTest, HasNoItemsLargerThan400KB) {
  good("CreateTable", table("log"));
  Json item = Json::parse(R"({"id": {"S": "a"}})");
  item["text"] = {{"S", std::string(400 * 1024 - 7, 'x')}};
  good("PutItem", {{"TableName", "log"}, {"Item", item}});
  item["text"] = {{"S", std::string(400 * 1024, 'x')}};
  EXPECT_EQ(bad("PutItem", {{"TableName", "log"}, {"Item", item}}),
            "ValidationException: Item size has exceeded the maximum allowed size");
  EXPECT_EQ(bad("UpdateItem", Json::parse(R"({"TableName": "log", "Key": {"id": {"S": "a"}},
                "UpdateExpression": "SET more = :v", "ExpressionAttributeValues": {":v": {"S": "xxxxxxxx"}}})")),
            "ValidationException: Item size to update has exceeded the maximum allowed size");
}

TEST_F(DynamodbTest, WritesOnConditionAlone) {
  good("CreateTable", table("log"));
  Json input = Json::parse(R"json({"TableName": "log", "Item": {"id": {"S": "a"}, "n": {"N": "1"}},
                               "ConditionExpression": "attribute_not_exists(id)"})json");
  good("PutItem", input);
  EXPECT_EQ(bad("PutItem", input), "ConditionalCheckFailedException: The conditional request failed");
  input["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD";
  EXPECT_EQ(Json::parse(ask("PutItem", input).body).at("Item").at("n").at("N"), "1");
  input.erase("ReturnValuesOnConditionCheckFailure");
  input.erase("ConditionExpression");
  input["Expected"] = Json::parse(R"({"n": {"Value": {"N": "2"}}})");  // the older form
  EXPECT_EQ(bad("PutItem", input), "ConditionalCheckFailedException: The conditional request failed");
  input["Expected"] =
      Json::parse(R"({"n": {"ComparisonOperator": "LT", "AttributeValueList": [{"N": "2"}]}})");
  good("PutItem", input);
  input["Expected"] = Json::parse(R"({"n": {"Exists": false}})");
  EXPECT_EQ(bad("PutItem", input), "ConditionalCheckFailedException: The conditional request failed");
}

TEST_F(DynamodbTest, UpdatesAnItemAndShowsWhatWasAskedFor) {
  good("CreateTable", table("log"));
  const auto update = [&](const char* expression, const char* returned) {
    Json input{{"TableName", "log"},
               {"Key", {{"id", {{"S", "a"}}}}},
               {"UpdateExpression", expression},
               {"ReturnValues", returned}};
    input["ExpressionAttributeValues"] = {{":one", {{"N", "1"}}}};
    const auto answer = good("UpdateItem", input);
    return answer.contains("Attributes") ? to_text(answer.at("Attributes")) : std::string{"none"};
  };
  EXPECT_EQ(update("ADD n :one", "UPDATED_OLD"), "none");
  EXPECT_EQ(update("ADD n :one", "UPDATED_NEW"), R"({"n":{"N":"2"}})");
  EXPECT_EQ(update("ADD n :one", "UPDATED_OLD"), R"({"n":{"N":"2"}})");
  EXPECT_EQ(update("ADD m :one", "ALL_OLD"), R"({"id":{"S":"a"},"n":{"N":"3"}})");
  EXPECT_EQ(update("ADD m :one", "ALL_NEW"), R"({"id":{"S":"a"},"m":{"N":"2"},"n":{"N":"3"}})");
  EXPECT_EQ(update("ADD m :one", "NONE"), "none");
  const auto older = good("UpdateItem", Json::parse(R"({"TableName": "log", "Key": {"id": {"S": "a"}},
      "ReturnValues": "ALL_NEW", "AttributeUpdates": {"n": {"Action": "ADD", "Value": {"N": "4"}},
      "m": {"Action": "DELETE"}, "p": {"Value": {"S": "x"}}}})"));
  EXPECT_EQ(to_text(older.at("Attributes")), R"({"id":{"S":"a"},"n":{"N":"7"},"p":{"S":"x"}})");
}

struct QueryCase {
  const char* condition;
  const char* more;
  const char* numbers;
};
class Queries : public DynamodbTest, public testing::WithParamInterface<QueryCase> {};

TEST_P(Queries, GiveAStretchOfAPartition) {
  fill();
  EXPECT_EQ(numbers(good("Query", query(GetParam().condition, Json::parse(GetParam().more)))),
            GetParam().numbers)
      << GetParam().condition << GetParam().more;
}

#define VALUES(text) R"({"ExpressionAttributeValues": )" text "}"
constexpr const char* kTwo = VALUES(R"({":n": {"N": "2"}})");
constexpr const char* kEight = VALUES(R"({":n": {"N": "8.0"}})");
INSTANTIATE_TEST_SUITE_P(
    Stretches, Queries,
    testing::Values(
        QueryCase{"id = :id", "{}", "0 1 2 3 4 5 6 7 8 9"},
        QueryCase{":id = id", R"({"ScanIndexForward": false})", "9 8 7 6 5 4 3 2 1 0"},
        QueryCase{"id = :id AND seq < :n", kTwo, "0 1"}, QueryCase{"id = :id AND seq <= :n", kTwo, "0 1 2"},
        QueryCase{"seq > :n AND id = :id", kEight, "9"}, QueryCase{"id = :id AND seq >= :n", kEight, "8 9"},
        QueryCase{"id = :id AND :n < seq", kEight, "9"}, QueryCase{"(id = :id) AND (seq = :n)", kTwo, "2"},
        QueryCase{"id = :id AND seq BETWEEN :n AND :m", VALUES(R"({":n": {"N": "3"}, ":m": {"N": "5"}})"),
                  "3 4 5"},
        QueryCase{"id = :id AND seq BETWEEN :n AND :m",
                  R"({"ScanIndexForward": false,
                                  "ExpressionAttributeValues": {":n": {"N": "3"}, ":m": {"N": "5"}}})",
                  "5 4 3"},
        QueryCase{"id = :id",
                  R"({"FilterExpression": "even = :t",
                                  "ExpressionAttributeValues": {":t": {"BOOL": true}}})",
                  "0 2 4 6 8"}));

struct WrongQueryCase {
  const char* condition;
  const char* more;
  const char* why;
};
class WrongQueries : public DynamodbTest, public testing::WithParamInterface<WrongQueryCase> {};

TEST_P(WrongQueries, AreRefused) {
  fill();
  EXPECT_EQ(bad("Query", query(GetParam().condition, Json::parse(GetParam().more))),
            std::string{"ValidationException: "} + GetParam().why)
      << GetParam().condition;
}

INSTANTIATE_TEST_SUITE_P(
    Conditions, WrongQueries,
    testing::Values(
        WrongQueryCase{"seq = :id", "{}", "Query condition missed key schema element: id"},
        WrongQueryCase{"id > :id", "{}", "Query key condition not supported"},
        WrongQueryCase{"id = :id AND even = :id", "{}", "Query condition missed key schema element: seq"},
        WrongQueryCase{"id = :id OR seq = :id", "{}", "Invalid operator used in KeyConditionExpression: OR"},
        WrongQueryCase{"NOT id = :id", "{}", "Invalid operator used in KeyConditionExpression: NOT"},
        WrongQueryCase{"id <> :id", "{}", "Invalid operator used in KeyConditionExpression: <>"},
        WrongQueryCase{"contains(id, :id)", "{}",
                       "Invalid operator used in KeyConditionExpression: contains"},
        WrongQueryCase{"id = :id AND id = :id", "{}",
                       "KeyConditionExpressions must only contain one condition per key"},
        WrongQueryCase{"id = :id AND seq = :id", "{}",
                       "One or more parameter values were invalid: Condition parameter type does not match "
                       "schema type"},
        WrongQueryCase{"id = :id AND seq.x = :id", "{}",
                       "KeyConditionExpressions cannot have conditions on nested attributes"},
        WrongQueryCase{
            "id = :id", R"({"FilterExpression": "seq = :id"})",
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: seq"},
        WrongQueryCase{"id = :id", R"({"IndexName": "none"})",
                       "The table does not have the specified index: none"},
        WrongQueryCase{"id = :id", R"({"Select": "SPECIFIC_ATTRIBUTES"})",
                       "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
                       "SPECIFIC_ATTRIBUTES"},
        WrongQueryCase{"id = :id", R"({"ExclusiveStartKey": {"id": {"S": "b"}, "seq": {"N": "1"}}})",
                       "The provided starting key is outside query boundaries based on provided conditions"},
        WrongQueryCase{"id = :id", R"({"ExclusiveStartKey": {"id": {"S": "b"}}})",
                       "The provided starting key is invalid: The provided key element does not match the "
                       "schema"}));

TEST_F(DynamodbTest, GoesOnWhereAPageEnded) {
  fill();
  for (const bool forward : {true, false}) {
    auto input = query("id = :id", {{"Limit", 4}, {"ScanIndexForward", forward}});
    std::string seen;
    for (int page = 0; page < 3; ++page) {
      const auto answer = good("Query", input);
      seen += numbers(answer) + "|";
      if (!answer.contains("LastEvaluatedKey")) break;
      input["ExclusiveStartKey"] = answer.at("LastEvaluatedKey");
    }
    EXPECT_EQ(seen, forward ? "0 1 2 3|4 5 6 7|8 9|" : "9 8 7 6|5 4 3 2|1 0|");
  }
}

TEST_F(DynamodbTest, EndsAPageAtOneMegabyte) {
  good("CreateTable", table("log"));
  for (int i = 0; i < 4; ++i) {
    good("PutItem",
         {{"TableName", "log"},
          {"Item", {{"id", {{"S", std::to_string(i)}}}, {"text", {{"S", std::string(390 * 1024, 'x')}}}}}});
  }
  const auto counted = good("Scan", {{"TableName", "log"}, {"Select", "COUNT"}});
  EXPECT_EQ(counted.at("Count"), 3);
  const auto first = good("Scan", {{"TableName", "log"}, {"ProjectionExpression", "id"}});
  EXPECT_EQ(first.at("LastEvaluatedKey"), counted.at("LastEvaluatedKey"));
  EXPECT_EQ(first.at("LastEvaluatedKey"), first.at("Items")[2]);
  const auto rest = good("Scan", {{"TableName", "log"},
                                  {"ExclusiveStartKey", first.at("LastEvaluatedKey")},
                                  {"ProjectionExpression", "id"}});
  EXPECT_EQ(rest.at("Count"), 1);
  EXPECT_FALSE(rest.contains("LastEvaluatedKey"));
  std::set<std::string> seen;
  for (const auto* page : {&first, &rest}) {
    for (const auto& item : page->at("Items")) seen.insert(item.at("id").at("S"));
  }
  EXPECT_THAT(seen, testing::ElementsAre("0", "1", "2", "3"));
}

TEST_F(DynamodbTest, ScansInSegmentsThatTogetherAreTheTable) {
  fill();
  std::size_t count = 0;
  for (int segment = 0; segment < 3; ++segment) {
    count += good("Scan", {{"TableName", "log"}, {"Segment", segment}, {"TotalSegments", 3}})
                 .at("Count")
                 .get<std::size_t>();
  }
  EXPECT_EQ(count, 12U);
  EXPECT_THAT(bad("Scan", {{"TableName", "log"}, {"Segment", 3}, {"TotalSegments", 3}}),
              HasSubstr("must be less than parameter TotalSegments"));
  EXPECT_THAT(bad("Scan", {{"TableName", "log"}, {"Segment", 0}}), HasSubstr("TotalSegments"));
  const auto older = good("Scan", Json::parse(R"({"TableName": "log", "ScanFilter": {"even": {
      "ComparisonOperator": "EQ", "AttributeValueList": [{"BOOL": true}]}}})"));
  EXPECT_EQ(older.at("Count"), 6);
}

TEST_F(DynamodbTest, FindsItemsByTheirIndexes) {
  auto input = table("log", "seq");
  input["AttributeDefinitions"].push_back({{"AttributeName", "kind"}, {"AttributeType", "S"}});
  input["GlobalSecondaryIndexes"] = Json::parse(R"([{"IndexName": "by-kind",
      "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "seq", "KeyType": "RANGE"}],
      "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["shown"]}}])");
  input["LocalSecondaryIndexes"] = Json::parse(R"([{"IndexName": "local",
      "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "kind", "KeyType": "RANGE"}],
      "Projection": {"ProjectionType": "KEYS_ONLY"}}])");
  good("CreateTable", input);
  for (int i = 0; i < 6; ++i) {
    Json item{{"id", {{"S", "a"}}},
              {"seq", {{"N", std::to_string(i)}}},
              {"shown", {{"S", "s"}}},
              {"secret", {{"S", "h"}}}};
    if (i != 0) item["kind"] = {{"S", i % 2 == 0 ? "even" : "odd"}};
    good("PutItem", {{"TableName", "log"}, {"Item", item}});
  }
  Json wanted{{"TableName", "log"},
              {"IndexName", "by-kind"},
              {"KeyConditionExpression", "kind = :k"},
              {"ExpressionAttributeValues", {{":k", {{"S", "odd"}}}}},
              {"Limit", 2}};
  const auto first = good("Query", wanted);
  EXPECT_EQ(numbers(first), "1 3");
  EXPECT_TRUE(first.at("Items")[0].contains("shown"));
  EXPECT_FALSE(first.at("Items")[0].contains("secret"));
  EXPECT_EQ(first.at("LastEvaluatedKey").size(), 3U);
  wanted["ExclusiveStartKey"] = first.at("LastEvaluatedKey");
  EXPECT_EQ(numbers(good("Query", wanted)), "5");
  wanted["ConsistentRead"] = true;
  EXPECT_THAT(bad("Query", wanted),
              HasSubstr("Consistent reads are not supported on global secondary indexes"));
  wanted.erase("ConsistentRead");
  wanted["ProjectionExpression"] = "secret";
  EXPECT_THAT(bad("Query", wanted), HasSubstr("does not project [secret]"));

  Json local{{"TableName", "log"},
             {"IndexName", "local"},
             {"KeyConditionExpression", "id = :id AND begins_with(kind, :k)"},
             {"ExpressionAttributeValues", {{":k", {{"S", "ev"}}}, {":id", {{"S", "a"}}}}}};
  EXPECT_EQ(numbers(good("Query", local)), "2 4");
  local["ProjectionExpression"] = "secret";  // a local index leads to the item
  EXPECT_EQ(good("Query", local).at("Items")[0], Json::parse(R"({"secret": {"S": "h"}})"));

  EXPECT_EQ(good("Scan", {{"TableName", "log"}, {"IndexName", "by-kind"}}).at("Count"), 5);
  good("UpdateItem", Json::parse(R"({"TableName": "log", "Key": {"id": {"S": "a"}, "seq": {"N": "1"}},
                                     "UpdateExpression": "REMOVE kind"})"));
  EXPECT_EQ(good("Scan", {{"TableName", "log"}, {"IndexName", "by-kind"}}).at("Count"), 4);
  EXPECT_EQ(
      bad("PutItem", Json::parse(R"({"TableName": "log",
                    "Item": {"id": {"S": "a"}, "seq": {"N": "9"}, "kind": {"N": "1"}}})")),
      "ValidationException: One or more parameter values were invalid: Type mismatch for Index Key kind "
      "Expected: S Actual: N IndexName: local");
}

TEST_F(DynamodbTest, WritesAndReadsInBatches) {
  fill();
  const Json batch = Json::parse(R"({"RequestItems": {"log": [
      {"PutRequest": {"Item": {"id": {"S": "c"}, "seq": {"N": "1"}}}},
      {"DeleteRequest": {"Key": {"id": {"S": "a"}, "seq": {"N": "0"}}}}]}})");
  EXPECT_EQ(good("BatchWriteItem", batch), Json::parse(R"({"UnprocessedItems": {}})"));
  const auto read = good("BatchGetItem", Json::parse(R"({"RequestItems": {"log": {"Keys": [
      {"id": {"S": "c"}, "seq": {"N": "1"}}, {"id": {"S": "a"}, "seq": {"N": "0"}}], "ProjectionExpression": "id"}}})"));
  EXPECT_EQ(read, Json::parse(R"({"Responses": {"log": [{"id": {"S": "c"}}]}, "UnprocessedKeys": {}})"));
  auto twice = batch;
  twice["RequestItems"]["log"].push_back(twice["RequestItems"]["log"][0]);
  EXPECT_EQ(bad("BatchWriteItem", twice),
            "ValidationException: Provided list of item keys contains duplicates");
  auto wrong = batch;
  wrong["RequestItems"]["log"][0]["PutRequest"]["Item"] = Json::parse(R"({"id": {"S": "d"}})");
  EXPECT_THAT(bad("BatchWriteItem", wrong), HasSubstr("Missing the key seq in the item"));
  auto many = batch;
  for (int i = 0; i < 24; ++i) many["RequestItems"]["log"].push_back(many["RequestItems"]["log"][0]);
  EXPECT_THAT(bad("BatchWriteItem", many), HasSubstr("length less than or equal to 25"));
}

TEST_F(DynamodbTest, WritesATransactionWhollyOrNotAtAll) {
  fill();
  Json input = Json::parse(R"json({"ClientRequestToken": "t-1", "TransactItems": [
      {"Put": {"TableName": "log", "Item": {"id": {"S": "c"}, "seq": {"N": "1"}}}},
      {"Update": {"TableName": "log", "Key": {"id": {"S": "a"}, "seq": {"N": "1"}},
                  "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}},
      {"ConditionCheck": {"TableName": "log", "Key": {"id": {"S": "b"}, "seq": {"N": "1"}},
                          "ConditionExpression": "attribute_exists(even)"}},
      {"Delete": {"TableName": "log", "Key": {"id": {"S": "a"}, "seq": {"N": "9"}}}}]})json");
  good("TransactWriteItems", input);
  good("TransactWriteItems", input);  // the same token: done already
  const auto read = good("TransactGetItems", Json::parse(R"({"TransactItems": [
      {"Get": {"TableName": "log", "Key": {"id": {"S": "a"}, "seq": {"N": "1"}}, "ProjectionExpression": "n"}},
      {"Get": {"TableName": "log", "Key": {"id": {"S": "a"}, "seq": {"N": "9"}}}}]})"));
  EXPECT_EQ(read, Json::parse(R"({"Responses": [{"Item": {"n": {"N": "1"}}}, {}]})"));

  input["TransactItems"][2]["ConditionCheck"]["ConditionExpression"] = "attribute_not_exists(even)";
  EXPECT_THAT(bad("TransactWriteItems", input), HasSubstr("IdempotentParameterMismatchException"));
  input["ClientRequestToken"] = "t-2";
  const auto failed = ask("TransactWriteItems", input);
  EXPECT_EQ(fault(failed), "400 TransactionCanceledException");
  EXPECT_THAT(failed.body, HasSubstr("[None, None, ConditionalCheckFailed, None]"));
  EXPECT_EQ(Json::parse(failed.body).at("CancellationReasons")[2].at("Code"), "ConditionalCheckFailed");
  EXPECT_EQ(
      good("GetItem", Json::parse(R"({"TableName": "log", "Key": {"id": {"S": "a"}, "seq": {"N": "1"}}})"))
          .at("Item")
          .at("n")
          .at("N"),
      "1");
  input["TransactItems"][2]["ConditionCheck"]["Key"] = input["TransactItems"][3]["Delete"]["Key"];
  input["TransactItems"][2]["ConditionCheck"]["ConditionExpression"] = "attribute_not_exists(even)";
  EXPECT_THAT(bad("TransactWriteItems", input),
              HasSubstr("Transaction request cannot include multiple operations on one item"));
}

TEST_F(DynamodbTest, ChangesHowATableIsPaidAndItsTags) {
  const auto arn = good("CreateTable", table("log")).at("TableDescription").at("TableArn");
  const auto paid = good("UpdateTable", Json::parse(R"({"TableName": "log", "BillingMode": "PROVISIONED",
      "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}})"));
  EXPECT_EQ(paid.at("TableDescription").at("ProvisionedThroughput").at("WriteCapacityUnits"), 4);
  EXPECT_THAT(bad("UpdateTable", Json::parse(R"({"TableName": "log", "GlobalSecondaryIndexUpdates": []})")),
              HasSubstr("GlobalSecondaryIndexUpdates is not emulated"));
  good("TagResource", {{"ResourceArn", arn}, {"Tags", Json::parse(R"([{"Key": "a", "Value": "1"}])")}});
  EXPECT_EQ(good("ListTagsOfResource", {{"ResourceArn", arn}}),
            Json::parse(R"({"Tags": [{"Key": "a", "Value": "1"}]})"));
  good("UntagResource", {{"ResourceArn", arn}, {"TagKeys", {"a"}}});
  EXPECT_EQ(good("ListTagsOfResource", {{"ResourceArn", arn}}), Json::parse(R"({"Tags": []})"));
  EXPECT_THAT(bad("UpdateTimeToLive", Json::parse(R"({"TableName": "log",
                  "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "until"}})")),
              HasSubstr("Time to live is not emulated"));
}

TEST_F(DynamodbTest, GivesItemsToTheirNeighboursAsPlainJson) {
  fill();
  const Realm realm;
  const auto item =
      neighbours.dynamodb_item(realm, "log", Json::parse(R"({"id": {"S": "a"}, "seq": {"N": "4.0"}})"));
  ASSERT_TRUE(item) << item.fault().message;
  EXPECT_EQ(**item, Json::parse(R"({"id": "a", "seq": 4, "even": true})"));
  EXPECT_FALSE(
      *neighbours.dynamodb_item(realm, "log", Json::parse(R"({"id": {"S": "a"}, "seq": {"N": "44"}})")));
  EXPECT_EQ(neighbours.dynamodb_item(realm, "none", {{"id", {{"S", "a"}}}}).fault().name,
            "ResourceNotFoundException");
  EXPECT_EQ(neighbours.dynamodb_item(realm, "log", {{"id", {{"BOOL", true}}}}).fault().name,
            "ValidationException");
}

TEST_F(DynamodbTest, SaysWhatItCannotDo) {
  const auto answer = ask("ExecuteStatement", {{"Statement", "SELECT * FROM log"}});
  EXPECT_EQ(answer.status, 501U);
  EXPECT_THAT(answer.body, HasSubstr("dynamodb ExecuteStatement is not emulated"));
  EXPECT_THAT(answer.body, HasSubstr("--upstream dynamodb=URL"));
}

}  // namespace
}  // namespace iotemu::neighbours
