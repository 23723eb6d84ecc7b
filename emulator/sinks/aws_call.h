#pragma once

// Actions on other AWS services as the requests that their service models describe. A row of the table below
// is one action; its `build` is a pure function of the action's request. Sending is aws_sink.h's.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "emulator/http/message.h"
#include "rules/ports.h"
#include "rules/sql/arena.h"
#include "rules/sql/value.h"

namespace iotemu::sinks {

struct AwsRequest {
  std::string service{};    ///< The signing name: that of `--upstream`.
  std::string operation{};  ///< For people.
  std::string method{"POST"};
  std::string target{"/"};  ///< Path and query, percent-encoded.
  std::vector<http::Header> headers{};
  std::string body{};
  bool is_signed{true};
  std::size_t most_answer_bytes{64 * 1024};  ///< Of an upstream; HttpAnswer::too_long behind it.
};

/// What one run of one action asks.
struct AwsCall {
  AwsRequest request{};
  std::string payload{};  ///< What the service keeps of it.
  /// The member of a successful answer that lists what was refused; or counts it.
  std::string_view refused{};
  /// Sent, and then the request again, when it fails with that error.
  struct Cure {
    std::string_view error{};
    AwsRequest request{};
  };
  std::optional<Cure> cure{};
};

/// What `build` needs beside the request.
struct AwsAround {
  Time now{};
  Random& random;
};

struct AwsAction {
  std::string_view kind{};  ///< The key in the rule.
  std::string_view goal{};  ///< "Failed to <goal>."
  bool needs_json{false};   ///< RU-26
  /// Errc::invalid_request: the parameters or the result are none that the service takes.
  Result<AwsCall> (*build)(const rules::ActionRequest&, AwsAround&){nullptr};
  /// The service is asked by another protocol than HTTP: it can only be recorded.
  bool not_http{false};
};

[[nodiscard]] std::span<const AwsAction> aws_actions();

// One function for each row: sqs_sns.cpp, dynamodb.cpp, streams.cpp, s3.cpp, …
Result<AwsCall> build_sqs(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_sns(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_dynamodb(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_dynamodb_v2(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_kinesis(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_firehose(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_s3(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_step_functions(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_iot_events(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_iot_analytics(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_iot_site_wise(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_cloudwatch_metric(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_cloudwatch_alarm(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_cloudwatch_logs(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_timestream(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_open_search(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_location(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_salesforce(const rules::ActionRequest& action, AwsAround& around);
Result<AwsCall> build_kafka(const rules::ActionRequest& action, AwsAround& around);

// --- What the builders share, aws_call.cpp ---

/// A parameter as text; empty when absent.
[[nodiscard]] std::string text_of(const Json& parameters, std::string_view name);
/// False when absent; "true" counts.
[[nodiscard]] bool flag_of(const Json& parameters, std::string_view name);
[[nodiscard]] Error wrong(std::string what);
/// The result of SELECT; Errc::invalid_request if it is no JSON.
[[nodiscard]] Result<Json> result_of(const rules::ActionRequest& action);
/// The same with its numbers digit by digit, up to 34 of them. It borrows from the payload and lives as long
/// as `arena`.
[[nodiscard]] Result<rules::sql::Value> exact_result_of(const rules::ActionRequest& action,
                                                        rules::sql::Arena& arena);
/// The elements to send one by one, as they are written: those of an array in batch mode, else the result
/// itself. At most `most`.
[[nodiscard]] Result<std::vector<std::string>> elements_of(const rules::ActionRequest& action,
                                                           std::size_t most);
/// Whether the path climbs: a segment `.` or `..`, encoded or not. Servers disagree about where it leads.
[[nodiscard]] bool has_dot_segment(std::string_view target);
/// The whole text as a finite number.
[[nodiscard]] std::optional<double> number_in(std::string_view text);
[[nodiscard]] std::optional<std::int64_t> integer_in(std::string_view text);
/// The instant after so many parts of a second, 1, 1000 and so on to 10^9 of them; nothing before 1970 and
/// after 9999.
[[nodiscard]] std::optional<Time> time_of(std::int64_t count, std::int64_t parts_of_second);

/// The protocols: X-Amz-Target and a JSON body (`version` "1.0" or "1.1"), a form, and JSON at a path.
[[nodiscard]] AwsRequest json_request(std::string_view service, std::string_view target,
                                      std::string_view operation, std::string_view version, const Json& body);
[[nodiscard]] AwsRequest query_request(std::string_view service, std::string_view api_version,
                                       std::string_view operation,
                                       const std::vector<std::pair<std::string, std::string>>& members);
[[nodiscard]] AwsRequest rest_request(std::string_view service, std::string_view operation, std::string path,
                                      const Json& body);

}  // namespace iotemu::sinks
