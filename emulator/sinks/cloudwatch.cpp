// The actions on CloudWatch: a metric's value, an alarm's state, log events.

#include <algorithm>
#include <array>

#include "base/iso_time.h"
#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {
namespace {

constexpr std::string_view kApiVersion = "2010-08-01";
constexpr std::array<std::string_view, 3> kStates{"OK", "ALARM", "INSUFFICIENT_DATA"};
constexpr std::size_t kMostLogEvents = 10'000;

/// The body without what stands in every one: as people read it.
std::string members_only(const AwsRequest& request) {
  const auto members = request.body.find('&', request.body.find("Version="));
  return request.body.substr(members + 1);
}

AwsRequest logs_request(std::string_view operation, const Json& body) {
  return json_request("logs", "Logs_20140328", operation, "1.1", body);
}

}  // namespace

Result<AwsCall> build_cloudwatch_metric(const rules::ActionRequest& action, AwsAround& around) {
  const auto& parameters = action.parameters;
  const auto value = text_of(parameters, "metricValue");
  if (!number_in(value)) return wrong("metricValue is no number");
  auto time = around.now;
  if (const auto text = text_of(parameters, "metricTimestamp"); !text.empty()) {
    const auto seconds = integer_in(text);
    const auto told = seconds ? time_of(*seconds, 1) : std::nullopt;
    if (!told) return wrong("metricTimestamp is no time in seconds since 1970");
    time = *told;
  }
  const std::string datum = "MetricData.member.1.";
  AwsCall call;
  call.request = query_request("monitoring", kApiVersion, "PutMetricData",
                               {{"Namespace", text_of(parameters, "metricNamespace")},
                                {datum + "MetricName", text_of(parameters, "metricName")},
                                {datum + "Timestamp", iso_time(time)},
                                {datum + "Unit", text_of(parameters, "metricUnit")},
                                {datum + "Value", value}});
  call.payload = members_only(call.request);
  return call;
}

Result<AwsCall> build_cloudwatch_alarm(const rules::ActionRequest& action, AwsAround& /*around*/) {
  const auto state = text_of(action.parameters, "stateValue");
  if (std::ranges::find(kStates, state) == kStates.end()) {
    return wrong("stateValue is none of OK, ALARM and INSUFFICIENT_DATA");
  }
  AwsCall call;
  call.request = query_request("monitoring", kApiVersion, "SetAlarmState",
                               {{"AlarmName", text_of(action.parameters, "alarmName")},
                                {"StateReason", text_of(action.parameters, "stateReason")},
                                {"StateValue", state}});
  call.payload = members_only(call.request);
  return call;
}

Result<AwsCall> build_cloudwatch_logs(const rules::ActionRequest& action, AwsAround& around) {
  auto events = Json::array();
  if (flag_of(action.parameters, "batchMode")) {
    auto result = result_of(action);
    if (!result) return result.error();
    if (!result->is_array()) return wrong("batchMode is on, and the result of the rule's SQL is no array");
    if (result->size() > kMostLogEvents) return wrong("the array has more than 10000 elements");
    for (const auto& one : *result) {
      const bool event = one.is_object() && one.contains("timestamp") &&
                         one["timestamp"].is_number_integer() && one.contains("message") &&
                         one["message"].is_string();
      if (!event) {
        return wrong(
            "batchMode is on, and an element of the array is no object with a timestamp in "
            "milliseconds and a message");
      }
      events.push_back({{"timestamp", one["timestamp"]}, {"message", one["message"]}});
    }
  } else {
    events.push_back({{"timestamp", epoch_ms(around.now)}, {"message", action.payload}});
  }
  const auto group = text_of(action.parameters, "logGroupName");
  // How the service calls its streams is not documented; ours are easy to find.
  const Json stream{{"logGroupName", group}, {"logStreamName", action.rule_name}};
  auto body = stream;
  body["logEvents"] = std::move(events);
  AwsCall call;
  call.payload = action.payload;
  call.request = logs_request("PutLogEvents", body);
  call.cure =
      AwsCall::Cure{.error = "ResourceNotFoundException", .request = logs_request("CreateLogStream", stream)};
  return call;
}

}  // namespace iotemu::sinks
