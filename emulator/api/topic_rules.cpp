// Topic rules (M section 7.1). Their SQL and templates are compiled here, before anything is stored (RU-2).

#include "registry/topic_rules.h"

#include "emulator/api/members.h"
#include "emulator/api/topic_rule_actions.h"
#include "emulator/api/topic_rule_destinations.h"
#include "emulator/http/target.h"
#include "rules/plan/rule.h"
#include "rules/topic_filter.h"

namespace iotemu::api {
namespace {

using registry::TopicRulePtr;
using registry::TopicRuleRecord;

/// RU-1: SQL, actions, error action, version and description, as JSON.
constexpr std::size_t kMaxRuleBytes = 128 * 1024;

/// `k=v&k2=v2`, each part percent-encoded.
Result<registry::Tags> tags_in_header(const std::string& text) {
  const auto pairs = http::parse_pairs(text, true);
  if (!pairs) {
    return Error{Errc::invalid_request,
                 "The header x-amz-tagging must be key=value pairs with & between them, percent-encoded"};
  }
  registry::Tags tags;
  for (const auto& [key, value] : *pairs) tags.push_back({key, value});
  return tags;
}

/// A rule with what is run of it.
struct Checked {
  registry::TopicRule rule{};
  rules::plan::RulePtr compiled{};
};

/// The rule of `topicRulePayload`, compiled and found good.
Result<Checked> rule_in(const Call& call) {
  const auto& payload = call.input.at("topicRulePayload");
  if (const auto size = to_text(payload).size(); size > kMaxRuleBytes) {
    return Error{Errc::invalid_request, "The rule has " + std::to_string(size) + " bytes; more than " +
                                            std::to_string(kMaxRuleBytes) + " are not allowed (RU-1)"};
  }
  registry::TopicRule rule{.sql = payload.at("sql"),
                           .description = payload.value("description", ""),
                           .disabled = payload.value("ruleDisabled", false),
                           .actions = payload.at("actions"),
                           .error_action = payload.value("errorAction", Json{})};
  rule.sql_version = payload.value("awsIotSqlVersion", rule.sql_version);
  auto compiled = rules::plan::Rule::compile({.name = call.str("ruleName"),
                                              .sql = rule.sql,
                                              .sql_version = rule.sql_version,
                                              .actions = rule.actions,
                                              .error_action = rule.error_action});
  if (!compiled) return compiled.error();
  if (auto checked = check_http_actions(rule); !checked) return checked.error();
  if (auto checked = check_actions(payload); !checked) return checked.error();
  rule.topic_pattern = (*compiled)->filter();
  return Checked{std::move(rule), std::move(*compiled)};
}

Result<Json> create_topic_rule(Call& call) {
  const auto tags = tags_in_header(call.str("tags"));
  if (!tags) return tags.error();
  auto checked = rule_in(call);
  if (!checked) return checked.error();
  const auto created = call.registry.topic_rules().create(call.topic_rule_name(), std::move(checked->rule),
                                                          *tags, checked->compiled);
  if (!created) return created.error();
  make_destinations(call.registry, (*created)->rule);
  return Json::object();
}

Result<Json> replace_topic_rule(Call& call) {
  auto checked = rule_in(call);
  if (!checked) return checked.error();
  const auto replaced = call.registry.topic_rules().replace(call.topic_rule_name(), std::move(checked->rule),
                                                            checked->compiled);
  if (!replaced) return replaced.error();
  make_destinations(call.registry, (*replaced)->rule);
  return Json::object();
}

Result<Json> get_topic_rule(Call& call) {
  const auto found = call.registry.topic_rules().get(call.topic_rule_name());
  if (!found) return found.error();
  const TopicRuleRecord& record = **found;
  Json rule{{"ruleName", record.name.text()},
            {"sql", record.rule.sql},
            {"createdAt", epoch_seconds(record.created_at)},
            {"actions", record.rule.actions},
            {"ruleDisabled", record.rule.disabled},
            {"awsIotSqlVersion", record.rule.sql_version}};
  put(rule, "description", record.rule.description);
  if (!record.rule.error_action.is_null()) rule["errorAction"] = record.rule.error_action;
  return Json{{"ruleArn", record.arn}, {"rule", std::move(rule)}};
}

/// RU-4: by name or by a topic that it would run for.
bool selects(const TopicRuleRecord& record, const std::string& topic) {
  const auto& filter = record.rule.topic_pattern;
  return filter == topic || (!filter.empty() && rules::matches(filter, topic));
}

Result<Json> list_topic_rules(Call& call) {
  const bool by_topic = call.has("topic");
  const bool by_state = call.has("ruleDisabled");
  const auto page = call.registry.topic_rules().list(call.page(), [&](const TopicRuleRecord& record) {
    return (!by_topic || selects(record, call.str("topic"))) &&
           (!by_state || record.rule.disabled == call.flag("ruleDisabled"));
  });
  if (!page) return page.error();
  return page_answer(*page, "rules", "nextToken", [](const TopicRulePtr& record) {
    Json item{{"ruleArn", record->arn},
              {"ruleName", record->name.text()},
              {"createdAt", epoch_seconds(record->created_at)},
              {"ruleDisabled", record->rule.disabled}};
    put(item, "topicPattern", record->rule.topic_pattern);
    return item;
  });
}

Result<Json> enable_topic_rule(Call& call) {
  return empty_answer(call.registry.topic_rules().set_disabled(call.topic_rule_name(), false));
}
Result<Json> disable_topic_rule(Call& call) {
  return empty_answer(call.registry.topic_rules().set_disabled(call.topic_rule_name(), true));
}
Result<Json> delete_topic_rule(Call& call) {
  return empty_answer(call.registry.topic_rules().remove(call.topic_rule_name()));
}

Member rule_name() {
  return path_member("ruleName").length(1, 128).pattern(kRuleNamePattern);
}

}  // namespace

const OperationTable& topic_rule_operations() {
  static const OperationTable table{
      {.name = "CreateTopicRule",
       .verb = Verb::post,
       .path = "/rules/{ruleName}",
       .input = {rule_name(), topic_rule_payload(), header("tags", "x-amz-tagging")},
       .errors = {Errc::sql_parse, Errc::internal_exception, Errc::already_exists,
                  Errc::conflicting_resource_update},
       .run = create_topic_rule},
      {.name = "GetTopicRule",
       .verb = Verb::get,
       .path = "/rules/{ruleName}",
       .input = {rule_name()},
       .output = {"ruleArn", "rule"},
       .errors = {Errc::internal_exception},
       .run = get_topic_rule},
      {.name = "ReplaceTopicRule",
       .verb = Verb::patch,
       .path = "/rules/{ruleName}",
       .input = {rule_name(), topic_rule_payload()},
       .errors = {Errc::sql_parse, Errc::internal_exception, Errc::conflicting_resource_update},
       .run = replace_topic_rule},
      {.name = "DeleteTopicRule",
       .verb = Verb::del,
       .path = "/rules/{ruleName}",
       .input = {rule_name()},
       .errors = {Errc::internal_exception, Errc::conflicting_resource_update},
       .run = delete_topic_rule},
      {.name = "ListTopicRules",
       .verb = Verb::get,
       .path = "/rules",
       .input = {query("topic"), query("maxResults").integer(1, 10'000), query("nextToken"),
                 query("ruleDisabled").boolean()},
       .output = {"rules", "nextToken"},
       .errors = {Errc::internal_exception},
       .run = list_topic_rules},
      {.name = "EnableTopicRule",
       .verb = Verb::post,
       .path = "/rules/{ruleName}/enable",
       .input = {rule_name()},
       .errors = {Errc::internal_exception, Errc::conflicting_resource_update},
       .run = enable_topic_rule},
      {.name = "DisableTopicRule",
       .verb = Verb::post,
       .path = "/rules/{ruleName}/disable",
       .input = {rule_name()},
       .errors = {Errc::internal_exception, Errc::conflicting_resource_update},
       .run = disable_topic_rule},
  };
  return table;
}

}  // namespace iotemu::api
