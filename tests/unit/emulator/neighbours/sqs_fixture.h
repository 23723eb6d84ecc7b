#pragma once

// A client of SQS, and the queue that its tests use.

#include <cstdint>
#include <string>
#include <vector>

#include "neighbours_fixture.h"

namespace iotemu::neighbours {

class SqsTest : public NeighboursTest {
 protected:
  http::Response ask(const std::string& operation, const Json& input) {
    return json("sqs", "AmazonSQS." + operation, input);
  }
  Json good(const std::string& operation, const Json& input) {
    const auto answer = ask(operation, input);
    EXPECT_EQ(answer.status, 200U) << operation << ' ' << answer.body;
    return Json::parse(answer.body);
  }
  std::string create(const std::string& name, const Json& attributes = Json::object()) {
    return good("CreateQueue", {{"QueueName", name}, {"Attributes", attributes}})["QueueUrl"];
  }
  Json send_message(const std::string& body, Json more = Json::object()) {
    more["QueueUrl"] = url;
    more["MessageBody"] = body;
    return good("SendMessage", more);
  }
  Json receive(Json more = Json::object()) {
    more["QueueUrl"] = url;
    return good("ReceiveMessage", more).value("Messages", Json::array());
  }
  std::vector<std::string> bodies(std::size_t count = 10) {
    std::vector<std::string> result;
    for (const auto& message : receive({{"MaxNumberOfMessages", count}})) result.push_back(message["Body"]);
    return result;
  }
  Awaited receive_later(std::int64_t wait) {
    return begin({.method = "POST",
                  .target = "/",
                  .headers = {{"X-Amz-Target", "AmazonSQS.ReceiveMessage"}},
                  .body = to_text(
                      Json{{"QueueUrl", url}, {"WaitTimeSeconds", wait}, {"MaxNumberOfMessages", 10}})},
                 "test", "sqs")
        .second;
  }
  std::string attribute(const std::string& name) {
    return good("GetQueueAttributes", {{"QueueUrl", url}, {"AttributeNames", {name}}})["Attributes"][name];
  }
  static std::string names(const http::Response& answer) {
    const auto* query = http::find_header(answer.headers, "x-amzn-query-error");
    return fault(answer) + " " + (query == nullptr ? "" : *query);
  }

  const std::string arn = "arn:aws:sqs:us-east-1:123456789012:";
  std::string url = "/123456789012/jobs";
};

}  // namespace iotemu::neighbours
