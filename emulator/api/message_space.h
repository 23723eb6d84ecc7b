#pragma once

// What the data plane needs from the composition: the message space of a realm, and the rights of a device
// that asks over HTTPS. Messages and connections stand here as the data plane speaks of them; who keeps them
// is not its business. Thread-safe; what is said to wait must not be called on a thread of the broker.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "registry/policy/action.h"

namespace iotemu::api {

using UserProperties = std::vector<std::pair<std::string, std::string>>;

/// A message that comes by HTTP (DP-1).
struct IncomingMessage {
  std::string topic{};
  std::string payload{};
  int qos{0};
  bool retain{false};
  // For subscribers that speak MQTT 5.
  std::string content_type{};
  std::string response_topic{};
  std::optional<std::string> correlation_data{};
  std::optional<bool> is_utf8{};  ///< the payload format indicator
  UserProperties user_properties{};
  /// Within M5-12; nothing: it never expires.
  std::optional<std::chrono::seconds> expiry{};
  /// Who publishes: a certificate id, or the user id of who signs; empty for anybody else.
  std::string principal{};
  std::string source_ip{};  ///< Empty: a call inside the process.
};

/// What is stored for a topic (DP-2).
struct RetainedMessage {
  std::string topic{};
  std::string payload{};
  int qos{0};
  Time modified{};
  UserProperties user_properties{};
};

/// The same, as a list shows it (DP-3).
struct RetainedSummary {
  std::string topic{};
  std::size_t payload_size{0};
  int qos{0};
  Time modified{};
};

/// One client's connection, or the last one that it had (DP-5).
struct ClientConnection {
  bool connected{false};
  bool clean_session{true};
  std::chrono::seconds keep_alive{};
  std::chrono::seconds session_expiry{};
  std::string thing_name{};                  ///< Empty: no thing is associated with the client.
  std::optional<Time> connected_since{};     ///< Only while connected.
  std::optional<Time> disconnected_since{};  ///< For half an hour.
  std::string disconnect_reason{};
  std::string source_address{};
  std::uint16_t source_port{0};
  std::string target_address{};
  std::uint16_t target_port{0};
};

struct ClientSubscription {
  std::string filter{};
  int qos{0};
};

class MessageSpace {
 public:
  virtual ~MessageSpace() = default;

  /// Whether topic, reply topic and size are what a client may publish, reserved topics included (M3-43);
  /// else Errc::invalid_request.
  [[nodiscard]] virtual Status check(const IncomingMessage& message) const = 0;
  /// Publishes what `check` has let pass; retained by the time of the answer. Errc::throttled when no more
  /// can be retained (M3-56).
  virtual Status publish(IncomingMessage message) = 0;

  [[nodiscard]] virtual std::optional<RetainedMessage> retained(const std::string& topic) const = 0;
  /// Up to `count` of the topics that sort after `topic`, in their order.
  [[nodiscard]] virtual std::vector<RetainedSummary> retained_after(const std::string& topic,
                                                                    std::size_t count) const = 0;

  /// Errc::not_found for a client that is not connected and has no session.
  [[nodiscard]] virtual Result<ClientConnection> connection(const std::string& client_id) const = 0;
  /// Waits. In the order of filters; Errc::not_found without a session.
  [[nodiscard]] virtual Result<std::vector<ClientSubscription>> subscriptions(
      const std::string& client_id) = 0;
  struct Disconnect {
    bool clean_session{false};
    bool prevent_will{false};
  };
  /// Waits until the client is cut. Errc::not_found without a session.
  virtual Status disconnect(const std::string& client_id, Disconnect how) = 0;
};

/// What a device wants to do with what (P7.4).
struct DeviceRequest {
  registry::policy::Action action{};
  /// "topic/a/b", "client/d", or "*" where the action has no resource.
  std::string resource{};
  /// The condition key of GetConnection.
  std::optional<bool> include_socket_information{};
};

/// The rights of one certificate for the time of one request.
class DeviceRights {
 public:
  virtual ~DeviceRights() = default;
  /// A denial is recorded with its cause.
  virtual bool allows(const DeviceRequest& request) = 0;
  /// The certificate's id.
  [[nodiscard]] virtual std::string principal() const = 0;
};

}  // namespace iotemu::api
