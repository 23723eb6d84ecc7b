#include <algorithm>

#include "emulator/neighbours/lambda/faults.h"
#include "emulator/neighbours/lambda/lambda.h"
#include "emulator/neighbours/lambda/paging.h"
#include "emulator/neighbours/lambda/settings.h"

// What is set on a function beside its code and configuration: permissions, concurrency, tags, and what
// becomes of asynchronous invocations.

namespace iotemu::neighbours::lambda {
namespace {

using api::body;
using api::path_member;
using api::query;
using api::Verb;

constexpr std::size_t kMaxTags = 50;
constexpr std::int64_t kReservable = 900;  ///< AWS keeps 100 of an account's 1,000 for all others.

bool is_statement_id(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}
constexpr api::Pattern kStatementId{"([a-zA-Z0-9-_]+)", is_statement_id};

bool is_action(std::string_view text) {
  if (text == "*" || text == "lambda:*") return true;
  constexpr std::string_view kPrefix = "lambda:";
  return text.starts_with(kPrefix) && text.size() > kPrefix.size() &&
         std::ranges::all_of(text.substr(kPrefix.size()),
                             [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}
constexpr api::Pattern kAction{"(lambda:[*]|lambda:[a-zA-Z]+|[*])", is_action};

bool is_arn(std::string_view text) {
  return text.starts_with("arn:aws") && std::ranges::count(text, ':') >= 5;
}
constexpr api::Pattern kArn{
    "arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:([a-z]{2}(-gov)?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)", is_arn};

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == text.npos;
}
constexpr api::Pattern kAccount{"\\d{12}", is_account};

api::Member function_name() {
  return path_member("FunctionName").length(1, 170);
}
api::Member qualifier() {
  return query("Qualifier").length(1, 128);
}

api::Member destinations() {
  const auto one = [](std::string_view name) {
    return body(name).structure({body("Destination").length(0, 350)});
  };
  return body("DestinationConfig").structure({one("OnSuccess"), one("OnFailure")});
}

Json event_config_json(const FunctionRef& ref, const EventInvokeConfig& config) {
  Json result{{"FunctionArn",
               ref.function_arn() + ":" + (ref.qualifier.empty() ? std::string{kLatest} : ref.qualifier)},
              {"LastModified", epoch_seconds(config.modified)},
              {"DestinationConfig", {{"OnSuccess", Json::object()}, {"OnFailure", Json::object()}}}};
  result.update(config.asked, true);
  return result;
}

/// Of the function's own policy and of its $LATEST: the key of the records.
std::string key_of(const FunctionRef& ref) {
  return ref.qualifier == kLatest ? "" : ref.qualifier;
}

}  // namespace

void Lambda::add_setting_operations() {
  constexpr std::string_view kPolicy = "/2015-03-31/functions/{FunctionName}/policy";
  constexpr std::string_view kConcurrency = "/2017-10-31/functions/{FunctionName}/concurrency";
  constexpr std::string_view kTags = "/2017-03-31/tags/{Resource}";
  constexpr std::string_view kEvents = "/2019-09-25/functions/{FunctionName}/event-invoke-config";
  add("AddPermission", {Verb::post, kPolicy},
      {function_name(), qualifier(), body("StatementId").required().length(1, 100).pattern(kStatementId),
       body("Action").required().pattern(kAction), body("Principal").required(),
       body("SourceArn").pattern(kArn), body("SourceAccount").pattern(kAccount), body("EventSourceToken"),
       body("RevisionId"), body("PrincipalOrgID"), body("FunctionUrlAuthType")},
      &Lambda::add_permission)
      .success = 201;
  add("RemovePermission", {Verb::del, "/2015-03-31/functions/{FunctionName}/policy/{StatementId}"},
      {function_name(), qualifier(), path_member("StatementId").length(1, 100), query("RevisionId")},
      &Lambda::remove_permission)
      .success = 204;
  add("GetPolicy", {Verb::get, kPolicy}, {function_name(), qualifier()}, &Lambda::get_policy);
  add("PutFunctionConcurrency", {Verb::put, kConcurrency},
      {function_name(), body("ReservedConcurrentExecutions").required().integer(0)},
      &Lambda::put_concurrency);
  add("GetFunctionConcurrency", {Verb::get, "/2019-09-30/functions/{FunctionName}/concurrency"},
      {function_name()}, &Lambda::get_concurrency);
  add("DeleteFunctionConcurrency", {Verb::del, kConcurrency}, {function_name()}, &Lambda::drop_concurrency)
      .success = 204;
  add("TagResource", {Verb::post, kTags},
      {path_member("Resource"), body("Tags").required().map_of(body("key"), body("value"))}, &Lambda::tag)
      .success = 204;
  add("UntagResource", {Verb::del, kTags},
      {path_member("Resource"), query("TagKeys", "tagKeys").required().list_of(body("member"))},
      &Lambda::untag)
      .success = 204;
  add("ListTags", {Verb::get, kTags}, {path_member("Resource")}, &Lambda::list_tags);
  const std::vector<api::Member> config{function_name(), qualifier(),
                                        body("MaximumRetryAttempts").integer(0, 2),
                                        body("MaximumEventAgeInSeconds").integer(60, 21'600), destinations()};
  add("PutFunctionEventInvokeConfig", {Verb::put, kEvents}, config, &Lambda::put_event_config);
  add("UpdateFunctionEventInvokeConfig", {Verb::post, kEvents}, config, &Lambda::update_event_config);
  add("GetFunctionEventInvokeConfig", {Verb::get, kEvents}, {function_name(), qualifier()},
      &Lambda::get_event_config);
  add("DeleteFunctionEventInvokeConfig", {Verb::del, kEvents}, {function_name(), qualifier()},
      &Lambda::drop_event_config)
      .success = 204;
  add("ListFunctionEventInvokeConfigs",
      {Verb::get, "/2019-09-25/functions/{FunctionName}/event-invoke-config/list"},
      {function_name(), query("Marker"), query("MaxItems").integer(1, 50)}, &Lambda::list_event_configs);
}

// Permissions.

Answer<Json> Lambda::add_permission(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"), question.str("Qualifier"));
  if (!ref) return ref.fault();
  for (const char* member : {"EventSourceToken", "PrincipalOrgID", "FunctionUrlAuthType"}) {
    if (question.has(member)) return unbuilt(member, "leave it out");
  }
  const std::lock_guard lock{mutex_};
  if (const auto found = find(*ref); !found) return found.fault();
  if (ref->qualifier == kLatest) {
    return invalid("We currently do not support adding policies for $LATEST.");
  }
  auto& policy = functions_.at({ref->realm, ref->name}).policies[key_of(*ref)];
  if (auto good = check_revision(question, policy.revision_id); !good) return good.fault();
  auto statement = policy.add(question.input, ref->arn());
  if (!statement) return statement.fault();
  policy.revision_id = random_.uuid();
  return Json{{"Statement", to_text(*statement)}};
}

Answer<Json> Lambda::remove_permission(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"), question.str("Qualifier"));
  if (!ref) return ref.fault();
  const std::lock_guard lock{mutex_};
  const auto found = record(*ref);
  if (!found) return found.fault();
  const auto policy = (*found)->policies.find(key_of(*ref));
  if (policy == (*found)->policies.end() || policy->second.empty())
    return not_there("No policy is associated with the given resource.");
  if (auto good = check_revision(question, policy->second.revision_id); !good) return good.fault();
  if (!policy->second.remove(question.str("StatementId")))
    return not_there("Statement " + question.str("StatementId") + " is not found in resource policy.");
  policy->second.revision_id = random_.uuid();
  return Json::object();
}

Answer<Json> Lambda::get_policy(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"), question.str("Qualifier"));
  if (!ref) return ref.fault();
  const std::lock_guard lock{mutex_};
  const auto found = find(*ref);
  if (!found) return found.fault();
  const auto& policies = functions_.at({ref->realm, ref->name}).policies;
  const auto policy = policies.find(key_of(*ref));
  if (policy == policies.end() || policy->second.empty())
    return not_there("The resource you requested does not exist.");
  return Json{{"Policy", policy->second.document()}, {"RevisionId", policy->second.revision_id}};
}

// Concurrency.

Answer<Json> Lambda::put_concurrency(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"));
  if (!ref) return ref.fault();
  const auto wanted = question.integer("ReservedConcurrentExecutions", 0);
  const std::lock_guard lock{mutex_};
  const auto found = record(*ref);
  if (!found) return found.fault();
  auto reserved = wanted;
  for (const auto& [key, other] : functions_) {
    if (key.first == ref->realm && &other != *found) reserved += other.reserved_concurrency.value_or(0);
  }
  if (reserved > kReservable) {
    return invalid(
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100].");
  }
  set_concurrency(**found, wanted);
  return Json{{"ReservedConcurrentExecutions", wanted}};
}

/// What runs is told by a copy of each version under the same revision: no process has to end for it.
void Lambda::set_concurrency(FunctionRecord& record, std::optional<std::int64_t> value) {
  record.reserved_concurrency = value;
  const auto renewed = [&](const Version& old) {
    auto next = std::make_shared<Version>(old);
    make_runnable(*next, value);
    return next;
  };
  record.latest = renewed(*record.latest);
  for (auto& [number, version] : record.published) version = renewed(*version);
}

Answer<Json> Lambda::get_concurrency(const Question& question) {
  const auto named = hold(question, "FunctionName");
  if (!named) return named.fault();
  Json answer = Json::object();
  if (named->record->reserved_concurrency)
    answer["ReservedConcurrentExecutions"] = *named->record->reserved_concurrency;
  return answer;
}

Answer<Json> Lambda::drop_concurrency(const Question& question) {
  const auto named = hold(question, "FunctionName");
  if (!named) return named.fault();
  set_concurrency(*named->record, std::nullopt);
  return Json::object();
}

// Tags.

Answer<Json> Lambda::tag(const Question& question) {
  const auto named = hold(question, "Resource");
  if (!named) return named.fault();
  auto tags = named->record->tags;
  for (const auto& [name, value] : question.input.at("Tags").items()) tags[name] = value;
  if (tags.size() > kMaxTags) return invalid("A function has at most 50 tags");
  named->record->tags = std::move(tags);
  return Json::object();
}

Answer<Json> Lambda::untag(const Question& question) {
  const auto named = hold(question, "Resource");
  if (!named) return named.fault();
  for (const auto& name : question.input.at("TagKeys")) named->record->tags.erase(name.get<std::string>());
  return Json::object();
}

Answer<Json> Lambda::list_tags(const Question& question) {
  const auto named = hold(question, "Resource");
  if (!named) return named.fault();
  Json answer{{"Tags", Json::object()}};
  for (const auto& [name, value] : named->record->tags) answer["Tags"][name] = value;
  return answer;
}

// Asynchronous invocations.

Answer<Json> Lambda::set_event_config(const Question& question, bool keeps) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"), question.str("Qualifier"));
  if (!ref) return ref.fault();
  const auto asked =
      question.has("DestinationConfig") ? question.input.at("DestinationConfig") : Json::object();
  for (const char* member : {"OnSuccess", "OnFailure"}) {
    const auto target = asked.value(member, Json::object()).value("Destination", std::string{});
    if (auto good = check_target(target, member, true); !good) return good.fault();
  }
  const std::lock_guard lock{mutex_};
  if (const auto found = find(*ref); !found) return found.fault();
  auto& configs = functions_.at({ref->realm, ref->name}).event_configs;
  const auto old = configs.find(key_of(*ref));
  EventInvokeConfig config;
  if (keeps) {
    if (old == configs.end()) return no_event_config(*ref);
    config = old->second;
  }
  config.modified = clock_.now();
  if (question.has("MaximumRetryAttempts")) {
    config.max_retries = question.integer("MaximumRetryAttempts", 2);
    config.asked["MaximumRetryAttempts"] = config.max_retries;
  }
  if (question.has("MaximumEventAgeInSeconds")) {
    config.max_age = std::chrono::seconds{question.integer("MaximumEventAgeInSeconds", 21'600)};
    config.asked["MaximumEventAgeInSeconds"] = config.max_age.count();
  }
  if (question.has("DestinationConfig")) {
    config.on_success = asked.value("OnSuccess", Json::object()).value("Destination", std::string{});
    config.on_failure = asked.value("OnFailure", Json::object()).value("Destination", std::string{});
    config.asked["DestinationConfig"] = asked;
  }
  configs[key_of(*ref)] = config;
  return event_config_json(*ref, config);
}

Fault Lambda::no_event_config(const FunctionRef& ref) {
  return not_there("The function " + ref.function_arn() + ":" +
                   (ref.qualifier.empty() ? std::string{kLatest} : ref.qualifier) +
                   " doesn't have an EventInvokeConfig");
}

Answer<Json> Lambda::put_event_config(const Question& question) {
  return set_event_config(question, false);
}
Answer<Json> Lambda::update_event_config(const Question& question) {
  return set_event_config(question, true);
}

Answer<Json> Lambda::get_event_config(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"), question.str("Qualifier"));
  if (!ref) return ref.fault();
  const std::lock_guard lock{mutex_};
  const auto found = record(*ref);
  if (!found) return found.fault();
  const auto config = (*found)->event_configs.find(key_of(*ref));
  if (config == (*found)->event_configs.end()) return no_event_config(*ref);
  return event_config_json(*ref, config->second);
}

Answer<Json> Lambda::drop_event_config(const Question& question) {
  const auto ref = parse_function(question.realm, question.str("FunctionName"), question.str("Qualifier"));
  if (!ref) return ref.fault();
  const std::lock_guard lock{mutex_};
  const auto found = record(*ref);
  if (!found) return found.fault();
  if ((*found)->event_configs.erase(key_of(*ref)) == 0) return no_event_config(*ref);
  return Json::object();
}

Answer<Json> Lambda::list_event_configs(const Question& question) {
  const auto named = hold(question, "FunctionName");
  if (!named) return named.fault();
  std::vector<Json> all;
  for (const auto& [qualifier, config] : named->record->event_configs)
    all.push_back(event_config_json({named->ref.realm, named->ref.name, qualifier}, config));
  return page_of(question, "FunctionEventInvokeConfigs", all);
}

}  // namespace iotemu::neighbours::lambda
