// The actions kinesis and firehose: records of a stream.

#include "base/base64.h"
#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {
namespace {

constexpr std::size_t kMostRecords = 500;

}  // namespace

Result<AwsCall> build_kinesis(const rules::ActionRequest& action, AwsAround& around) {
  AwsCall call;
  call.payload = action.payload;
  // Without one, records spread over the shards.
  const auto key = action.parameters.contains("partitionKey") ? text_of(action.parameters, "partitionKey")
                                                              : around.random.uuid();
  if (key.empty()) return wrong("partitionKey is empty; Kinesis takes 1 to 256 characters");
  call.request = json_request("kinesis", "Kinesis_20131202", "PutRecord", "1.1",
                              {{"StreamName", text_of(action.parameters, "streamName")},
                               {"Data", to_base64(action.payload)},
                               {"PartitionKey", key}});
  return call;
}

Result<AwsCall> build_firehose(const rules::ActionRequest& action, AwsAround& /*around*/) {
  auto elements = elements_of(action, kMostRecords);
  if (!elements) return elements.error();
  const auto separator = text_of(action.parameters, "separator");
  AwsCall call;
  auto records = Json::array();
  for (const auto& element : *elements) {
    call.payload += element + separator;
    records.push_back({{"Data", to_base64(element + separator)}});
  }
  Json body{{"DeliveryStreamName", text_of(action.parameters, "deliveryStreamName")}};
  const auto begin = action.payload.find_first_not_of(" \t\r\n");
  const bool batch =
      flag_of(action.parameters, "batchMode") && begin != action.payload.npos && action.payload[begin] == '[';
  if (batch) {
    body["Records"] = std::move(records);
    call.refused = "FailedPutCount";
  } else {
    body["Record"] = std::move(records[0]);
  }
  call.request =
      json_request("firehose", "Firehose_20150804", batch ? "PutRecordBatch" : "PutRecord", "1.1", body);
  return call;
}

}  // namespace iotemu::sinks
