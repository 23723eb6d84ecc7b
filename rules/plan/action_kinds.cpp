#include "rules/plan/action_kinds.h"

#include <algorithm>
#include <array>

namespace iotemu::rules::plan {
namespace {

using Names = std::string_view;

constexpr std::array<Names, 1> kLambda{"functionArn"};
constexpr std::array<Names, 8> kRepublish{"topic",
                                          "headers/payloadFormatIndicator",
                                          "headers/contentType",
                                          "headers/responseTopic",
                                          "headers/correlationData",
                                          "headers/messageExpiry",
                                          "headers/userProperties/*/key",
                                          "headers/userProperties/*/value"};
constexpr std::array<Names, 1> kSqs{"queueUrl"};
constexpr std::array<Names, 1> kSns{"targetArn"};
constexpr std::array<Names, 7> kDynamo{"tableName",     "hashKeyField", "hashKeyValue", "rangeKeyField",
                                       "rangeKeyValue", "payloadField", "operation"};
constexpr std::array<Names, 1> kDynamoV2{"putItem/tableName"};
constexpr std::array<Names, 2> kKinesis{"streamName", "partitionKey"};
constexpr std::array<Names, 1> kFirehose{"deliveryStreamName"};
constexpr std::array<Names, 2> kS3{"bucketName", "key"};
constexpr std::array<Names, 3> kHttp{"url", "confirmationUrl", "headers/*/value"};
constexpr std::array<Names, 6> kKafka{
    "topic", "key", "partition", "headers/*/key", "headers/*/value", "clientProperties/*"};
constexpr std::array<Names, 5> kMetric{"metricNamespace", "metricName", "metricValue", "metricUnit",
                                       "metricTimestamp"};
constexpr std::array<Names, 3> kAlarm{"alarmName", "stateReason", "stateValue"};
constexpr std::array<Names, 1> kLogs{"logGroupName"};
constexpr std::array<Names, 2> kStepFunctions{"stateMachineName", "executionNamePrefix"};
constexpr std::array<Names, 2> kEvents{"inputName", "messageId"};
constexpr std::array<Names, 1> kAnalytics{"channelName"};
constexpr std::array<Names, 7> kSiteWise{"putAssetPropertyValueEntries/*/entryId",
                                         "putAssetPropertyValueEntries/*/assetId",
                                         "putAssetPropertyValueEntries/*/propertyId",
                                         "putAssetPropertyValueEntries/*/propertyAlias",
                                         "putAssetPropertyValueEntries/*/propertyValues/*/value/*",
                                         "putAssetPropertyValueEntries/*/propertyValues/*/timestamp/*",
                                         "putAssetPropertyValueEntries/*/propertyValues/*/quality"};
constexpr std::array<Names, 4> kTimestream{"databaseName", "tableName", "dimensions/*/value",
                                           "timestamp/value"};
constexpr std::array<Names, 4> kSearch{"endpoint", "index", "type", "id"};
constexpr std::array<Names, 5> kLocation{"trackerName", "deviceId", "latitude", "longitude",
                                         "timestamp/value"};

constexpr std::array<ActionKind, 23> kKinds{{
    {"lambda", "LambdaAction", "functionArn", kLambda},
    {"republish", "RepublishAction", "topic", kRepublish},
    {"sqs", "SqsAction", "queueUrl", kSqs},
    {"sns", "SnsAction", "targetArn", kSns},
    {"dynamoDB", "DynamoAction", "tableName", kDynamo},
    {"dynamoDBv2", "DynamoDBv2Action", "putItem/tableName", kDynamoV2},
    {"kinesis", "KinesisAction", "streamName", kKinesis},
    {"firehose", "FirehoseAction", "deliveryStreamName", kFirehose},
    {"s3", "S3Action", "bucketName", kS3},
    {"http", "HttpAction", "url", kHttp},
    {"kafka", "KafkaAction", "destinationArn", kKafka},
    {"cloudwatchMetric", "CloudwatchMetricAction", "metricName", kMetric},
    {"cloudwatchAlarm", "CloudwatchAlarmAction", "alarmName", kAlarm},
    {"cloudwatchLogs", "CloudwatchLogsAction", "logGroupName", kLogs},
    {"stepFunctions", "StepFunctionsAction", "stateMachineName", kStepFunctions},
    {"iotEvents", "IotEventsAction", "inputName", kEvents},
    {"iotAnalytics", "IotAnalyticsAction", "channelName", kAnalytics},
    {"iotSiteWise", "IotSiteWiseAction", "", kSiteWise},
    {"timestream", "TimestreamAction", "tableName", kTimestream},
    {"openSearch", "OpenSearchAction", "endpoint", kSearch},
    {"elasticsearch", "ElasticsearchAction", "endpoint", kSearch},
    {"location", "LocationAction", "trackerName", kLocation},
    {"salesforce", "SalesforceAction", "url", {}},
}};

}  // namespace

std::span<const ActionKind> action_kinds() {
  return kKinds;
}

const ActionKind* find_action_kind(std::string_view name) {
  const auto found = std::ranges::find(kKinds, name, &ActionKind::name);
  return found == kKinds.end() ? nullptr : &*found;
}

}  // namespace iotemu::rules::plan
