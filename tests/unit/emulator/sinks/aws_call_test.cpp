// The requests of each action, as the services' models describe them (M section 7.8).

#include "emulator/sinks/aws_call.h"

#include <algorithm>
#include <limits>

#include "base/base64.h"
#include "tests/unit/emulator/sinks/sinks_fixture.h"

namespace iotemu::sinks {
namespace {

using testing::HasSubstr;

class AwsCallTest : public testing::Test {
 protected:
  Result<AwsCall> try_build(const rules::ActionRequest& action) {
    const auto row = std::ranges::find(aws_actions(), action.kind, &AwsAction::kind);
    AwsAround around{.now = ManualClock::kStart, .random = random};
    return row->build(action, around);
  }
  AwsCall build(const rules::ActionRequest& action) {
    auto call = try_build(action);
    EXPECT_TRUE(call.ok()) << (call.ok() ? "" : call.error().message);
    return call.ok() ? std::move(*call) : AwsCall{};
  }
  std::string refusal(const rules::ActionRequest& action) {
    const auto call = try_build(action);
    return call.ok() ? "it was built" : call.error().message;
  }
  static std::string target_of(const AwsCall& call) {
    const auto* header = http::find_header(call.request.headers, "X-Amz-Target");
    return header == nullptr ? "" : *header;
  }
  static Json body_of(const AwsCall& call) {
    const auto parsed = parse_json(call.request.body);
    return parsed.ok() ? *parsed : Json{};
  }

  SeededRandom random{1};
};

TEST_F(AwsCallTest, SqsSendsTheResultAsTheMessage) {
  const auto call =
      build(an_action("sqs", {{"queueUrl", "http://q/1/hot"}, {"roleArn", "r"}}, "{\"a\":\"b c\"}"));
  EXPECT_EQ(call.request.service, "sqs");
  EXPECT_EQ(call.request.method + call.request.target, "POST/");
  EXPECT_EQ(call.request.body,
            "Action=SendMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2Fq%2F1%2Fhot"
            "&MessageBody=%7B%22a%22%3A%22b%20c%22%7D");
  EXPECT_EQ(call.payload, "{\"a\":\"b c\"}");
}

TEST_F(AwsCallTest, SqsEncodesWhenItIsTold) {
  const auto call =
      build(an_action("sqs", {{"queueUrl", "q"}, {"useBase64", true}}, std::string{"\xff\x00", 2}, false));
  EXPECT_EQ(call.payload, "/wA=");
  EXPECT_THAT(call.request.body, HasSubstr("&MessageBody=%2FwA%3D"));
}

TEST_F(AwsCallTest, SnsPublishesToTheTarget) {
  const auto call = build(an_action("sns", {{"targetArn", "arn:x"}, {"messageFormat", "JSON"}}, "{}"));
  EXPECT_EQ(call.request.body,
            "Action=Publish&Version=2010-03-31&TargetArn=arn%3Ax&Message=%7B%7D&MessageStructure=json");
  EXPECT_THAT(build(an_action("sns", {{"targetArn", "arn:x"}}, "{}")).request.body,
              testing::Not(HasSubstr("MessageStructure")));
}

TEST_F(AwsCallTest, DynamoDbPutsTheWholeResultUnderOneAttribute) {
  const auto call = build(an_action("dynamoDB",
                                    {{"tableName", "t"},
                                     {"hashKeyField", "id"},
                                     {"hashKeyValue", "d1"},
                                     {"rangeKeyField", "at"},
                                     {"rangeKeyValue", "17"},
                                     {"rangeKeyType", "NUMBER"}},
                                    R"({"t":1.5,"ok":true,"l":["x",null]})"));
  EXPECT_EQ(target_of(call), "DynamoDB_20120810.PutItem");
  EXPECT_EQ(body_of(call), Json::parse(R"({"TableName":"t","Item":{"id":{"S":"d1"},"at":{"N":"17"},
    "payload":{"M":{"t":{"N":"1.5"},"ok":{"BOOL":true},"l":{"L":[{"S":"x"},{"NULL":true}]}}}}})"));
  EXPECT_EQ(Json::parse(call.payload), body_of(call)["Item"]);
}

TEST_F(AwsCallTest, DynamoDbKeepsBytesAsBytes) {
  const auto call = build(
      an_action("dynamoDB",
                {{"tableName", "t"}, {"hashKeyField", "id"}, {"hashKeyValue", "d1"}, {"payloadField", "raw"}},
                "\xff", false));
  EXPECT_EQ(body_of(call)["Item"]["raw"], (Json{{"B", "/w=="}}));
}

TEST_F(AwsCallTest, DynamoDbUpdatesAndDeletesByKey) {
  Json parameters{
      {"tableName", "t"}, {"hashKeyField", "id"}, {"hashKeyValue", "d1"}, {"operation", "UPDATE"}};
  const auto update = build(an_action("dynamoDB", parameters, R"("x")"));
  EXPECT_EQ(target_of(update), "DynamoDB_20120810.UpdateItem");
  EXPECT_EQ(body_of(update), Json::parse(R"({"TableName":"t","Key":{"id":{"S":"d1"}},
    "UpdateExpression":"SET #payload = :payload","ExpressionAttributeNames":{"#payload":"payload"},
    "ExpressionAttributeValues":{":payload":{"S":"x"}}})"));
  parameters["operation"] = "DELETE";
  const auto removal = build(an_action("dynamoDB", parameters));
  EXPECT_EQ(target_of(removal), "DynamoDB_20120810.DeleteItem");
  EXPECT_EQ(body_of(removal), Json::parse(R"({"TableName":"t","Key":{"id":{"S":"d1"}}})"));
  parameters["operation"] = "UPSERT";
  EXPECT_THAT(refusal(an_action("dynamoDB", parameters)), HasSubstr("the operation is none of"));
}

TEST_F(AwsCallTest, DynamoDbRefusesKeysThatNoTableCanHave) {
  Json parameters{{"tableName", "t"}, {"hashKeyField", "id"}, {"hashKeyValue", ""}};
  EXPECT_THAT(refusal(an_action("dynamoDB", parameters)), HasSubstr("hashKeyValue is empty"));
  parameters["hashKeyValue"] = "x1";
  parameters["hashKeyType"] = "NUMBER";
  EXPECT_THAT(refusal(an_action("dynamoDB", parameters)), HasSubstr("hashKeyValue is no number"));
}

TEST_F(AwsCallTest, DynamoDbV2PutsOneAttributeForEachMember) {
  const auto call = build(
      an_action("dynamoDBv2", {{"putItem", {{"tableName", "t"}}}}, R"({"id":"d1","n":-3,"o":{"a":null}})"));
  EXPECT_EQ(body_of(call), Json::parse(R"({"TableName":"t","Item":{"id":{"S":"d1"},"n":{"N":"-3"},
    "o":{"M":{"a":{"NULL":true}}}}})"));
  EXPECT_THAT(refusal(an_action("dynamoDBv2", {{"putItem", {{"tableName", "t"}}}}, "[1]")),
              HasSubstr("no JSON object"));
}

TEST_F(AwsCallTest, NumbersKeepAllTheirDigits) {  // RU-21
  const std::string payload =
      R"({"a":1234567890123456789012345678901234,"b":0.1234567890123456789,"c":-9007199254740993,"d":[1.50]})";
  const auto item =
      body_of(build(an_action("dynamoDBv2", {{"putItem", {{"tableName", "t"}}}}, payload)))["Item"];
  EXPECT_EQ(item["a"]["N"], "1234567890123456789012345678901234");
  EXPECT_EQ(item["b"]["N"], "0.1234567890123456789");
  EXPECT_EQ(item["c"]["N"], "-9007199254740993");
  const auto records = body_of(build(an_action("timestream", {{"dimensions", Json::array()}},
                                               R"({"a":1234567890123456789012345678901234})")))["Records"];
  EXPECT_EQ(records[0]["MeasureValue"], "1234567890123456789012345678901234");
  EXPECT_EQ(records[0]["MeasureValueType"], "DOUBLE") << "64 bits do not hold it";
  const auto batch = build(an_action("firehose", {{"deliveryStreamName", "f"}, {"batchMode", true}},
                                     " [ 0.1234567890123456789 , {\"a\":\"],\\\"[\"} ,[1,2]]\n"));
  EXPECT_EQ(body_of(batch)["Records"], Json::array({{{"Data", to_base64("0.1234567890123456789")}},
                                                    {{"Data", to_base64("{\"a\":\"],\\\"[\"}")}},
                                                    {{"Data", to_base64("[1,2]")}}}));
}

TEST_F(AwsCallTest, NumbersAndTimesAreInTheirRange) {
  for (const auto* text : {"nan", "inf", "-inf", "1e999", "", "0x1", "1 "})
    EXPECT_FALSE(number_in(text)) << text;
  EXPECT_EQ(time_of(5, 1), Time{std::chrono::seconds{5}});
  EXPECT_EQ(time_of(5'000'000'000, 1'000'000'000), Time{std::chrono::seconds{5}});
  EXPECT_FALSE(time_of(-1, 1));
  EXPECT_FALSE(time_of(std::numeric_limits<std::int64_t>::max(), 1));
  Json parameters{{"metricValue", "1"}, {"metricTimestamp", "9223372036854775807"}};
  EXPECT_THAT(refusal(an_action("cloudwatchMetric", parameters)), HasSubstr("metricTimestamp is no time"));
}

TEST_F(AwsCallTest, PathsThatClimbAreKnown) {
  for (const auto* path : {"/b/..", "/b/../c", "/./b", "/b/%2e%2E/c?x", "/..?a"}) {
    EXPECT_TRUE(has_dot_segment(path)) << path;
  }
  for (const auto* path : {"/", "/b/...", "/b/..c/c..", "/b?x=/../", "/.b"})
    EXPECT_FALSE(has_dot_segment(path)) << path;
}

TEST_F(AwsCallTest, KinesisPutsARecordWithItsKey) {
  const auto call = build(an_action("kinesis", {{"streamName", "s"}, {"partitionKey", "k"}}, "bytes", false));
  EXPECT_EQ(target_of(call), "Kinesis_20131202.PutRecord");
  EXPECT_EQ(body_of(call), (Json{{"StreamName", "s"}, {"Data", to_base64("bytes")}, {"PartitionKey", "k"}}));
  EXPECT_EQ(
      body_of(build(an_action("kinesis", {{"streamName", "s"}})))["PartitionKey"].get<std::string>().size(),
      36U);
  EXPECT_THAT(refusal(an_action("kinesis", {{"streamName", "s"}, {"partitionKey", ""}})),
              HasSubstr("partitionKey is empty"));
}

TEST_F(AwsCallTest, FirehoseAddsTheSeparator) {
  const auto call = build(an_action("firehose", {{"deliveryStreamName", "f"}, {"separator", "\n"}}, "x"));
  EXPECT_EQ(target_of(call), "Firehose_20150804.PutRecord");
  EXPECT_EQ(body_of(call), (Json{{"DeliveryStreamName", "f"}, {"Record", {{"Data", to_base64("x\n")}}}}));
  EXPECT_EQ(call.payload, "x\n");
}

TEST_F(AwsCallTest, FirehoseSendsArraysAsBatches) {
  const Json parameters{{"deliveryStreamName", "f"}, {"separator", ","}, {"batchMode", true}};
  const auto call = build(an_action("firehose", parameters, R"([{"a":1},"b"])"));
  EXPECT_EQ(target_of(call), "Firehose_20150804.PutRecordBatch");
  EXPECT_EQ(body_of(call)["Records"],
            Json::array({{{"Data", to_base64("{\"a\":1},")}}, {{"Data", to_base64("\"b\",")}}}));
  const auto one = build(an_action("firehose", parameters, R"({"a":1})"));
  EXPECT_EQ(target_of(one), "Firehose_20150804.PutRecord");
  EXPECT_THAT(refusal(an_action("firehose", parameters, to_text(Json(std::vector<int>(501, 1))))),
              HasSubstr("501 elements; batchMode takes at most 500"));
}

TEST_F(AwsCallTest, S3PutsTheResultAtItsKey) {
  const auto call = build(an_action(
      "s3", {{"bucketName", "bucket"}, {"key", "a b/ä.json"}, {"cannedAcl", "public-read"}}, "\xff", false));
  EXPECT_EQ(call.request.method + " " + call.request.target, "PUT /bucket/a%20b/%C3%A4.json");
  EXPECT_EQ(call.request.body, "\xff");
  EXPECT_EQ(*http::find_header(call.request.headers, "x-amz-acl"), "public-read");
  EXPECT_THAT(refusal(an_action("s3", {{"bucketName", "b"}, {"key", ""}})), HasSubstr("key is empty"));
}

TEST_F(AwsCallTest, StepFunctionsStartsAnExecutionWithANameOfItsOwn) {
  const auto call =
      build(an_action("stepFunctions", {{"stateMachineName", "m"}, {"executionNamePrefix", "run-"}}));
  EXPECT_EQ(call.request.service, "states");
  EXPECT_EQ(target_of(call), "AWSStepFunctions.StartExecution");
  const auto body = body_of(call);
  EXPECT_EQ(body["stateMachineArn"], "arn:aws:states:us-east-1:123456789012:stateMachine:m");
  EXPECT_THAT(body["name"].get<std::string>(), testing::MatchesRegex("run-[0-9a-f-]{36}"));
  EXPECT_EQ(body["input"], R"({"t":1})");
}

TEST_F(AwsCallTest, IotEventsPutsMessages) {
  const auto call = build(an_action("iotEvents", {{"inputName", "i"}, {"messageId", "m1"}}));
  EXPECT_EQ(call.request.service, "ioteventsdata");
  EXPECT_EQ(call.request.target, "/inputs/messages");
  EXPECT_EQ(body_of(call)["messages"],
            Json::array({{{"messageId", "m1"}, {"inputName", "i"}, {"payload", to_base64(R"({"t":1})")}}}));
  const auto batch = build(an_action("iotEvents", {{"inputName", "i"}, {"batchMode", true}}, "[1,2]"));
  EXPECT_EQ(body_of(batch)["messages"].size(), 2U);
  EXPECT_THAT(
      refusal(an_action("iotEvents", {{"inputName", "i"}, {"batchMode", true}}, "[1,1,1,1,1,1,1,1,1,1,1]")),
      HasSubstr("at most 10"));
}

TEST_F(AwsCallTest, IotAnalyticsPutsMessagesIntoTheChannel) {
  const auto call = build(an_action("iotAnalytics", {{"channelArn", "arn:aws:iotanalytics:r:1:channel/c"}}));
  EXPECT_EQ(call.request.target, "/messages/batch");
  EXPECT_EQ(body_of(call)["channelName"], "c");
  EXPECT_EQ(body_of(call)["messages"][0]["payload"], to_base64(R"({"t":1})"));
}

TEST_F(AwsCallTest, IotSiteWiseTurnsTextsIntoTheTypesOfTheModel) {
  const auto entry = Json::parse(R"({"entryId":"e","propertyAlias":"/p/1","propertyValues":[
    {"value":{"doubleValue":"1.5"},"timestamp":{"timeInSeconds":"17","offsetInNanos":"3"},"quality":"GOOD"},
    {"value":{"booleanValue":"true"},"timestamp":{"timeInSeconds":"18"}}]})");
  const auto call = build(an_action("iotSiteWise", {{"putAssetPropertyValueEntries", Json::array({entry})}}));
  EXPECT_EQ(call.request.target, "/properties");
  EXPECT_EQ(body_of(call), Json::parse(R"({"entries":[{"entryId":"e","propertyAlias":"/p/1","propertyValues":[
    {"value":{"doubleValue":1.5},"timestamp":{"timeInSeconds":17,"offsetInNanos":3},"quality":"GOOD"},
    {"value":{"booleanValue":true},"timestamp":{"timeInSeconds":18}}]}]})"));
  auto bad = entry;
  bad["propertyValues"][0]["value"] = {{"integerValue", "1.5"}};
  EXPECT_THAT(refusal(an_action("iotSiteWise", {{"putAssetPropertyValueEntries", Json::array({bad})}})),
              HasSubstr("integerValue is no integer"));
}

TEST_F(AwsCallTest, CloudwatchMetricPutsAValueAtItsTime) {
  Json parameters{{"metricNamespace", "N"},
                  {"metricName", "m"},
                  {"metricValue", "2.5"},
                  {"metricUnit", "Count"},
                  {"metricTimestamp", "1456821314"}};
  const auto call = build(an_action("cloudwatchMetric", parameters));
  EXPECT_EQ(call.request.service, "monitoring");
  EXPECT_EQ(call.request.body,
            "Action=PutMetricData&Version=2010-08-01&Namespace=N&MetricData.member.1.MetricName=m"
            "&MetricData.member.1.Timestamp=2016-03-01T08%3A35%3A14Z&MetricData.member.1.Unit=Count"
            "&MetricData.member.1.Value=2.5");
  parameters["metricValue"] = "much";
  EXPECT_THAT(refusal(an_action("cloudwatchMetric", parameters)), HasSubstr("metricValue is no number"));
}

TEST_F(AwsCallTest, CloudwatchAlarmSetsAKnownState) {
  Json parameters{{"alarmName", "a"}, {"stateReason", "hot"}, {"stateValue", "ALARM"}};
  EXPECT_EQ(build(an_action("cloudwatchAlarm", parameters)).request.body,
            "Action=SetAlarmState&Version=2010-08-01&AlarmName=a&StateReason=hot&StateValue=ALARM");
  parameters["stateValue"] = "HOT";
  EXPECT_THAT(refusal(an_action("cloudwatchAlarm", parameters)),
              HasSubstr("stateValue is none of OK, ALARM"));
}

TEST_F(AwsCallTest, CloudwatchLogsPutsEventsIntoAStreamOfTheRule) {
  const auto call = build(an_action("cloudwatchLogs", {{"logGroupName", "g"}}, "line", false));
  EXPECT_EQ(target_of(call), "Logs_20140328.PutLogEvents");
  EXPECT_EQ(body_of(call),
            (Json{{"logGroupName", "g"},
                  {"logStreamName", "hot"},
                  {"logEvents", Json::array({{{"timestamp", 1767225600000}, {"message", "line"}}})}}));
  ASSERT_TRUE(call.cure);
  EXPECT_EQ(call.cure->request.operation, "CreateLogStream");
  const auto batch = build(an_action("cloudwatchLogs", {{"logGroupName", "g"}, {"batchMode", true}},
                                     R"([{"timestamp":5,"message":"x"}])"));
  EXPECT_EQ(body_of(batch)["logEvents"], Json::parse(R"([{"timestamp":5,"message":"x"}])"));
  EXPECT_THAT(refusal(an_action("cloudwatchLogs", {{"logGroupName", "g"}, {"batchMode", true}}, "[1]")),
              HasSubstr("no object with a timestamp"));
}

TEST_F(AwsCallTest, TimestreamWritesARecordForEachMember) {
  const Json parameters{{"databaseName", "d"},
                        {"tableName", "t"},
                        {"dimensions", Json::array({{{"name", "device"}, {"value", "d1"}}})},
                        {"timestamp", {{"value", "17"}, {"unit", "SECONDS"}}}};
  const auto call = build(an_action("timestream", parameters, R"({"a":1,"b":1.5,"c":true,"d":"x"})"));
  EXPECT_EQ(target_of(call), "Timestream_20181101.WriteRecords");
  EXPECT_EQ(body_of(call), Json::parse(R"({"DatabaseName":"d","TableName":"t",
    "CommonAttributes":{"Dimensions":[{"Name":"device","Value":"d1"}],"Time":"17","TimeUnit":"SECONDS"},
    "Records":[{"MeasureName":"a","MeasureValue":"1","MeasureValueType":"BIGINT"},
               {"MeasureName":"b","MeasureValue":"1.5","MeasureValueType":"DOUBLE"},
               {"MeasureName":"c","MeasureValue":"true","MeasureValueType":"BOOLEAN"},
               {"MeasureName":"d","MeasureValue":"x","MeasureValueType":"VARCHAR"}]})"));
  EXPECT_THAT(refusal(an_action("timestream", parameters, R"({"a":{}})")),
              HasSubstr("'a' of the result is an object"));
}

TEST_F(AwsCallTest, SearchEnginesGetTheDocumentUnderItsId) {
  for (const auto* kind : {"openSearch", "elasticsearch"}) {
    const auto call = build(
        an_action(kind, {{"endpoint", "https://d.es"}, {"index", "i"}, {"type", "my type"}, {"id", "1"}}));
    EXPECT_EQ(call.request.service, "es");
    EXPECT_EQ(call.request.method + " " + call.request.target, "PUT /i/my%20type/1");
    EXPECT_EQ(call.request.body, R"({"t":1})");
  }
}

TEST_F(AwsCallTest, LocationTellsWhereADeviceIs) {
  const auto call =
      build(an_action("location", {{"trackerName", "tr"},
                                   {"deviceId", "d"},
                                   {"latitude", "48.1"},
                                   {"longitude", "11.5"},
                                   {"timestamp", {{"value", "1456821314"}, {"unit", "SECONDS"}}}}));
  EXPECT_EQ(call.request.service, "geo");
  EXPECT_EQ(call.request.target, "/tracking/v0/trackers/tr/positions");
  EXPECT_EQ(body_of(call)["Updates"],
            Json::parse(R"([{"DeviceId":"d","Position":[11.5,48.1],"SampleTime":"2016-03-01T08:35:14Z"}])"));
}

TEST_F(AwsCallTest, SalesforceIsLetInByItsTokenAndSignsNothing) {
  const auto call = build(an_action(
      "salesforce", {{"url", "https://ingestion-1.x.sfdcnow.com/streams/s/e"}, {"token", "secret"}}));
  EXPECT_EQ(call.request.target, "/streams/s/e");
  EXPECT_FALSE(call.request.is_signed);
  EXPECT_EQ(*http::find_header(call.request.headers, "Authorization"), "Bearer secret");
}

}  // namespace
}  // namespace iotemu::sinks
