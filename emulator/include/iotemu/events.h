#pragma once

// What an Emulator tells its owner: registrations, refusals, messages. Plain values that outlive the
// emulator.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iotemu {

/// One knock of a certificate that waits for its activation (P4.1): published on every connect of a
/// PENDING_ACTIVATION certificate, the connect that auto-registered it included.
struct CertificateRegistered {
  std::string certificate_id{};
  std::string certificate_arn{};
  std::string ca_certificate_id{};
  /// The realm it happened in.
  std::string account{};
  std::string region{};
  /// Epoch milliseconds of this knock.
  std::int64_t timestamp{0};
  /// Epoch milliseconds of the registration; nothing on the knock that registered.
  std::optional<std::int64_t> registered_at{};
  /// MQTT client id of the connecting device (P4.1; not part of the payload).
  std::string client_id{};
  /// The payload as published: six keys, JSON.
  std::string json{};
};

/// Why a client was refused or cut.
enum class Refusal {
  /// TLS level: P3.5 rows 1 and 20.
  no_client_certificate,
  handshake_failed,
  /// Certificate level: P3.4, P3.5.
  sni_missing,
  /// The domain configuration of the name that the client called by keeps it out (D-3, D-4, D-6).
  domain_refused,
  certificate_unreadable,
  ca_unknown,
  ca_inactive,
  auto_registration_disabled,
  ca_expired,
  certificate_expired,
  certificate_not_yet_valid,
  certificate_pending,
  certificate_inactive,
  certificate_revoked,
  certificate_in_transfer,
  certificate_owned_elsewhere,
  /// Policy level: P7.8.
  connect_denied,
  will_denied,
  publish_denied,
  subscribe_denied,
  receive_denied,
  /// A request over HTTPS that is no publish.
  request_denied,
  reserved_topic,
  /// A broken rule of the protocol, a limit or a deadline (M section 2).
  protocol_error,
  /// A rate of M section 10 or P10.8 is used up, with the switch `throttle`.
  throttled,
  /// A live connection whose certificate left ACTIVE or was deleted (P2.7).
  authorization_lost,
  /// The user's registration handler failed; the certificate stays PENDING_ACTIVATION.
  handler_failed,
  /// The provisioning template of the certificate's CA could not be carried out; the certificate stays
  /// PENDING_ACTIVATION (P5.7).
  provisioning_failed,
  /// A fleet provisioning request was answered on its rejected topic (P6.4).
  provisioning_rejected,
};

/// The enumerator's name, for example "certificate_pending".
[[nodiscard]] std::string_view to_string(Refusal refusal);

/// One refusal with its reason. `cause` names the concrete thing that was missing or forbidding, `cure` the
/// command that would mend it.
struct RefusalRecord {
  Refusal refusal{Refusal::ca_unknown};
  std::chrono::sys_time<std::chrono::milliseconds> time{};
  std::string client_id{};
  std::string certificate_id{};
  std::string subject{};
  /// "address:port" of the client.
  std::string peer{};
  std::string cause{};
  std::string cure{};
  /// Policy refusals: the statements considered and the nearest miss, as text. Else empty.
  std::string explanation{};
};

/// The record as a short paragraph.
[[nodiscard]] std::string to_text(const RefusalRecord& record);

/// One action of one topic rule, for one message: what was asked for and what became of it.
struct ActionRecord {
  enum class Outcome {
    delivered,
    failed,
    /// Nobody plays the service that it is for: it counts as done, and is kept here.
    recorded,
  };

  std::chrono::sys_time<std::chrono::milliseconds> time{};
  std::string account{};
  std::string region{};
  std::string rule_name{};
  /// The key under which the action stands in the rule: "sqs", "republish", …
  std::string action{};
  bool is_error_action{false};
  /// Among the rule's actions.
  std::size_t position{0};
  /// JSON text: the parameters, substitution templates replaced. Secrets read "***".
  std::string parameters{};
  /// Who gets it: a queue URL, a bucket, a URL.
  std::string target{};
  /// "sqs:SendMessage", "POST"; empty where nothing is asked over HTTP.
  std::string operation{};
  /// As the target gets it: the message, the record, the object, the item.
  std::string payload{};
  /// The body of the request around it; empty where there is none.
  std::string request_body{};
  // The message that the rule was run for.
  std::string topic{};
  std::string client_id{};
  std::string trace_id{};
  Outcome outcome{Outcome::delivered};
  /// Why it has failed.
  std::string reason{};
};

/// "delivered", "failed", "recorded".
[[nodiscard]] std::string_view to_string(ActionRecord::Outcome outcome);

/// A message as a subscriber or a recorder sees it.
struct ReceivedMessage {
  std::string topic{};
  std::string payload{};
  int qos{0};
  bool retain{false};

  friend bool operator==(const ReceivedMessage&, const ReceivedMessage&) = default;
};

}  // namespace iotemu
