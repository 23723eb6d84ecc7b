#include "emulator/api/topic_rule_actions.h"

#include <limits>

namespace iotemu::api {
namespace {

constexpr std::size_t kAnyLength = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kHeaderLength = 1024;
constexpr std::string_view kKeyTypes[]{"STRING", "NUMBER"};
constexpr std::string_view kMessageFormats[]{"RAW", "JSON"};
constexpr std::string_view kCannedAcls[]{"private",
                                         "public-read",
                                         "public-read-write",
                                         "aws-exec-read",
                                         "authenticated-read",
                                         "bucket-owner-read",
                                         "bucket-owner-full-control",
                                         "log-delivery-write"};

Member text(std::string_view name) {
  return body(name);
}
Member needed(std::string_view name) {
  return body(name).required();
}
Member role() {
  return needed("roleArn").length(20, 2048);
}
Member batch_mode() {
  return body("batchMode").boolean();
}
Member list(std::string_view name, std::size_t min, std::size_t max, std::vector<Member> element) {
  return body(name).list_of(body("member").structure(std::move(element))).length(min, max);
}

Member dynamo() {
  return body("dynamoDB")
      .structure({needed("tableName"), role(), text("operation"), needed("hashKeyField"),
                  needed("hashKeyValue"), text("hashKeyType").one_of(kKeyTypes), text("rangeKeyField"),
                  text("rangeKeyValue"), text("rangeKeyType").one_of(kKeyTypes), text("payloadField")});
}

Member dynamo_v2() {
  return body("dynamoDBv2").structure({role(), needed("putItem").structure({needed("tableName")})});
}

Member republish() {
  const auto header = [](std::string_view name) { return body(name).length(0, kHeaderLength); };
  return body("republish")
      .structure(
          {role(), needed("topic"), body("qos").integer(0, 1),
           body("headers").structure(
               {header("payloadFormatIndicator"), header("contentType"), header("responseTopic"),
                header("correlationData"), header("messageExpiry"),
                list("userProperties", 1, 100, {header("key").required(), header("value").required()})})});
}

Member s3() {
  return body("s3").structure(
      {role(), needed("bucketName"), needed("key"), text("cannedAcl").one_of(kCannedAcls)});
}

Member firehose() {
  return body("firehose")
      .structure({role(), needed("deliveryStreamName"), text("separator").pattern(kFirehoseSeparatorPattern),
                  batch_mode()});
}

Member cloudwatch_metric() {
  return body("cloudwatchMetric")
      .structure({role(), needed("metricNamespace"), needed("metricName"), needed("metricValue"),
                  needed("metricUnit"), text("metricTimestamp")});
}

Member cloudwatch_alarm() {
  return body("cloudwatchAlarm")
      .structure({role(), needed("alarmName"), needed("stateReason"), needed("stateValue")});
}

/// Elasticsearch and OpenSearch.
Member search(std::string_view name) {
  return body(name).structure({role(), needed("endpoint").pattern(kSearchEndpointPattern), needed("index"),
                               needed("type"), needed("id")});
}

Member salesforce() {
  return body("salesforce")
      .structure({needed("token").length(40, kAnyLength),
                  needed("url").length(0, 2000).pattern(kSalesforceUrlPattern)});
}

Member iot_events() {
  return body("iotEvents")
      .structure(
          {needed("inputName").length(1, 128), text("messageId").length(0, 128), batch_mode(), role()});
}

Member iot_site_wise() {
  const auto value = needed("value").structure(
      {text("stringValue").length(1, 1024), text("integerValue"), text("doubleValue"), text("booleanValue")});
  const auto timestamp = needed("timestamp").structure({needed("timeInSeconds"), text("offsetInNanos")});
  const auto values = list("propertyValues", 1, kAnyLength, {value, timestamp, text("quality")}).required();
  return body("iotSiteWise")
      .structure({list("putAssetPropertyValueEntries", 1, kAnyLength,
                       {text("entryId"), text("assetId"), text("propertyId"),
                        text("propertyAlias").length(1, kAnyLength), values})
                      .required(),
                  role()});
}

Member step_functions() {
  return body("stepFunctions").structure({text("executionNamePrefix"), needed("stateMachineName"), role()});
}

Member timestream() {
  return body("timestream")
      .structure({role(), needed("databaseName"), needed("tableName"),
                  list("dimensions", 1, 128, {needed("name"), needed("value")}).required(),
                  body("timestamp").structure({needed("value"), needed("unit")})});
}

Member http_action() {
  const auto url = [](std::string_view name) { return body(name).length(0, 2000); };
  const auto batch =
      body("batchConfig")
          .structure({body("maxBatchOpenMs").integer(5, 200), body("maxBatchSize").integer(2, 10),
                      body("maxBatchSizeBytes").integer(100, 131'072), body("batchAcrossTopics").boolean()});
  return body("http").structure({url("url").required(), url("confirmationUrl"),
                                 list("headers", 0, 100, {needed("key").length(1, 256), needed("value")}),
                                 body("auth").structure({body("sigv4").structure(
                                     {needed("signingRegion"), needed("serviceName"), role()})}),
                                 body("enableBatching").boolean(), batch});
}

Member kafka() {
  return body("kafka").structure({needed("destinationArn"), needed("topic"), text("key"), text("partition"),
                                  needed("clientProperties").map_of(body("key"), body("value")),
                                  list("headers", 1, 100, {needed("key"), needed("value")})});
}

Member location() {
  return body("location")
      .structure({role(), needed("trackerName"), needed("deviceId"),
                  body("timestamp").structure({needed("value"), text("unit")}), needed("latitude"),
                  needed("longitude")});
}

/// Exactly one of its members: which one, `rules::plan` checks by name.
Member action(const Member& placed) {
  return placed
      .structure({dynamo(),
                  dynamo_v2(),
                  body("lambda").structure({needed("functionArn")}),
                  body("sns").structure(
                      {needed("targetArn"), role(), text("messageFormat").one_of(kMessageFormats)}),
                  body("sqs").structure({role(), needed("queueUrl"), body("useBase64").boolean()}),
                  body("kinesis").structure({role(), needed("streamName"), text("partitionKey")}),
                  republish(),
                  s3(),
                  firehose(),
                  cloudwatch_metric(),
                  cloudwatch_alarm(),
                  body("cloudwatchLogs").structure({role(), needed("logGroupName"), batch_mode()}),
                  search("elasticsearch"),
                  salesforce(),
                  body("iotAnalytics")
                      .structure({text("channelArn"), text("channelName"), batch_mode(),
                                  text("roleArn").length(20, 2048)}),
                  iot_events(),
                  iot_site_wise(),
                  step_functions(),
                  timestream(),
                  http_action(),
                  kafka(),
                  search("openSearch"),
                  location()})
      .closed();
}

}  // namespace

Member topic_rule_payload() {
  return payload("topicRulePayload")
      .required()
      .structure({needed("sql"), text("description"),
                  needed("actions").list_of(action(body("member"))).length(0, 10),
                  body("ruleDisabled").boolean(), text("awsIotSqlVersion"), action(body("errorAction"))});
}

Status check_actions(const Json& topic_rule_payload) {
  auto actions = topic_rule_payload.at("actions");
  if (const auto error = topic_rule_payload.find("errorAction"); error != topic_rule_payload.end()) {
    actions.push_back(*error);
  }
  for (const auto& action : actions) {
    const auto events = action.find("iotEvents");
    if (events == action.end() || !events->contains("messageId")) continue;
    if (events->value("batchMode", false)) {
      return Error{Errc::invalid_request, "An iotEvents action with batchMode must have no messageId"};
    }
  }
  return Ok{};
}

}  // namespace iotemu::api
