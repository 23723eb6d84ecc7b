// Topic rule destinations (RU-30).

#include "emulator/api/topic_rule_destinations.h"

#include <array>
#include <functional>

#include "base/log.h"
#include "emulator/api/members.h"
#include "emulator/api/ports.h"
#include "emulator/http/url.h"
#include "registry/topic_rule_destinations.h"

namespace iotemu::api {
namespace {

using registry::DestinationStatus;
using registry::TopicRuleDestinationPtr;
using registry::TopicRuleDestinationRecord;

constexpr std::array<std::string_view, 5> kStatuses{"ENABLED", "IN_PROGRESS", "DISABLED", "ERROR",
                                                    "DELETING"};
constexpr std::size_t kLongestUrl = 2000;

Json vpc_json(const registry::VpcDestination& vpc) {
  Json json{{"subnetIds", vpc.subnet_ids}, {"vpcId", vpc.vpc_id}, {"roleArn", vpc.role_arn}};
  if (!vpc.security_groups.empty()) json["securityGroups"] = vpc.security_groups;
  return json;
}

Json destination_json(const TopicRuleDestinationRecord& record, const char* http, const char* vpc) {
  Json json{{"arn", record.arn},
            {"status", registry::to_text(record.status)},
            {"createdAt", epoch_seconds(record.created_at)},
            {"lastUpdatedAt", epoch_seconds(record.changed_at)}};
  put(json, "statusReason", record.status_reason);
  if (record.vpc) {
    json[vpc] = vpc_json(*record.vpc);
  } else {
    json[http] = {{"confirmationUrl", record.confirmation_url}};
  }
  return json;
}

Json whole(const TopicRuleDestinationPtr& record) {
  return Json{{"topicRuleDestination", destination_json(*record, "httpUrlProperties", "vpcProperties")}};
}

Result<Json> create_topic_rule_destination(Call& call) {
  const auto& configuration = call.input.at("destinationConfiguration");
  const auto http = configuration.find("httpUrlConfiguration");
  const auto vpc = configuration.find("vpcConfiguration");
  if ((http == configuration.end()) == (vpc == configuration.end())) {
    return Error{Errc::invalid_request,
                 "destinationConfiguration needs either httpUrlConfiguration or vpcConfiguration"};
  }
  auto& destinations = call.registry.topic_rule_destinations();
  if (http != configuration.end()) {
    const auto url = http->at("confirmationUrl").get<std::string>();
    if (const auto parsed = http::parse_url(url); !parsed) return parsed.error();
    const auto created = destinations.create_http(url);
    if (!created) return created.error();
    return whole(*created);
  }
  const auto created =
      destinations.create_vpc({.subnet_ids = vpc->at("subnetIds").get<std::vector<std::string>>(),
                               .security_groups = vpc->value("securityGroups", std::vector<std::string>{}),
                               .vpc_id = vpc->at("vpcId").get<std::string>(),
                               .role_arn = vpc->at("roleArn").get<std::string>()});
  if (!created) return created.error();
  return whole(*created);
}

Result<Json> get_topic_rule_destination(Call& call) {
  const auto found = call.registry.topic_rule_destinations().get(call.str("arn"));
  if (!found) return found.error();
  return whole(*found);
}

Result<Json> list_topic_rule_destinations(Call& call) {
  const auto page = call.registry.topic_rule_destinations().list(call.page());
  if (!page) return page.error();
  return page_answer(*page, "destinationSummaries", "nextToken", [](const TopicRuleDestinationPtr& record) {
    return destination_json(*record, "httpUrlSummary", "vpcDestinationSummary");
  });
}

Result<Json> update_topic_rule_destination(Call& call) {
  const auto text = call.str("status");
  const auto status = text == "ENABLED"       ? DestinationStatus::enabled
                      : text == "DISABLED"    ? DestinationStatus::disabled
                      : text == "IN_PROGRESS" ? DestinationStatus::in_progress
                                              : DestinationStatus::error;
  return empty_answer(call.registry.topic_rule_destinations().set_status(call.str("arn"), status));
}

Result<Json> delete_topic_rule_destination(Call& call) {
  return empty_answer(call.registry.topic_rule_destinations().remove(call.str("arn")));
}

/// Whoever opens the link signs nothing: the token names the realm.
Result<Json> confirm_topic_rule_destination(Call& call) {
  // A GET with an effect: a page elsewhere must not make a browser confirm what it likes.
  if (call.foreign) {
    return Error{Errc::forbidden,
                 "A web page of another site must not confirm a destination; open the link in a new tab"};
  }
  const auto token = call.str("confirmationToken");
  const auto realm = registry::realm_of_token(token);
  auto* registry = &call.registry;
  if (realm && *realm != registry->realm()) {
    // Not made: whoever holds no token must not fill the emulator with realms.
    registry = call.realms.find_registry(*realm);
  }
  if (registry == nullptr) return registry::TopicRuleDestinations::unknown_token();
  return empty_answer(registry->topic_rule_destinations().confirm(token));
}

bool is_template(const std::string& text) {
  return text.find("${") != text.npos;
}

/// Calls back with url and confirmationUrl of each, the error action's included.
void for_each_http_action(const registry::TopicRule& rule,
                          const std::function<void(const std::string&, const std::string&)>& found) {
  auto actions = rule.actions;
  if (rule.error_action.is_object()) actions.push_back(rule.error_action);
  for (const auto& action : actions) {
    const auto http = action.find("http");
    if (http != action.end()) found(http->value("url", ""), http->value("confirmationUrl", ""));
  }
}

Member destination_arn(const Member& placed) {
  return placed.required().length(1, 2048);
}
Member configuration() {
  return body("destinationConfiguration")
      .required()
      .structure({body("httpUrlConfiguration")
                      .structure({body("confirmationUrl").required().length(0, kLongestUrl)}),
                  body("vpcConfiguration")
                      .structure({body("subnetIds").required().list_of(body("member")),
                                  body("securityGroups").list_of(body("member")), body("vpcId").required(),
                                  body("roleArn").required()})});
}

}  // namespace

Status check_http_actions(const registry::TopicRule& rule) {
  Status checked = Ok{};
  for_each_http_action(rule, [&](const std::string& url, const std::string& confirmation_url) {
    if (!checked) return;
    for (const auto* one : {&url, &confirmation_url}) {
      if (one->empty() || is_template(*one)) continue;
      if (const auto parsed = http::parse_url(*one); !parsed) checked = parsed.error();
    }
    const bool begins = confirmation_url.empty() || is_template(url) || is_template(confirmation_url) ||
                        registry::begins_with_url(url, confirmation_url);
    if (begins) return;
    checked = Error{Errc::invalid_request, "The url " + url +
                                               " of an http action does not begin with its "
                                               "confirmationUrl " +
                                               confirmation_url};
  });
  return checked;
}

void make_destinations(registry::Registry& registry, const registry::TopicRule& rule) {
  for_each_http_action(rule, [&](const std::string& url, const std::string& confirmation_url) {
    const auto& wanted = confirmation_url.empty() ? url : confirmation_url;
    if (is_template(wanted)) return;
    if (auto made = registry.topic_rule_destinations().ensure_http(wanted); !made) {
      log::warn("A rule's http action has no destination", {{"why", made.error().message}});
    }
  });
}

const OperationTable& topic_rule_destination_operations() {
  static const OperationTable table{
      {.name = "CreateTopicRuleDestination",
       .verb = Verb::post,
       .path = "/destinations",
       .input = {configuration()},
       .output = {"topicRuleDestination"},
       .errors = {Errc::internal_exception, Errc::already_exists, Errc::conflicting_resource_update},
       .run = create_topic_rule_destination},
      {.name = "GetTopicRuleDestination",
       .verb = Verb::get,
       .path = "/destinations/{arn+}",
       .input = {destination_arn(path_member("arn"))},
       .output = {"topicRuleDestination"},
       .errors = {Errc::internal_exception},
       .run = get_topic_rule_destination},
      {.name = "ListTopicRuleDestinations",
       .verb = Verb::get,
       .path = "/destinations",
       .input = {query("maxResults").integer(1, 1000), query("nextToken")},
       .output = {"destinationSummaries", "nextToken"},
       .errors = {Errc::internal_exception},
       .run = list_topic_rule_destinations},
      {.name = "UpdateTopicRuleDestination",
       .verb = Verb::patch,
       .path = "/destinations",
       .input = {destination_arn(body("arn")), body("status").required().one_of(kStatuses)},
       .errors = {Errc::internal_exception, Errc::conflicting_resource_update},
       .run = update_topic_rule_destination},
      {.name = "DeleteTopicRuleDestination",
       .verb = Verb::del,
       .path = "/destinations/{arn+}",
       .input = {destination_arn(path_member("arn"))},
       .errors = {Errc::internal_exception, Errc::conflicting_resource_update},
       .run = delete_topic_rule_destination},
      {.name = "ConfirmTopicRuleDestination",
       .verb = Verb::get,
       .path = "/confirmdestination/{confirmationToken+}",
       .input = {path_member("confirmationToken").length(1, 2048)},
       .errors = {Errc::internal_exception, Errc::conflicting_resource_update},
       .run = confirm_topic_rule_destination},
  };
  return table;
}

}  // namespace iotemu::api
