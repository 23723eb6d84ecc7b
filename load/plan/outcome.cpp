#include "load/plan/outcome.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "mqtt/codec/reason.h"

namespace iotemu::load {
namespace {

struct Alert {
  int code;
  std::string_view name;
  bool refusal;
};
/// RFC 8446 section 6: those that speak of the client's certificate are a decision.
constexpr std::array kAlerts{Alert{10, "unexpected_message", false},
                             Alert{20, "bad_record_mac", false},
                             Alert{40, "handshake_failure", false},
                             Alert{42, "bad_certificate", true},
                             Alert{43, "unsupported_certificate", true},
                             Alert{44, "certificate_revoked", true},
                             Alert{45, "certificate_expired", true},
                             Alert{46, "certificate_unknown", true},
                             Alert{47, "illegal_parameter", false},
                             Alert{48, "unknown_ca", true},
                             Alert{49, "access_denied", true},
                             Alert{50, "decode_error", false},
                             Alert{51, "decrypt_error", true},
                             Alert{70, "protocol_version", false},
                             Alert{71, "insufficient_security", false},
                             Alert{80, "internal_error", false},
                             Alert{112, "unrecognized_name", false},
                             Alert{116, "certificate_required", true},
                             Alert{120, "no_application_protocol", false}};

std::string snake(std::string_view words) {
  std::string text{words};
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
  return text;
}

std::string connack_name(int code, bool mqtt5) {
  constexpr std::array<std::string_view, 6> kReturns{
      "accepted",           "unacceptable_protocol_version", "identifier_rejected",
      "server_unavailable", "bad_user_name_or_password",     "not_authorized"};
  if (!mqtt5 && static_cast<std::size_t>(code) < kReturns.size()) {
    return std::string{kReturns[static_cast<std::size_t>(code)]};
  }
  const auto name = mqtt::name_of(static_cast<mqtt::Reason>(code));
  return mqtt5 && !name.starts_with("unknown") ? snake(name) : std::to_string(code);
}

Outcome of_alert(const Ending& ending) {
  const auto* found = std::ranges::find(kAlerts, ending.code, &Alert::code);
  const bool known = found != kAlerts.end();
  const bool refusal = ending.stage != Stage::online && known && found->refusal;
  return {.refused = refusal,
          .cause = "alert_" + (known ? std::string{found->name} : std::to_string(ending.code))};
}

std::string system_failure(int reason, Stage stage) {
  switch (reason) {
    case ETIMEDOUT:
      return stage == Stage::online ? "timed_out_online" : "timed_out";
    case ECONNREFUSED:
      return "connection_refused";
    case EADDRNOTAVAIL:
      return "local_ports_exhausted";
    case EMFILE:
    case ENFILE:
      return "open_files_exhausted";
    case ENETUNREACH:
    case EHOSTUNREACH:
      return "unreachable";
    case ENOMEM:
      return "out_of_memory";
    case ECONNRESET:
    case EPIPE:
      break;
    default:
      return "system_error_" + std::to_string(reason);
  }
  constexpr std::array<std::string_view, 4> kResets{"connection_reset", "reset_in_handshake",
                                                    "reset_before_connack", "reset_online"};
  return std::string{kResets[static_cast<std::size_t>(stage)]};
}

}  // namespace

Outcome outcome_of(const Ending& ending, bool mqtt5) {
  const bool asked = ending.stage == Stage::connack;
  switch (ending.kind) {
    case Ending::Kind::left:
      return {.cause = "left"};
    case Ending::Kind::closed: {
      constexpr std::array<std::string_view, 4> kCloses{"connection_reset", "closed_in_handshake",
                                                        "closed_before_connack", "closed_online"};
      return {.refused = asked, .cause = std::string{kCloses[static_cast<std::size_t>(ending.stage)]}};
    }
    case Ending::Kind::failed:
      return {.refused = asked && (ending.code == ECONNRESET || ending.code == EPIPE),
              .cause = system_failure(ending.code, ending.stage)};
    case Ending::Kind::alert:
      return of_alert(ending);
    case Ending::Kind::server_rejected:
      return {.cause = "server_certificate_rejected"};
    case Ending::Kind::tls_error:
      return {.cause = ending.stage == Stage::online ? "tls_online" : "tls_handshake"};
    case Ending::Kind::refused:
      return {.refused = true, .cause = "connack_" + connack_name(ending.code, mqtt5)};
    case Ending::Kind::disconnected:
      return {.cause = "disconnect_" + connack_name(ending.code, true)};
    case Ending::Kind::malformed:
      break;
  }
  return {.cause = std::string{kMalformedAnswer}};
}

CauseNames cause_names() {
  constexpr int kCodes = 256;  // of alerts, of CONNACK and DISCONNECT, and more than errno has
  CauseNames names;
  for (const auto one : {kSubscribeRefused, kPublishRefused, kUnexpectedPuback, kUnacknowledged,
                         kReconnectGivenUp, kMalformedAnswer}) {
    names.errors.emplace(one);
  }
  const auto add = [&](const Ending& ending) {
    for (const bool mqtt5 : {false, true}) {
      auto outcome = outcome_of(ending, mqtt5);
      (outcome.refused ? names.refusals : names.errors).insert(std::move(outcome.cause));
    }
  };
  for (const auto stage : {Stage::tcp, Stage::tls, Stage::connack, Stage::online}) {
    for (auto kind = Ending::Kind::left; kind <= Ending::Kind::malformed;
         kind = static_cast<Ending::Kind>(static_cast<int>(kind) + 1)) {
      for (int code = 0; code < kCodes; ++code) add({.stage = stage, .kind = kind, .code = code});
    }
  }
  return names;
}

}  // namespace iotemu::load
