// The action timestream: one record for each member of the result.

#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {
namespace {

using rules::sql::Value;

std::string_view name_of(Value::Kind kind) {
  return kind == Value::Kind::array ? "an array" : kind == Value::Kind::object ? "an object" : "null";
}

/// MeasureValueType and MeasureValue; Errc::invalid_request for what has none.
Result<Json> measure(std::string_view name, const Value& value) {
  const auto typed = [&](std::string_view type, std::string text) {
    return Json{
        {"MeasureName", std::string{name}}, {"MeasureValue", std::move(text)}, {"MeasureValueType", type}};
  };
  // What 64 bits do not hold is no BIGINT.
  if (value.is_number()) return typed(value.small_integer() ? "BIGINT" : "DOUBLE", value.number().text());
  if (value.is_boolean()) return typed("BOOLEAN", value.boolean() ? "true" : "false");
  if (value.is_string()) return typed("VARCHAR", std::string{value.string()});
  return wrong("the member '" + std::string{name} + "' of the result is " +
               std::string{name_of(value.kind())} + ", which no measure of Timestream can be");
}

}  // namespace

Result<AwsCall> build_timestream(const rules::ActionRequest& action, AwsAround& around) {
  rules::sql::Arena arena;
  const auto result = exact_result_of(action, arena);
  if (!result) return result.error();
  if (!result->is_object() || result->members().empty()) {
    return wrong("the result of the rule's SQL is no JSON object with members to measure");
  }
  auto dimensions = Json::array();
  for (const auto& one : action.parameters.value("dimensions", Json::array())) {
    const auto value = text_of(one, "value");
    if (value.empty()) return wrong("the dimension '" + text_of(one, "name") + "' has no value");
    dimensions.push_back({{"Name", text_of(one, "name")}, {"Value", value}});
  }
  auto time = std::to_string(epoch_ms(around.now));
  std::string unit{"MILLISECONDS"};
  if (const auto given = action.parameters.find("timestamp"); given != action.parameters.end()) {
    time = text_of(*given, "value");
    unit = text_of(*given, "unit");
    if (!integer_in(time)) return wrong("timestamp.value is no integer");
  }
  auto records = Json::array();
  for (const auto& one : result->members()) {
    auto record = measure(one.key, one.value);
    if (!record) return record.error();
    records.push_back(std::move(*record));
  }
  Json body{{"DatabaseName", text_of(action.parameters, "databaseName")},
            {"TableName", text_of(action.parameters, "tableName")},
            {"CommonAttributes", {{"Dimensions", std::move(dimensions)}, {"Time", time}, {"TimeUnit", unit}}},
            {"Records", std::move(records)}};
  AwsCall call;
  call.payload = to_text(body);
  // differs: SDKs ask DescribeEndpoints where to write; here the one upstream takes it all.
  call.request = json_request("timestream", "Timestream_20181101", "WriteRecords", "1.0", body);
  return call;
}

}  // namespace iotemu::sinks
