#pragma once

// The Lambda service over a runtime that runs nothing.

#include "base/base64.h"
#include "neighbours_fixture.h"
#include "zip_of.h"

namespace iotemu::neighbours {

class LambdaTest : public NeighboursTest {
 protected:
  using NeighboursTest::NeighboursTest;

  http::Response ask(const std::string& method, const std::string& path, const Json& input = {},
                     std::vector<http::Header> headers = {}) {
    return rest("lambda", method, path, input, std::move(headers));
  }
  Json good(const std::string& method, const std::string& path, const Json& input = {}) {
    const auto answer = ask(method, path, input);
    EXPECT_LT(answer.status, 300U) << method << ' ' << path << ' ' << answer.body;
    return answer.body.empty() ? Json::object() : Json::parse(answer.body);
  }
  static Json function(const std::string& name, const Json& more = Json::object()) {
    Json input{{"FunctionName", name},
               {"Role", "arn:aws:iam::123456789012:role/r"},
               {"Runtime", "nodejs8.10"},
               {"Handler", "index.handler"},
               {"Code", {{"ZipFile", to_base64(zip_of({{.name = "index.js", .content = "// " + name}}))}}}};
    input.update(more);
    return input;
  }
  Json create(const std::string& name, const Json& more = Json::object()) {
    return good("POST", kFunctions, function(name, more));
  }
  http::Response invoke(const std::string& name, const Json& event, std::vector<http::Header> headers = {}) {
    return ask("POST", kFunctions + "/" + name + "/invocations", event, std::move(headers));
  }
  http::Response invoke_event(const std::string& name, const Json& event) {
    return invoke(name, event, {{"X-Amz-Invocation-Type", "Event"}});
  }
  static std::string header(const http::Response& answer, const std::string& name) {
    const auto* value = http::find_header(answer.headers, name);
    return value == nullptr ? "" : *value;
  }
  static Json message(const http::Response& answer) { return Json::parse(answer.body)["Message"]; }
  void reply_with(const std::string& payload, const std::string& error = {}) {
    runtime.reply = [=](const auto&, const auto&) {
      return runtime::Outcome{.payload = payload, .function_error = error, .log = "START\nEND\n"};
    };
  }
  /// Whether a service may, on behalf of one of its resources.
  Status may_invoke(const Realm& realm, const std::string& name, const std::string& principal,
                    const std::string& source) {
    Status result = Error{Errc::internal, "no answer"};
    neighbours.functions().invoke(name,
                                  {.payload = "{}",
                                   .realm = realm,
                                   .wants_answer = false,
                                   .principal = principal,
                                   .source_arn = source},
                                  [&](const Result<std::string>& answer) {
                                    if (answer) return void(result = Ok{});
                                    result = answer.error();
                                  });
    return result;
  }
  Json queue(const std::string& operation, const Json& input) {
    const auto answer = json("sqs", "AmazonSQS." + operation, input);
    EXPECT_EQ(answer.status, 200U) << operation << ' ' << answer.body;
    return Json::parse(answer.body);
  }
  std::vector<Json> received(const std::string& name) {
    const auto got = queue("ReceiveMessage", {{"QueueUrl", "/123456789012/" + name},
                                              {"MaxNumberOfMessages", 10},
                                              {"MessageAttributeNames", {"All"}}});
    return got.value("Messages", Json::array());
  }

  const std::string kFunctions = "/2015-03-31/functions";
  const std::string kArn = "arn:aws:lambda:us-east-1:123456789012:function:";
  const std::string kQueueArn = "arn:aws:sqs:us-east-1:123456789012:";
};

}  // namespace iotemu::neighbours
