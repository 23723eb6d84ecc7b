#pragma once

// DynamoDB asked as its SDKs ask it.

#include <string>

#include "tests/unit/emulator/neighbours/neighbours_fixture.h"

namespace iotemu::neighbours {

class DynamodbTest : public NeighboursTest {
 protected:
  http::Response ask(const std::string& operation, const Json& input, const std::string& key = "test") {
    return json("dynamodb", "DynamoDB_20120810." + operation, input, key);
  }
  Json good(const std::string& operation, const Json& input, const std::string& key = "test") {
    const auto answer = ask(operation, input, key);
    EXPECT_EQ(answer.status, 200U) << operation << ": " << answer.body;
    return Json::parse(answer.body);
  }
  /// `Name: message`
  std::string bad(const std::string& operation, const Json& input, const std::string& key = "test") {
    const auto answer = ask(operation, input, key);
    EXPECT_EQ(answer.status, 400U) << operation << ": " << answer.body;
    const auto body = Json::parse(answer.body);
    const std::string type = body.at("__type");
    return type.substr(type.find('#') + 1) + ": " + body.at("message").get<std::string>();
  }

  static Json table(const std::string& name, const char* range = nullptr) {
    Json input = Json::parse(R"({"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST"})");
    input["TableName"] = name;
    if (range != nullptr) {
      input["KeySchema"].push_back({{"AttributeName", range}, {"KeyType", "RANGE"}});
      input["AttributeDefinitions"].push_back({{"AttributeName", range}, {"AttributeType", "N"}});
    }
    return input;
  }

  /// Ten rows of "a" and two of "b", by number.
  void fill() {
    good("CreateTable", table("log", "seq"));
    for (int i = 0; i < 10; ++i) put("a", i);
    put("b", 1);
    put("b", 2);
  }
  void put(const std::string& id, int at) {
    good("PutItem",
         {{"TableName", "log"},
          {"Item",
           {{"id", {{"S", id}}}, {"seq", {{"N", std::to_string(at)}}}, {"even", {{"BOOL", at % 2 == 0}}}}}});
  }

  static std::string numbers(const Json& answer) {
    std::string text;
    for (const auto& item : answer.at("Items")) {
      text += (text.empty() ? "" : " ") + item.at("seq").at("N").get<std::string>();
    }
    return text;
  }
  static Json query(const std::string& condition, Json more = Json::object()) {
    more["TableName"] = "log";
    more["KeyConditionExpression"] = condition;
    more["ExpressionAttributeValues"][":id"] = {{"S", "a"}};
    return more;
  }
};

}  // namespace iotemu::neighbours
