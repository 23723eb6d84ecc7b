#include "emulator/sinks/aws_call.h"

#include <array>
#include <charconv>
#include <cmath>
#include <new>

#include "emulator/http/client/aws_signature.h"

namespace iotemu::sinks {
namespace {

constexpr std::int64_t kLastSecond = 253'402'300'799;  ///< 9999-12-31T23:59:59Z

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

/// The elements of a JSON array that has been read before, as they are written.
std::vector<std::string> elements_in(std::string_view array) {
  array = trimmed(array);
  array = array.substr(1, array.size() - 2);
  std::vector<std::string> elements;
  int depth = 0;
  bool in_string = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const char c = array[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c == ',' && depth == 0) {
      elements.emplace_back(trimmed(array.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  elements.emplace_back(trimmed(array.substr(begin)));
  return elements;
}

}  // namespace

std::span<const AwsAction> aws_actions() {
  static constexpr std::array kTable{
      AwsAction{.kind = "sqs", .goal = "send the SQS message", .build = build_sqs},
      AwsAction{.kind = "sns", .goal = "publish to SNS", .build = build_sns},
      AwsAction{.kind = "dynamoDB", .goal = "write to the DynamoDB table", .build = build_dynamodb},
      AwsAction{.kind = "dynamoDBv2",
                .goal = "put the DynamoDB item",
                .needs_json = true,
                .build = build_dynamodb_v2},
      AwsAction{.kind = "kinesis", .goal = "put the Kinesis record", .build = build_kinesis},
      AwsAction{.kind = "firehose", .goal = "put the Firehose record", .build = build_firehose},
      AwsAction{.kind = "s3", .goal = "put S3 object", .build = build_s3},
      AwsAction{.kind = "stepFunctions",
                .goal = "start the execution",
                .needs_json = true,
                .build = build_step_functions},
      AwsAction{.kind = "iotEvents",
                .goal = "put the IoT Events message",
                .needs_json = true,
                .build = build_iot_events},
      AwsAction{.kind = "iotAnalytics",
                .goal = "put the IoT Analytics message",
                .needs_json = true,
                .build = build_iot_analytics},
      AwsAction{.kind = "iotSiteWise",
                .goal = "put the asset property value",
                .needs_json = true,
                .build = build_iot_site_wise},
      AwsAction{
          .kind = "cloudwatchMetric", .goal = "put the CloudWatch metric", .build = build_cloudwatch_metric},
      AwsAction{
          .kind = "cloudwatchAlarm", .goal = "set the CloudWatch alarm", .build = build_cloudwatch_alarm},
      AwsAction{.kind = "cloudwatchLogs", .goal = "put the log event", .build = build_cloudwatch_logs},
      AwsAction{.kind = "timestream",
                .goal = "write the Timestream record",
                .needs_json = true,
                .build = build_timestream},
      AwsAction{.kind = "openSearch",
                .goal = "index the OpenSearch document",
                .needs_json = true,
                .build = build_open_search},
      AwsAction{.kind = "elasticsearch",
                .goal = "index the Elasticsearch document",
                .needs_json = true,
                .build = build_open_search},
      AwsAction{.kind = "location", .goal = "update the device position", .build = build_location},
      AwsAction{.kind = "salesforce",
                .goal = "send the Salesforce event",
                .needs_json = true,
                .build = build_salesforce},
      AwsAction{.kind = "kafka", .goal = "send the Kafka record", .build = build_kafka, .not_http = true},
  };
  return kTable;
}

std::string text_of(const Json& parameters, std::string_view name) {
  if (!parameters.is_object()) return {};
  const auto found = parameters.find(name);
  if (found == parameters.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : to_text(*found);
}

bool flag_of(const Json& parameters, std::string_view name) {
  return text_of(parameters, name) == "true";
}

Error wrong(std::string what) {
  return {Errc::invalid_request, std::move(what)};
}

Result<Json> result_of(const rules::ActionRequest& action) {
  auto parsed = parse_json(action.payload);
  if (!parsed) return wrong("the result of the rule's SQL is no JSON: " + parsed.error().message);
  return parsed;
}

Result<rules::sql::Value> exact_result_of(const rules::ActionRequest& action, rules::sql::Arena& arena) {
  try {
    // The older version leaves 10.0 as it is.
    const auto value = rules::sql::read_json(action.payload, rules::sql::Version::v2015_10_08, arena);
    if (!value) return wrong("the result of the rule's SQL is no JSON");
    return *value;
  } catch (const std::bad_alloc&) {
    return wrong("the result of the rule's SQL has too many parts");
  }
}

Result<std::vector<std::string>> elements_of(const rules::ActionRequest& action, std::size_t most) {
  if (!flag_of(action.parameters, "batchMode") || !action.is_json) {
    return std::vector<std::string>{action.payload};
  }
  const auto result = result_of(action);
  if (!result) return result.error();
  if (!result->is_array()) return std::vector<std::string>{action.payload};
  if (result->empty()) return wrong("batchMode is on, and the array has no element");
  if (result->size() > most) {
    return wrong("the array has " + std::to_string(result->size()) + " elements; batchMode takes at most " +
                 std::to_string(most));
  }
  return elements_in(action.payload);
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value)) return std::nullopt;  // "nan", "inf"
  return value;
}

bool has_dot_segment(std::string_view target) {
  auto path = std::string{target.substr(0, target.find('?'))} + "/";
  for (const auto* dot : {"%2e", "%2E"}) {
    for (auto at = path.find(dot); at != path.npos; at = path.find(dot, at)) path.replace(at, 3, ".");
  }
  return path.find("/./") != path.npos || path.find("/../") != path.npos;
}

std::optional<Time> time_of(std::int64_t count, std::int64_t parts_of_second) {
  if (count < 0 || count / parts_of_second > kLastSecond) return std::nullopt;
  const auto milliseconds =
      parts_of_second < 1'000 ? count * (1'000 / parts_of_second) : count / (parts_of_second / 1'000);
  return Time{std::chrono::milliseconds{milliseconds}};
}

std::optional<std::int64_t> integer_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

AwsRequest json_request(std::string_view service, std::string_view target, std::string_view operation,
                        std::string_view version, const Json& body) {
  return {.service = std::string{service},
          .operation = std::string{operation},
          .headers = {{"Content-Type", "application/x-amz-json-" + std::string{version}},
                      {"X-Amz-Target", std::string{target} + "." + std::string{operation}}},
          .body = to_text(body)};
}

AwsRequest query_request(std::string_view service, std::string_view api_version, std::string_view operation,
                         const std::vector<std::pair<std::string, std::string>>& members) {
  std::string body = "Action=" + std::string{operation} + "&Version=" + std::string{api_version};
  for (const auto& [name, value] : members) body += "&" + name + "=" + http::uri_encoded(value);
  return {.service = std::string{service},
          .operation = std::string{operation},
          .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
          .body = std::move(body)};
}

AwsRequest rest_request(std::string_view service, std::string_view operation, std::string path,
                        const Json& body) {
  return {.service = std::string{service},
          .operation = std::string{operation},
          .target = std::move(path),
          .headers = {{"Content-Type", "application/json"}},
          .body = to_text(body)};
}

}  // namespace iotemu::sinks
