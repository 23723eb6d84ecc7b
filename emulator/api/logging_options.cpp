// What the account wants logged. Kept and answered: the emulator's own log takes no notice.

#include "registry/logging_options.h"

#include <array>
#include <mutex>

#include "base/log.h"
#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

constexpr std::array<std::string_view, 5> kLevels{"DEBUG", "INFO", "ERROR", "WARN", "DISABLED"};
constexpr std::array<std::string_view, 5> kTargetTypes{"DEFAULT", "THING_GROUP", "CLIENT_ID", "SOURCE_IP",
                                                       "PRINCIPAL_ID"};

void tell_once() {
  static std::once_flag told;
  std::call_once(told, [] {
    log::warn(
        "Logging options are kept and answered, but nothing is sent to CloudWatch Logs: the emulator's own "
        "log, "
        "/_iot/refusals and --log-level tell what happens");
  });
}

Result<Json> told(const Status& status) {
  if (status) tell_once();
  return empty_answer(status);
}

Result<Json> get_logging_options(Call& call) {
  const auto record = call.registry.logging_options().get();
  Json answer{{"logLevel", record->v1_level.empty() ? "DISABLED" : record->v1_level}};
  put(answer, "roleArn", record->v1_role_arn);
  return answer;
}

Result<Json> set_logging_options(Call& call) {
  const auto& payload = call.input.at("loggingOptionsPayload");
  return told(call.registry.logging_options().set_v1(payload.at("roleArn").get<std::string>(),
                                                     payload.value("logLevel", "DISABLED")));
}

Json event_json(const registry::EventLogging& event) {
  Json json{{"eventType", event.event_type}};
  put(json, "logLevel", event.level);
  put(json, "logDestination", event.destination);
  return json;
}

Result<Json> get_v2_logging_options(Call& call) {
  const auto options = call.registry.logging_options().v2();
  if (!options) return options.error();
  Json answer{{"defaultLogLevel", options->default_level}, {"disableAllLogs", options->disable_all}};
  put(answer, "roleArn", options->role_arn);
  if (call.flag("verbose")) {
    answer["eventConfigurations"] = Json::array();
    for (const auto& event : options->events) answer["eventConfigurations"].push_back(event_json(event));
  }
  return answer;
}

Result<Json> set_v2_logging_options(Call& call) {
  registry::SetLoggingV2 request;
  if (call.has("roleArn")) request.role_arn = call.str("roleArn");
  if (call.has("defaultLogLevel")) request.default_level = call.str("defaultLogLevel");
  if (call.has("disableAllLogs")) request.disable_all = call.flag("disableAllLogs");
  if (const auto events = call.input.find("eventConfigurations"); events != call.input.end()) {
    request.events.emplace();
    for (const auto& event : *events) {
      request.events->push_back({.event_type = event.at("eventType"),
                                 .level = event.value("logLevel", ""),
                                 .destination = event.value("logDestination", "")});
    }
  }
  return told(call.registry.logging_options().set_v2(request));
}

Result<Json> set_v2_logging_level(Call& call) {
  const auto& target = call.input.at("logTarget");
  return told(call.registry.logging_options().set_level(
      {target.at("targetType").get<std::string>(), target.value("targetName", "")}, call.str("logLevel")));
}

Result<Json> list_v2_logging_levels(Call& call) {
  const auto page = call.registry.logging_options().levels(call.page(), call.str("targetType"));
  if (!page) return page.error();
  return page_answer(*page, "logTargetConfigurations", "nextToken", [](const registry::TargetLevel& level) {
    Json target{{"targetType", level.target.first}};
    put(target, "targetName", level.target.second);
    return Json{{"logTarget", std::move(target)}, {"logLevel", level.level}};
  });
}

Result<Json> delete_v2_logging_level(Call& call) {
  return empty_answer(
      call.registry.logging_options().remove_level({call.str("targetType"), call.str("targetName")}));
}

Member level(std::string_view name) {
  return body(name).one_of(kLevels);
}

}  // namespace

const OperationTable& logging_operations() {
  static const OperationTable table{
      {.name = "GetLoggingOptions",
       .verb = Verb::get,
       .path = "/loggingOptions",
       .output = {"roleArn", "logLevel"},
       .errors = {Errc::internal_exception},
       .run = get_logging_options},
      {.name = "SetLoggingOptions",
       .verb = Verb::post,
       .path = "/loggingOptions",
       .input = {payload("loggingOptionsPayload")
                     .required()
                     .structure({body("roleArn").required(), level("logLevel")})},
       .errors = {Errc::internal_exception},
       .run = set_logging_options},
      {.name = "GetV2LoggingOptions",
       .verb = Verb::get,
       .path = "/v2LoggingOptions",
       .input = {query("verbose").boolean()},
       .output = {"roleArn", "defaultLogLevel", "disableAllLogs", "eventConfigurations"},
       .errors = {Errc::internal_exception, Errc::not_configured},
       .run = get_v2_logging_options},
      {.name = "SetV2LoggingOptions",
       .verb = Verb::post,
       .path = "/v2LoggingOptions",
       .input = {body("roleArn"), level("defaultLogLevel"), body("disableAllLogs").boolean(),
                 body("eventConfigurations")
                     .list_of(body("member").structure(
                         {body("eventType").required().length(1, 512), level("logLevel"),
                          body("logDestination").length(1, 512).pattern(kLogDestinationPattern)}))},
       .errors = {Errc::internal_exception},
       .run = set_v2_logging_options},
      {.name = "SetV2LoggingLevel",
       .verb = Verb::post,
       .path = "/v2LoggingLevel",
       .input = {body("logTarget")
                     .required()
                     .structure({body("targetType").required().one_of(kTargetTypes), body("targetName")}),
                 level("logLevel").required()},
       .errors = {Errc::internal_exception, Errc::not_configured, Errc::limit_exceeded},
       .run = set_v2_logging_level},
      {.name = "ListV2LoggingLevels",
       .verb = Verb::get,
       .path = "/v2LoggingLevel",
       .input = with_token({query("targetType").one_of(kTargetTypes)}),
       .output = {"logTargetConfigurations", "nextToken"},
       .errors = {Errc::internal_exception, Errc::not_configured},
       .run = list_v2_logging_levels},
      {.name = "DeleteV2LoggingLevel",
       .verb = Verb::del,
       .path = "/v2LoggingLevel",
       .input = {query("targetType").required().one_of(kTargetTypes), query("targetName").required()},
       .errors = {Errc::internal_exception},
       .run = delete_v2_logging_level},
  };
  return table;
}

}  // namespace iotemu::api
