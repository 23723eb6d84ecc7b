// The actions on the other IoT services: iotEvents, iotAnalytics, iotSiteWise.

#include "base/base64.h"
#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {
namespace {

constexpr std::size_t kMostEvents = 10;
constexpr std::size_t kMostAnalytics = 100;

std::string joined(const std::vector<std::string>& elements) {
  if (elements.size() == 1) return elements.front();
  std::string text;
  for (const auto& one : elements) text += (text.empty() ? "[" : ",") + one;
  return text + "]";
}

Result<Json> variant_of(const Json& value) {
  auto typed = Json::object();
  for (const auto& [name, given] : value.items()) {
    const auto text = given.is_string() ? given.get<std::string>() : to_text(given);
    const auto no = [&](std::string_view what) { return wrong(name + " is no " + std::string{what}); };
    if (name == "integerValue") {
      const auto number = integer_in(text);
      if (!number) return no("integer");
      typed[name] = *number;
    } else if (name == "doubleValue") {
      const auto number = number_in(text);
      if (!number) return no("number");
      typed[name] = *number;
    } else if (name == "booleanValue") {
      if (text != "true" && text != "false") return no("boolean");
      typed[name] = text == "true";
    } else {
      typed[name] = text;
    }
  }
  return typed;
}

Result<Json> property_value(const Json& given) {
  auto value =
      given.contains("value") ? variant_of(given["value"]) : Result<Json>{wrong("a value is missing")};
  if (!value) return value.error();
  const auto timestamp = given.value("timestamp", Json::object());
  const auto seconds = integer_in(text_of(timestamp, "timeInSeconds"));
  if (!seconds) return wrong("timeInSeconds is no integer");
  Json typed{{"value", std::move(*value)}, {"timestamp", {{"timeInSeconds", *seconds}}}};
  if (const auto nanos_text = text_of(timestamp, "offsetInNanos"); !nanos_text.empty()) {
    const auto nanos = integer_in(nanos_text);
    if (!nanos) return wrong("offsetInNanos is no integer");
    typed["timestamp"]["offsetInNanos"] = *nanos;
  }
  if (const auto quality = text_of(given, "quality"); !quality.empty()) typed["quality"] = quality;
  return typed;
}

}  // namespace

Result<AwsCall> build_iot_events(const rules::ActionRequest& action, AwsAround& around) {
  const auto elements = elements_of(action, kMostEvents);
  if (!elements) return elements.error();
  auto id = text_of(action.parameters, "messageId");
  auto messages = Json::array();
  for (const auto& element : *elements) {
    messages.push_back({{"messageId", id.empty() ? around.random.uuid() : id},
                        {"inputName", text_of(action.parameters, "inputName")},
                        {"payload", to_base64(element)}});
  }
  AwsCall call;
  call.payload = joined(*elements);
  call.request = rest_request("ioteventsdata", "BatchPutMessage", "/inputs/messages",
                              {{"messages", std::move(messages)}});
  call.refused = "BatchPutMessageErrorEntries";
  return call;
}

Result<AwsCall> build_iot_analytics(const rules::ActionRequest& action, AwsAround& around) {
  const auto elements = elements_of(action, kMostAnalytics);
  if (!elements) return elements.error();
  auto channel = text_of(action.parameters, "channelName");
  if (channel.empty()) {  // the older way to name it
    const auto arn = text_of(action.parameters, "channelArn");
    channel = arn.substr(arn.rfind('/') == arn.npos ? 0 : arn.rfind('/') + 1);
  }
  auto messages = Json::array();
  for (const auto& element : *elements) {
    messages.push_back({{"messageId", around.random.uuid()}, {"payload", to_base64(element)}});
  }
  AwsCall call;
  call.payload = joined(*elements);
  call.request = rest_request("iotanalytics", "BatchPutMessage", "/messages/batch",
                              {{"channelName", channel}, {"messages", std::move(messages)}});
  call.refused = "batchPutMessageErrorEntries";
  return call;
}

Result<AwsCall> build_iot_site_wise(const rules::ActionRequest& action, AwsAround& around) {
  auto entries = Json::array();
  for (const auto& given : action.parameters.value("putAssetPropertyValueEntries", Json::array())) {
    auto entry = Json::object();
    for (const auto* name : {"assetId", "propertyId", "propertyAlias"}) {
      if (const auto text = text_of(given, name); !text.empty()) entry[name] = text;
    }
    const auto id = text_of(given, "entryId");
    entry["entryId"] = id.empty() ? around.random.uuid() : id;
    auto values = Json::array();
    for (const auto& one : given.value("propertyValues", Json::array())) {
      auto value = property_value(one);
      if (!value) return value.error();
      values.push_back(std::move(*value));
    }
    entry["propertyValues"] = std::move(values);
    entries.push_back(std::move(entry));
  }
  AwsCall call;
  Json body{{"entries", std::move(entries)}};
  call.payload = to_text(body);
  call.request = rest_request("iotsitewise", "BatchPutAssetPropertyValue", "/properties", body);
  call.refused = "errorEntries";
  return call;
}

}  // namespace iotemu::sinks
