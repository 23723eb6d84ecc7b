// ReturnConsumedCapacity and ReturnItemCollectionMetrics of every operation that has them, as the service
// model and the developer guide count: read units of 4 KB, write units of 1 KB, transactions twice.

#include "tests/unit/emulator/neighbours/dynamodb/dynamodb_fixture.h"

namespace iotemu::neighbours {
namespace {

class CapacityTest : public DynamodbTest {
 protected:
  /// A table `log` with a global index by `kind` that shows everything and a local one by `weight` that shows
  /// keys, and a plain table `other`.
  void SetUp() override {
    auto input = table("log", "seq");
    for (const auto* name : {"kind", "weight"})
      input["AttributeDefinitions"].push_back({{"AttributeName", name}, {"AttributeType", "S"}});
    input["GlobalSecondaryIndexes"] = Json::parse(R"([{"IndexName": "by-kind",
        "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}])");
    input["LocalSecondaryIndexes"] = Json::parse(R"([{"IndexName": "by-weight",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "weight", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"}}])");
    good("CreateTable", input);
    good("CreateTable", table("other"));
  }

  static Json item(const std::string& id, std::size_t bytes, const char* kind = nullptr,
                   const char* weight = nullptr) {
    Json item{{"id", {{"S", id}}}, {"seq", {{"N", "1"}}}, {"words", {{"S", std::string(bytes, 'x')}}}};
    if (kind != nullptr) item["kind"] = {{"S", kind}};
    if (weight != nullptr) item["weight"] = {{"S", weight}};
    return item;
  }
  static Json key(const std::string& id) { return {{"id", {{"S", id}}}, {"seq", {{"N", "1"}}}}; }
  Json consumed(const std::string& operation, Json input, const char* level = "INDEXES") {
    input["ReturnConsumedCapacity"] = level;
    return good(operation, input).value("ConsumedCapacity", Json());
  }
  Json put(const Json& item, const char* level = "INDEXES") {
    return consumed("PutItem", {{"TableName", "log"}, {"Item", item}}, level);
  }
  static Json parsed(const char* text) { return Json::parse(text); }
};

TEST_F(CapacityTest, IsToldOnlyWhenAskedFor) {
  EXPECT_FALSE(good("PutItem", {{"TableName", "log"}, {"Item", item("a", 1)}}).contains("ConsumedCapacity"));
  EXPECT_EQ(put(item("a", 1), "NONE"), Json());
  EXPECT_EQ(put(item("a", 1), "TOTAL"), parsed(R"({"TableName": "log", "CapacityUnits": 1.0})"));
  EXPECT_THAT(
      bad("PutItem", {{"TableName", "log"}, {"Item", item("a", 1)}, {"ReturnConsumedCapacity", "ALL"}}),
      testing::HasSubstr("returnConsumedCapacity"));
}

TEST_F(CapacityTest, AWriteCountsOncePerKilobyteAndAgainForEachIndexThatShowsIt) {
  EXPECT_EQ(put(item("a", 1500)),
            parsed(R"({"TableName": "log", "CapacityUnits": 2.0, "Table": {"CapacityUnits": 2.0}})"));
  EXPECT_EQ(put(item("a", 1500, "k", "s")),
            parsed(R"({"TableName": "log", "CapacityUnits": 5.0, "Table": {"CapacityUnits": 2.0},
                       "GlobalSecondaryIndexes": {"by-kind": {"CapacityUnits": 2.0}},
                       "LocalSecondaryIndexes": {"by-weight": {"CapacityUnits": 1.0}}})"));
  // What an index shows has not changed: it is not written.
  EXPECT_EQ(put(item("a", 1600, "k", "s")),
            parsed(R"({"TableName": "log", "CapacityUnits": 4.0, "Table": {"CapacityUnits": 2.0},
                       "GlobalSecondaryIndexes": {"by-kind": {"CapacityUnits": 2.0}}})"));
  // Its key has: one row goes and one comes.
  EXPECT_EQ(put(item("a", 1600, "k", "t")).at("LocalSecondaryIndexes").at("by-weight").at("CapacityUnits"),
            2.0);
  // The larger of what was and what is.
  EXPECT_EQ(put(item("a", 1), "TOTAL").at("CapacityUnits"), 2.0 + 2.0 + 1.0);
  EXPECT_EQ(consumed("DeleteItem", {{"TableName", "log"}, {"Key", key("a")}}, "TOTAL").at("CapacityUnits"),
            1.0);
}

TEST_F(CapacityTest, AReadCountsHalfUnlessItIsConsistent) {
  put(item("a", 5000, "k", "s"));
  Json get{{"TableName", "log"}, {"Key", key("a")}};
  EXPECT_EQ(consumed("GetItem", get),
            parsed(R"({"TableName": "log", "CapacityUnits": 1.0, "Table": {"CapacityUnits": 1.0}})"));
  get["ConsistentRead"] = true;
  EXPECT_EQ(consumed("GetItem", get, "TOTAL").at("CapacityUnits"), 2.0);
  get["Key"] = key("none");
  EXPECT_EQ(consumed("GetItem", get, "TOTAL").at("CapacityUnits"), 1.0);
}

TEST_F(CapacityTest, AQueryOfAnIndexCountsThere) {
  put(item("a", 5000, "k", "s"));
  Json query{{"TableName", "log"},
             {"IndexName", "by-kind"},
             {"KeyConditionExpression", "kind = :k"},
             {"ExpressionAttributeValues", {{":k", {{"S", "k"}}}}}};
  EXPECT_EQ(consumed("Query", query),
            parsed(R"({"TableName": "log", "CapacityUnits": 1.0, "Table": {"CapacityUnits": 0.0},
                       "GlobalSecondaryIndexes": {"by-kind": {"CapacityUnits": 1.0}}})"));
  query["IndexName"] = "by-weight";
  query["KeyConditionExpression"] = "id = :k";
  query["ExpressionAttributeValues"][":k"] = {{"S", "a"}};
  EXPECT_EQ(consumed("Query", query, "TOTAL").at("CapacityUnits"), 0.5);
  query["ProjectionExpression"] = "weight";  // the index shows it
  EXPECT_EQ(consumed("Query", query, "TOTAL").at("CapacityUnits"), 0.5);
  query["ProjectionExpression"] = "words";  // the item has to be fetched
  EXPECT_EQ(consumed("Query", query),
            parsed(R"({"TableName": "log", "CapacityUnits": 1.5, "Table": {"CapacityUnits": 1.0},
                       "LocalSecondaryIndexes": {"by-weight": {"CapacityUnits": 0.5}}})"));
}

TEST_F(CapacityTest, OfABatchIsSummedByTable) {
  Json batch{{"RequestItems", parsed(R"({"other": [{"PutRequest": {"Item": {"id": {"S": "o"}}}}]})")}};
  for (const auto& each : {item("a", 1500), item("b", 1, "k")})
    batch["RequestItems"]["log"].push_back({{"PutRequest", {{"Item", each}}}});
  EXPECT_EQ(consumed("BatchWriteItem", batch),
            parsed(R"([{"TableName": "log", "CapacityUnits": 4.0, "Table": {"CapacityUnits": 3.0},
                        "GlobalSecondaryIndexes": {"by-kind": {"CapacityUnits": 1.0}}},
                       {"TableName": "other", "CapacityUnits": 1.0, "Table": {"CapacityUnits": 1.0}}])"));
  EXPECT_EQ(consumed("BatchWriteItem", batch, "NONE"), Json());
  Json read =
      parsed(R"({"RequestItems": {"other": {"Keys": [{"id": {"S": "o"}}], "ConsistentRead": true}}})");
  read["RequestItems"]["log"]["Keys"] = Json::array({key("a"), key("none")});
  EXPECT_EQ(
      consumed("BatchGetItem", read, "TOTAL"),
      parsed(
          R"([{"TableName": "log", "CapacityUnits": 1.0}, {"TableName": "other", "CapacityUnits": 1.0}])"));
}

TEST_F(CapacityTest, OfATransactionIsTwiceThatOfItsParts) {
  Json write{{"ClientRequestToken", "t"},
             {"TransactItems",
              {{{"Put", {{"TableName", "other"}, {"Item", {{"id", {{"S", "o"}}}}}}}},
               {{"Put", {{"TableName", "log"}, {"Item", item("a", 1500, "k")}}}},
               {{"Delete", {{"TableName", "log"}, {"Key", key("b")}}}}}}};
  EXPECT_EQ(consumed("TransactWriteItems", write),
            parsed(R"([{"TableName": "other", "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0,
                        "Table": {"CapacityUnits": 2.0, "WriteCapacityUnits": 2.0}},
                       {"TableName": "log", "CapacityUnits": 10.0, "WriteCapacityUnits": 10.0,
                        "Table": {"CapacityUnits": 6.0, "WriteCapacityUnits": 6.0},
                        "GlobalSecondaryIndexes": {"by-kind": {"CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}}}])"));
  // Who comes with the same token again has read.
  EXPECT_EQ(consumed("TransactWriteItems", write, "TOTAL"),
            parsed(R"([{"TableName": "other", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0},
                       {"TableName": "log", "CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}])"));
  const Json read{{"TransactItems",
                   {{{"Get", {{"TableName", "log"}, {"Key", key("a")}}}},
                    {{"Get", {{"TableName", "log"}, {"Key", key("none")}}}}}}};
  EXPECT_EQ(consumed("TransactGetItems", read),
            parsed(R"([{"TableName": "log", "CapacityUnits": 4.0, "ReadCapacityUnits": 4.0,
                        "Table": {"CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}}])"));
}

TEST_F(CapacityTest, ItemCollectionsAreToldOfTablesWithLocalIndexes) {
  const auto metrics = [&](const std::string& operation, Json input) {
    input["ReturnItemCollectionMetrics"] = "SIZE";
    return good(operation, input).value("ItemCollectionMetrics", Json());
  };
  const Json a = parsed(R"({"ItemCollectionKey": {"id": {"S": "a"}}, "SizeEstimateRangeGB": [0.0, 1.0]})");
  EXPECT_EQ(metrics("PutItem", {{"TableName", "log"}, {"Item", item("a", 1)}}), a);
  EXPECT_EQ(
      metrics("UpdateItem", {{"TableName", "log"}, {"Key", key("a")}, {"UpdateExpression", "REMOVE kind"}}),
      a);
  EXPECT_EQ(metrics("DeleteItem", {{"TableName", "log"}, {"Key", key("a")}}), a);
  EXPECT_EQ(metrics("PutItem", parsed(R"({"TableName": "other", "Item": {"id": {"S": "o"}}})")), Json());
  EXPECT_FALSE(
      good("PutItem", {{"TableName", "log"}, {"Item", item("a", 1)}}).contains("ItemCollectionMetrics"));

  auto twin = item("a", 1);
  twin["seq"] = {{"N", "2"}};
  Json batch{{"RequestItems", parsed(R"({"other": [{"PutRequest": {"Item": {"id": {"S": "o"}}}}]})")}};
  for (const auto& each : {item("a", 1), twin})
    batch["RequestItems"]["log"].push_back({{"PutRequest", {{"Item", each}}}});
  EXPECT_EQ(metrics("BatchWriteItem", batch), (Json{{"log", Json::array({a})}}));
  Json check{{"TableName", "log"}, {"Key", key("a")}, {"ConditionExpression", "attribute_exists(id)"}};
  const Json transaction{
      {"TransactItems",
       {{{"ConditionCheck", check}}, {{"Put", {{"TableName", "log"}, {"Item", item("b", 1)}}}}}}};
  const auto told = metrics("TransactWriteItems", transaction);
  ASSERT_EQ(told.at("log").size(), 1U);
  EXPECT_EQ(told.at("log")[0].at("ItemCollectionKey").at("id").at("S"), "b");
  EXPECT_THAT(
      bad("PutItem", {{"TableName", "log"}, {"Item", item("a", 1)}, {"ReturnItemCollectionMetrics", "ALL"}}),
      testing::HasSubstr("returnItemCollectionMetrics"));
}

}  // namespace
}  // namespace iotemu::neighbours
