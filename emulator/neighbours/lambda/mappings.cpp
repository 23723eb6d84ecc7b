#include <algorithm>
#include <array>

#include "emulator/neighbours/lambda/faults.h"
#include "emulator/neighbours/lambda/lambda.h"
#include "emulator/neighbours/lambda/paging.h"

namespace iotemu::neighbours::lambda {
namespace {

using api::body;
using api::path_member;
using api::query;
using api::Verb;

constexpr std::size_t kMaxMappings = 200;
constexpr std::array<std::string_view, 1> kResponseTypes{"ReportBatchItemFailures"};

std::vector<api::Member> mapping_members(std::vector<api::Member> members) {
  const auto any = [](std::string_view name) { return body(name).structure({}); };
  for (const auto& member :
       {body("Enabled").boolean(), body("BatchSize").integer(1, 10'000),
        body("MaximumBatchingWindowInSeconds").integer(0, 300),
        body("FunctionResponseTypes").list_of(body("member").one_of(kResponseTypes)).length(0, 1),
        body("ScalingConfig").structure({body("MaximumConcurrency").integer(2, 1000)}),
        body("FilterCriteria").structure({body("Filters").list_of(any("member"))}),
        // Of other sources than SQS: looked at to be refused.
        body("ParallelizationFactor").integer(), body("StartingPosition"),
        body("StartingPositionTimestamp").number(0, INT64_MAX), any("DestinationConfig"),
        body("MaximumRecordAgeInSeconds").integer(), body("BisectBatchOnFunctionError").boolean(),
        body("MaximumRetryAttempts").integer(), body("TumblingWindowInSeconds").integer(),
        body("Topics").list_of(body("member")), body("Queues").list_of(body("member")),
        body("SourceAccessConfigurations").list_of(any("member")), any("SelfManagedEventSource"),
        any("AmazonManagedKafkaEventSourceConfig"), any("SelfManagedKafkaEventSourceConfig")})
    members.push_back(member);
  return members;
}

Done check_unbuilt(const Question& question) {
  if (question.has("FilterCriteria") &&
      !question.input.at("FilterCriteria").value("Filters", Json::array()).empty())
    return unbuilt("FilterCriteria", "let the function look at its records");
  for (const char* member :
       {"ParallelizationFactor", "StartingPosition", "StartingPositionTimestamp", "DestinationConfig",
        "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError", "MaximumRetryAttempts",
        "TumblingWindowInSeconds", "Topics", "Queues", "SourceAccessConfigurations", "SelfManagedEventSource",
        "AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig"}) {
    if (question.has(member))
      return invalid("Unsupported parameter for a queue of SQS: " + std::string{member});
  }
  return Ok{};
}

Json mapping_json(const Mapping& mapping, const char* state) {
  Json result{{"UUID", mapping.uuid},
              {"BatchSize", mapping.batch_size},
              {"MaximumBatchingWindowInSeconds", mapping.window.count()},
              {"EventSourceArn", mapping.queue_arn},
              {"FunctionArn", mapping.function_arn},
              {"LastModified", epoch_seconds(mapping.modified)},
              {"LastProcessingResult", mapping.last_result},
              {"State", state},
              {"StateTransitionReason", "USER_INITIATED"},
              {"FunctionResponseTypes", Json::array()}};
  if (mapping.reports_failures) result["FunctionResponseTypes"].push_back("ReportBatchItemFailures");
  if (mapping.concurrency_asked) result["ScalingConfig"] = {{"MaximumConcurrency", mapping.concurrency}};
  return result;
}

const char* state_of(const Mapping& mapping) {
  return mapping.enabled ? "Enabled" : "Disabled";
}

Done apply(Mapping& mapping, const Question& question) {
  if (question.has("Enabled")) mapping.enabled = question.flag("Enabled");
  mapping.batch_size =
      static_cast<std::size_t>(question.integer("BatchSize", static_cast<std::int64_t>(mapping.batch_size)));
  mapping.window =
      std::chrono::seconds{question.integer("MaximumBatchingWindowInSeconds", mapping.window.count())};
  if (question.has("FunctionResponseTypes"))
    mapping.reports_failures = !question.input.at("FunctionResponseTypes").empty();
  if (question.has("ScalingConfig")) {
    const auto& scaling = question.input.at("ScalingConfig");
    mapping.concurrency_asked = scaling.contains("MaximumConcurrency");
    mapping.concurrency = scaling.value("MaximumConcurrency", std::size_t{5});
  }
  if (mapping.batch_size > 10 && mapping.window.count() == 0) {
    return invalid(
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
  }
  if (mapping.batch_size > 10 && mapping.queue_arn.ends_with(".fifo"))
    return invalid("Batch size must be less than or equal to 10 for FIFO queues.");
  return Ok{};
}

Fault no_such_mapping() {
  return not_there("The resource you requested does not exist.");
}

}  // namespace

void Lambda::add_mapping_operations() {
  constexpr std::string_view kAll = "/2015-03-31/event-source-mappings";
  constexpr std::string_view kOne = "/2015-03-31/event-source-mappings/{UUID}";
  add("CreateEventSourceMapping", {Verb::post, kAll},
      mapping_members({body("EventSourceArn"), body("FunctionName").required().length(1, 140)}),
      &Lambda::create_mapping)
      .success = 202;
  add("ListEventSourceMappings", {Verb::get, kAll},
      {query("EventSourceArn"), query("FunctionName").length(1, 140), query("Marker"),
       query("MaxItems").integer(1, 10'000)},
      &Lambda::list_mappings);
  add("GetEventSourceMapping", {Verb::get, kOne}, {path_member("UUID")}, &Lambda::get_mapping);
  add("UpdateEventSourceMapping", {Verb::put, kOne},
      mapping_members({path_member("UUID"), body("FunctionName").length(1, 140)}), &Lambda::update_mapping)
      .success = 202;
  add("DeleteEventSourceMapping", {Verb::del, kOne}, {path_member("UUID")}, &Lambda::drop_mapping).success =
      202;
}

/// Of the function that a mapping invokes, whose time limit the queue must leave room for.
Answer<std::string> Lambda::mapped_function(const Question& question, const std::string& queue_arn) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"));
  if (!ref) return ref.fault();
  std::chrono::seconds timeout{};
  {
    const std::lock_guard lock{mutex_};
    const auto found = find(*ref);
    if (!found) return found.fault();
    timeout = found->version->runnable.timeout;
  }
  if (const auto visibility = mailbox_.visibility(queue_arn); visibility < timeout) {
    return invalid("Queue visibility timeout: " + std::to_string(visibility.count()) +
                   " seconds is less than Function timeout: " + std::to_string(timeout.count()) + " seconds");
  }
  return ref->arn();
}

Answer<Json> Lambda::create_mapping(const Question& question) {
  const auto queue_arn = question.str("EventSourceArn");
  if (queue_arn.find(":sqs:") == queue_arn.npos)
    return unbuilt("An event source other than SQS" + (queue_arn.empty() ? "" : " (" + queue_arn + ")"),
                   "use a queue of SQS");
  if (options_.queues_elsewhere) {
    return invalid(
        "Event source mappings read the emulator's own queues, and another server plays SQS: start it "
        "without --upstream sqs=URL");
  }
  if (auto good = check_unbuilt(question); !good) return good.fault();
  if (!mailbox_.exists(queue_arn)) {
    return invalid(
        "Error occurred while ReceiveMessage. SQS Error Code: "
        "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not "
        "exist.");
  }
  auto function = mapped_function(question, queue_arn);
  if (!function) return function.fault();
  Mapping mapping{.uuid = random_.uuid(),
                  .realm = question.realm,
                  .function_arn = std::move(*function),
                  .queue_arn = queue_arn,
                  .modified = clock_.now()};
  if (auto good = apply(mapping, question); !good) return good.fault();
  const auto all = mappings_.all();
  for (const auto& other : all) {
    if (other.queue_arn == queue_arn && other.function_arn == mapping.function_arn) {
      return conflict("An event source mapping with SQS arn (\" " + queue_arn + " \") and function (\" " +
                      question.str("FunctionName") +
                      " \") already exists. Please update or delete the existing mapping with UUID " +
                      other.uuid);
    }
  }
  if (all.size() >= kMaxMappings)
    return invalid("This emulator keeps " + std::to_string(kMaxMappings) + " event source mappings");
  auto answer = mapping_json(mapping, "Creating");
  mappings_.put(std::move(mapping));
  return answer;
}

Answer<Json> Lambda::get_mapping(const Question& question) {
  const auto mapping = mappings_.get(question.str("UUID"));
  if (!mapping || mapping->realm != question.realm) return no_such_mapping();
  return mapping_json(*mapping, state_of(*mapping));
}

Answer<Json> Lambda::list_mappings(const Question& question) {
  std::string function;
  if (question.has("FunctionName")) {
    const auto ref = parse_function(question.realm, question.str("FunctionName"));
    if (!ref) return ref.fault();
    function = ref->arn();
  }
  std::vector<Json> found;
  for (const auto& mapping : mappings_.all()) {
    const bool wanted =
        mapping.realm == question.realm && (function.empty() || mapping.function_arn == function) &&
        (!question.has("EventSourceArn") || mapping.queue_arn == question.str("EventSourceArn"));
    if (wanted) found.push_back(mapping_json(mapping, state_of(mapping)));
  }
  return page_of(question, "EventSourceMappings", found);
}

Answer<Json> Lambda::update_mapping(const Question& question) {
  auto mapping = mappings_.get(question.str("UUID"));
  if (!mapping || mapping->realm != question.realm) return no_such_mapping();
  if (auto good = check_unbuilt(question); !good) return good.fault();
  if (question.has("FunctionName")) {
    auto function = mapped_function(question, mapping->queue_arn);
    if (!function) return function.fault();
    mapping->function_arn = std::move(*function);
  }
  if (auto good = apply(*mapping, question); !good) return good.fault();
  mapping->modified = clock_.now();
  auto answer = mapping_json(*mapping, "Updating");
  mappings_.put(std::move(*mapping));
  return answer;
}

Answer<Json> Lambda::drop_mapping(const Question& question) {
  const auto mapping = mappings_.get(question.str("UUID"));
  if (!mapping || mapping->realm != question.realm) return no_such_mapping();
  mappings_.remove(mapping->uuid);
  return mapping_json(*mapping, "Deleting");
}

}  // namespace iotemu::neighbours::lambda
