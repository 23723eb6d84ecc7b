#include "emulator/topics/lifecycle.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace iotemu::topics {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct Reason {
  mqtt::CloseReason reason;
  std::string_view text;
};

// One row a CloseReason: what LE-4 calls it.
constexpr std::array kReasons{
    Reason{mqtt::CloseReason::client_disconnect, "CLIENT_INITIATED_DISCONNECT"},
    Reason{mqtt::CloseReason::client_error, "CLIENT_ERROR"},
    Reason{mqtt::CloseReason::connection_lost, "CONNECTION_LOST"},
    Reason{mqtt::CloseReason::taken_over, "DUPLICATE_CLIENTID"},
    Reason{mqtt::CloseReason::keep_alive_timeout, "MQTT_KEEP_ALIVE_TIMEOUT"},
    Reason{mqtt::CloseReason::server_shutdown, "SERVER_INITIATED_DISCONNECT"},
    Reason{mqtt::CloseReason::authorization_lost, "AUTH_ERROR"},
    Reason{mqtt::CloseReason::authorization_error, "AUTH_ERROR"},
    Reason{mqtt::CloseReason::forbidden, "FORBIDDEN_ACCESS"},
    Reason{mqtt::CloseReason::api, "API_INITIATED_DISCONNECT"},
    Reason{mqtt::CloseReason::throttled, "THROTTLED"},
    Reason{mqtt::CloseReason::server_error, "SERVER_ERROR"},
};

/// LE-5: version numbers start anew when a client has been away for this long.
constexpr Duration kVersionMemory = std::chrono::hours{1};

/// M3-13, LE-1: these ids would be wildcards in the event's topic.
bool is_silent(std::string_view client_id) {
  return client_id.find_first_of("+#") != client_id.npos;
}

std::string text(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

OrderedJson opening(const std::string& client_id, const std::optional<std::string>& thing, Time now,
                    std::string_view event) {
  OrderedJson json{{"clientId", client_id}};
  if (thing) json["thingName"] = *thing;
  json["timestamp"] = epoch_ms(now);
  json["eventType"] = event;
  return json;
}

}  // namespace

std::string_view disconnect_reason(mqtt::CloseReason reason) {
  const auto found = std::ranges::find(kReasons, reason, &Reason::reason);
  return found == kReasons.end() ? "SERVER_ERROR" : found->text;
}

Lifecycle::Lifecycle(const Clock& clock, Surroundings surroundings)
    : clock_{clock}, surroundings_{std::move(surroundings)} {}

void Lifecycle::connected(const mqtt::ConnectionFacts& facts) {
  if (is_silent(facts.client_id)) return;
  OrderedJson json =
      opening(facts.client_id, surroundings_.exclusive_thing(facts.principal), clock_.now(), "connected");
  json["sessionIdentifier"] = facts.session_id;
  json["principalIdentifier"] = facts.principal;
  json["ipAddress"] = facts.address;
  json["versionNumber"] = begin(facts);
  surroundings_.publish("$aws/events/presence/connected/" + facts.client_id, text(json));
}

void Lifecycle::disconnected(const mqtt::ConnectionFacts& facts, mqtt::CloseReason reason) {
  if (is_silent(facts.client_id)) return;
  OrderedJson json =
      opening(facts.client_id, surroundings_.exclusive_thing(facts.principal), clock_.now(), "disconnected");
  json["sessionIdentifier"] = facts.session_id;
  json["principalIdentifier"] = facts.principal;
  json["clientInitiatedDisconnect"] = reason == mqtt::CloseReason::client_disconnect;
  json["disconnectReason"] = disconnect_reason(reason);
  json["versionNumber"] = end(facts);
  surroundings_.publish("$aws/events/presence/disconnected/" + facts.client_id, text(json));
}

void Lifecycle::subscribed(const mqtt::ConnectionFacts& facts, std::span<const std::string> filters) {
  tell_filters("subscribed", facts, filters);
}

void Lifecycle::unsubscribed(const mqtt::ConnectionFacts& facts, std::span<const std::string> filters) {
  tell_filters("unsubscribed", facts, filters);
}

void Lifecycle::tell_filters(std::string_view event, const mqtt::ConnectionFacts& facts,
                             std::span<const std::string> filters) {
  if (is_silent(facts.client_id) || filters.empty()) return;
  OrderedJson json =
      opening(facts.client_id, surroundings_.exclusive_thing(facts.principal), clock_.now(), event);
  json["sessionIdentifier"] = facts.session_id;
  json["principalIdentifier"] = facts.principal;
  json["topics"] = filters;
  surroundings_.publish("$aws/events/subscriptions/" + std::string{event} + "/" + facts.client_id,
                        text(json));
}

void Lifecycle::connect_failed(const FailedConnect& attempt) {
  if (is_silent(attempt.client_id)) return;
  OrderedJson json = opening(attempt.client_id, surroundings_.exclusive_thing(attempt.principal),
                             clock_.now(), "connect_failed");
  json["connectFailureReason"] = "AUTHORIZATION_FAILED";
  json["principalIdentifier"] = attempt.principal;
  json["sessionIdentifier"] = attempt.session_id;
  json["ipAddress"] = attempt.address;
  surroundings_.publish("$aws/events/presence/connect_failed/" + attempt.client_id, text(json));
}

void Lifecycle::reset() {
  const std::lock_guard lock{mutex_};
  versions_.clear();
}

std::int64_t Lifecycle::begin(const mqtt::ConnectionFacts& facts) {
  const std::lock_guard lock{mutex_};
  forget_stale();
  Versions& versions = versions_[facts.client_id];
  if (versions.live.empty() && clock_.tick() >= versions.forget_at) versions.next = 0;
  versions.live.push_back({.connection = facts.connection_id, .number = versions.next++});
  return versions.live.back().number;
}

std::int64_t Lifecycle::end(const mqtt::ConnectionFacts& facts) {
  const std::lock_guard lock{mutex_};
  Versions& versions = versions_[facts.client_id];
  const auto own = std::ranges::find(versions.live, facts.connection_id, &Versions::Live::connection);
  // Forgotten by a reset in between: the pair starts anew at 0.
  const std::int64_t number = own == versions.live.end() ? 0 : own->number;
  if (own != versions.live.end()) versions.live.erase(own);
  const Duration memory =
      facts.persistent ? std::max(kVersionMemory, surroundings_.session_expiry) : kVersionMemory;
  versions.forget_at = std::max(versions.forget_at, clock_.tick() + memory);
  return number;
}

void Lifecycle::forget_stale() {
  const Tick now = clock_.tick();
  if (now < sweep_at_) return;
  sweep_at_ = now + kVersionMemory;
  std::erase_if(versions_, [now](const auto& entry) {
    return entry.second.live.empty() && now >= entry.second.forget_at;
  });
}

}  // namespace iotemu::topics
