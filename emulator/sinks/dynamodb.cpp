// The actions dynamoDB (the result under one attribute, beside the keys) and dynamoDBv2 (one attribute for
// each member of the result).

#include "base/base64.h"
#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {
namespace {

using rules::sql::Value;

/// A value in DynamoDB's form: {"S": "text"}. Numbers keep all their digits; DynamoDB has 38.
Json attribute_value(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::string:
      return {{"S", std::string{value.string()}}};
    case Value::Kind::boolean:
      return {{"BOOL", value.boolean()}};
    case Value::Kind::integer:
    case Value::Kind::decimal:
      return {{"N", value.number().text()}};
    case Value::Kind::array: {
      auto list = Json::array();
      for (const auto& one : value.elements()) list.push_back(attribute_value(one));
      return {{"L", std::move(list)}};
    }
    case Value::Kind::object: {
      auto map = Json::object();
      for (const auto& one : value.members()) map[std::string{one.key}] = attribute_value(one.value);
      return {{"M", std::move(map)}};
    }
    case Value::Kind::undefined:
    case Value::Kind::null:
      break;
  }
  return {{"NULL", true}};
}

Status add_key(Json& keys, const Json& parameters, const std::string& which) {
  const auto value = text_of(parameters, which + "KeyValue");
  const bool number = text_of(parameters, which + "KeyType") == "NUMBER";
  if (number && !number_in(value)) return wrong(which + "KeyValue is no number");
  if (value.empty()) return wrong(which + "KeyValue is empty, which no key of a DynamoDB table can be");
  keys[text_of(parameters, which + "KeyField")] = {{number ? "N" : "S", value}};
  return Ok{};
}

AwsRequest request(std::string_view operation, const Json& body) {
  return json_request("dynamodb", "DynamoDB_20120810", operation, "1.0", body);
}

}  // namespace

Result<AwsCall> build_dynamodb(const rules::ActionRequest& action, AwsAround& /*around*/) {
  const auto& parameters = action.parameters;
  const auto table = text_of(parameters, "tableName");
  auto keys = Json::object();
  if (auto added = add_key(keys, parameters, "hash"); !added) return added.error();
  if (!text_of(parameters, "rangeKeyField").empty()) {
    if (auto added = add_key(keys, parameters, "range"); !added) return added.error();
  }
  auto field = text_of(parameters, "payloadField");
  if (field.empty()) field = "payload";
  // What is no JSON is kept as bytes.
  Json payload{{"B", to_base64(action.payload)}};
  rules::sql::Arena arena;
  if (action.is_json) {
    const auto result = exact_result_of(action, arena);
    if (!result) return result.error();
    payload = attribute_value(*result);
  }
  const auto operation = text_of(parameters, "operation");
  AwsCall call;
  if (operation.empty() || operation == "INSERT") {
    auto item = keys;
    item[field] = std::move(payload);
    call.payload = to_text(item);
    call.request = request("PutItem", {{"TableName", table}, {"Item", std::move(item)}});
  } else if (operation == "UPDATE") {
    call.payload = to_text(Json{{field, payload}});
    call.request = request("UpdateItem", {{"TableName", table},
                                          {"Key", std::move(keys)},
                                          {"UpdateExpression", "SET #payload = :payload"},
                                          {"ExpressionAttributeNames", {{"#payload", field}}},
                                          {"ExpressionAttributeValues", {{":payload", std::move(payload)}}}});
  } else if (operation == "DELETE") {
    call.payload = to_text(keys);
    call.request = request("DeleteItem", {{"TableName", table}, {"Key", std::move(keys)}});
  } else {
    return wrong("the operation is none of INSERT, UPDATE and DELETE");
  }
  return call;
}

Result<AwsCall> build_dynamodb_v2(const rules::ActionRequest& action, AwsAround& /*around*/) {
  rules::sql::Arena arena;
  const auto result = exact_result_of(action, arena);
  if (!result) return result.error();
  if (!result->is_object()) return wrong("the result of the rule's SQL is no JSON object");
  auto item = Json::object();
  for (const auto& one : result->members()) item[std::string{one.key}] = attribute_value(one.value);
  const auto put = action.parameters.find("putItem");
  AwsCall call;
  call.payload = to_text(item);
  call.request =
      request("PutItem", {{"TableName", put == action.parameters.end() ? "" : text_of(*put, "tableName")},
                          {"Item", std::move(item)}});
  return call;
}

}  // namespace iotemu::sinks
