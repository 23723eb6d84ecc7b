// The data plane by REST (M section 8): messages, retained messages and connections. Whoever signs is allowed
// everything (T-24); a device is allowed what its policies say.

#include <algorithm>

#include "base/base64.h"
#include "emulator/api/members.h"
#include "emulator/api/message_space.h"
#include "emulator/api/router.h"

namespace iotemu::api {
namespace {

using registry::policy::Action;

// M section 10.
constexpr std::size_t kMaxContentType = 256;
constexpr std::size_t kMaxProperties = 8 * 1024;
constexpr std::int64_t kLongestExpiry = 604'800;
constexpr std::size_t kRetainedPage = 25;
constexpr std::size_t kSubscriptionPage = 20;

constexpr std::string_view kPayloadFormats[]{"UNSPECIFIED_BYTES", "UTF8_DATA"};

Error invalid(std::string what) {
  return {Errc::invalid_request, std::move(what)};
}

/// T-16: a device learns no more; the cause is on record.
Status permit(Call& call, const DeviceRequest& request) {
  if (call.device == nullptr || call.device->allows(request)) return Ok{};
  return Error{Errc::forbidden, "Forbidden"};
}

/// `[{"name":"value"}, …]` (DP-1).
Result<UserProperties> user_properties(const std::string& text) {
  const auto wrong = [] {
    return invalid("userProperties must be a JSON array of objects with one name and its text each");
  };
  auto json = parse_json(text);
  // SDKs write a text that is JSON already once more as JSON.
  if (json && json->is_string()) json = parse_json(json->get_ref<const std::string&>());
  if (!json || !json->is_array()) return wrong();
  UserProperties properties;
  std::size_t bytes = 0;
  for (const auto& object : *json) {
    if (!object.is_object() || object.size() != 1 || !object.begin()->is_string()) return wrong();
    properties.emplace_back(object.begin().key(), object.begin()->get<std::string>());
    bytes += properties.back().first.size() + properties.back().second.size();
  }
  if (bytes > kMaxProperties) {
    return invalid("userProperties has " + std::to_string(bytes) + " bytes; more than " +
                   std::to_string(kMaxProperties) + " are not allowed");
  }
  return properties;
}

Result<std::string> correlation_data(const std::string& text) {
  auto data = from_base64(text);
  if (!data) return invalid("correlationData must be base64");
  if (data->size() > kMaxProperties) {
    return invalid("correlationData has " + std::to_string(data->size()) + " bytes; more than " +
                   std::to_string(kMaxProperties) + " are not allowed");
  }
  return std::move(*data);
}

Result<IncomingMessage> incoming_message(const Call& call) {
  IncomingMessage message{.topic = call.str("topic"),
                          .payload = call.str("payload"),
                          .qos = static_cast<int>(call.integer("qos").value_or(0)),
                          .retain = call.flag("retain"),
                          .content_type = call.str("contentType"),
                          .response_topic = call.str("responseTopic"),
                          .principal = call.principal,
                          .source_ip = call.source_ip};
  if (message.content_type.size() > kMaxContentType) {
    return invalid("contentType is longer than " + std::to_string(kMaxContentType) + " bytes");
  }
  if (call.has("payloadFormatIndicator")) message.is_utf8 = call.str("payloadFormatIndicator") == "UTF8_DATA";
  if (call.has("correlationData")) {
    auto data = correlation_data(call.str("correlationData"));
    if (!data) return data.error();
    message.correlation_data = std::move(*data);
  }
  if (call.has("userProperties")) {
    auto properties = user_properties(call.str("userProperties"));
    if (!properties) return properties.error();
    message.user_properties = std::move(*properties);
  }
  if (const auto expiry = call.integer("messageExpiry")) {
    message.expiry = std::chrono::seconds{std::clamp<std::int64_t>(*expiry, 1, kLongestExpiry)};  // M5-12
  }
  return message;
}

Result<Json> publish(Call& call) {
  auto message = incoming_message(call);
  if (!message) return message.error();
  if (auto valid = call.messages->check(*message); !valid) return valid.error();
  const std::string resource = "topic/" + message->topic;
  if (auto may = permit(call, {.action = Action::publish, .resource = resource}); !may) return may.error();
  if (message->retain) {
    if (auto may = permit(call, {.action = Action::retain_publish, .resource = resource}); !may)
      return may.error();
  }
  if (auto done = call.messages->publish(std::move(*message)); !done) return done.error();
  return Json{{"message", "OK"}, {"traceId", call.request_id}};
}

Result<Json> get_retained_message(Call& call) {
  const auto topic = call.str("topic");
  if (auto may = permit(call, {.action = Action::get_retained_message, .resource = "topic/" + topic}); !may)
    return may.error();
  const auto message = call.messages->retained(topic);
  if (!message) return Error{Errc::not_found, "No retained message for topic " + topic + " exists"};
  Json answer{{"topic", message->topic},
              {"payload", to_base64(message->payload)},
              {"qos", message->qos},
              {"lastModifiedTime", epoch_ms(message->modified)}};
  if (!message->user_properties.empty()) {
    auto properties = Json::array();
    for (const auto& [name, value] : message->user_properties) properties.push_back({{name, value}});
    answer["userProperties"] = to_base64(to_text(properties));
  }
  return answer;
}

std::size_t page_size(const Call& call, std::size_t by_default) {
  return static_cast<std::size_t>(call.integer("maxResults").value_or(static_cast<std::int64_t>(by_default)));
}

/// What the page goes on after: a topic or a filter, empty at the start.
Result<std::string> page_begin(const Call& call) {
  const auto token = call.str("nextToken");
  if (token.empty()) return std::string{};
  auto key = registry::from_marker(token);
  if (!key) return key.error();
  return std::move(key->name);
}

std::string token_after(const std::string& last) {
  return registry::to_marker({.name = last});
}

Result<Json> list_retained_messages(Call& call) {
  if (auto may = permit(call, {.action = Action::list_retained_messages, .resource = "*"}); !may)
    return may.error();
  const auto begin = page_begin(call);
  if (!begin) return begin.error();
  const auto size = page_size(call, kRetainedPage);
  auto page = call.messages->retained_after(*begin, size + 1);
  Json answer{{"retainedTopics", Json::array()}};
  if (page.size() > size) {
    page.pop_back();
    answer["nextToken"] = token_after(page.back().topic);
  }
  for (const auto& message : page) {
    answer["retainedTopics"].push_back({{"topic", message.topic},
                                        {"payloadSize", message.payload_size},
                                        {"qos", message.qos},
                                        {"lastModifiedTime", epoch_ms(message.modified)}});
  }
  return answer;
}

Result<Json> delete_connection(Call& call) {
  const auto client = call.str("clientId");
  if (auto may = permit(call, {.action = Action::delete_connection, .resource = "client/" + client}); !may)
    return may.error();
  return empty_answer(call.messages->disconnect(
      client, {.clean_session = call.flag("cleanSession"), .prevent_will = call.flag("preventWillMessage")}));
}

Result<Json> get_connection(Call& call) {
  const auto client = call.str("clientId");
  const bool sockets = call.flag("includeSocketInformation");
  if (auto may = permit(call, {.action = Action::get_connection,
                               .resource = "client/" + client,
                               .include_socket_information = sockets});
      !may) {
    return may.error();
  }
  const auto connection = call.messages->connection(client);
  if (!connection) return connection.error();
  Json answer{{"clientId", client},
              {"connected", connection->connected},
              {"cleanSession", connection->clean_session},
              {"keepAliveDuration", connection->keep_alive.count()},
              {"sessionExpiry", connection->session_expiry.count()}};
  put(answer, "thingName", connection->thing_name);
  put(answer, "disconnectReason", connection->disconnect_reason);
  if (connection->connected_since) answer["connectedSince"] = epoch_ms(*connection->connected_since);
  if (connection->disconnected_since) answer["disconnectedSince"] = epoch_ms(*connection->disconnected_since);
  if (sockets && connection->connected) {
    answer["sourceIp"] = connection->source_address;
    answer["sourcePort"] = connection->source_port;
    answer["targetIp"] = connection->target_address;
    answer["targetPort"] = connection->target_port;
  }
  return answer;
}

Result<Json> list_subscriptions(Call& call) {
  const auto client = call.str("clientId");
  if (auto may = permit(call, {.action = Action::list_subscriptions, .resource = "client/" + client}); !may)
    return may.error();
  const auto begin = page_begin(call);
  if (!begin) return begin.error();
  const auto all = call.messages->subscriptions(client);
  if (!all) return all.error();
  const auto size = page_size(call, kSubscriptionPage);
  Json answer{{"subscriptions", Json::array()}};
  auto& list = answer["subscriptions"];
  for (const auto& [filter, qos] : *all) {
    if (filter <= *begin) continue;
    if (list.size() == size) {
      answer["nextToken"] = token_after(list.back()["topicFilter"].get<std::string>());
      break;
    }
    list.push_back({{"topicFilter", filter}, {"qos", qos}});
  }
  return answer;
}

Member client_id() {
  return path_member("clientId").length(1, 128).pattern(kClientIdPattern);
}

std::vector<Member> with_page(std::vector<Member> members) {
  members.push_back(query("nextToken"));
  members.push_back(query("maxResults").integer(1, 200));
  return members;
}

}  // namespace

const OperationTable& data_plane_operations() {
  static const OperationTable table{
      {.name = "Publish",
       .verb = Verb::post,
       .path = "/topics/{topic+}",
       .input =
           {path_member("topic"), query("qos").integer(0, 1), query("retain").boolean(), payload("payload"),
            query("contentType"), query("responseTopic"), query("messageExpiry").integer(0),
            header("userProperties", "x-amz-mqtt5-user-properties").as_base64(),
            header("payloadFormatIndicator", "x-amz-mqtt5-payload-format-indicator").one_of(kPayloadFormats),
            header("correlationData", "x-amz-mqtt5-correlation-data")},
       .output = {"message", "traceId"},
       .errors = {Errc::method_not_allowed, Errc::forbidden},
       .run = publish,
       .plane = Plane::data},
      {.name = "GetRetainedMessage",
       .verb = Verb::get,
       .path = "/retainedMessage/{topic+}",
       .input = {path_member("topic")},
       .output = {"topic", "payload", "qos", "lastModifiedTime", "userProperties"},
       .errors = {Errc::not_found, Errc::method_not_allowed, Errc::forbidden},
       .run = get_retained_message,
       .plane = Plane::data},
      {.name = "ListRetainedMessages",
       .verb = Verb::get,
       .path = "/retainedMessage",
       .input = with_page({}),
       .output = {"retainedTopics", "nextToken"},
       .errors = {Errc::method_not_allowed, Errc::forbidden},
       .run = list_retained_messages,
       .plane = Plane::data},
      {.name = "DeleteConnection",
       .verb = Verb::del,
       .path = "/connections/{clientId}",
       .input = {client_id(), query("cleanSession").boolean(), query("preventWillMessage").boolean()},
       .errors = {Errc::forbidden, Errc::not_found},
       .run = delete_connection,
       .blocking = true,
       .plane = Plane::data},
      {.name = "GetConnection",
       .verb = Verb::get,
       .path = "/connections/{clientId}",
       .input = {client_id(), query("includeSocketInformation").boolean()},
       .output = {"clientId", "connected", "thingName", "cleanSession", "keepAliveDuration", "sessionExpiry",
                  "connectedSince", "disconnectedSince", "disconnectReason", "sourceIp", "sourcePort",
                  "targetIp", "targetPort"},
       .errors = {Errc::forbidden, Errc::not_found},
       .run = get_connection,
       .plane = Plane::data},
      {.name = "ListSubscriptions",
       .verb = Verb::get,
       .path = "/connections/{clientId}/subscriptions",
       .input = with_page({client_id()}),
       .output = {"subscriptions", "nextToken"},
       .errors = {Errc::forbidden, Errc::not_found},
       .run = list_subscriptions,
       .blocking = true,
       .plane = Plane::data},
  };
  return table;
}

std::vector<Route> data_plane_routes() {
  // Served by nobody yet.
  std::vector<Route> routes{
      {"GetThingShadow", Verb::get, "/things/{thingName}/shadow"},
      {"UpdateThingShadow", Verb::post, "/things/{thingName}/shadow"},
      {"DeleteThingShadow", Verb::del, "/things/{thingName}/shadow"},
      {"ListNamedShadowsForThing", Verb::get, "/api/things/shadow/ListNamedShadowsForThing/{thingName}"},
      {"SendDirectMessage", Verb::post, "/connections/{clientId}/messages"},
  };
  for (const auto& operation : data_plane_operations()) {
    routes.push_back({operation.name, operation.verb, operation.path, &operation});
  }
  return routes;
}

}  // namespace iotemu::api
