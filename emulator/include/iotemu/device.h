#pragma once

// A synchronous MQTT 3.1.1 client over TLS for tests: every call returns when the emulator's answer is there,
// so a test needs no sleeping and no polling. One thread at a time. It waits in real time, at most ten
// seconds, whatever clock the emulator runs on.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "iotemu/emulator.h"
#include "iotemu/events.h"

namespace iotemu {

struct WillOptions {
  std::string topic{};
  std::string payload{};
  int qos{0};
  bool retain{false};
};

struct ConnectOptions {
  /// Default: the common name of the certificate.
  std::optional<std::string> client_id{};
  bool clean_session{true};
  std::uint16_t keep_alive{1200};
  std::optional<WillOptions> will{};
  std::optional<std::string> username{};
  std::optional<std::string> password{};
  enum class Tls { any, v1_2, v1_3 };
  Tls tls{Tls::any};
  /// Sends the issuing certificates after the leaf (P3.3).
  bool send_chain{false};
  bool send_certificate{true};
  /// Server name; nothing = no SNI extension. Default: the emulator's endpoint host.
  std::optional<std::string> server_name{"localhost"};
  /// Signature algorithms family of the server certificate that is asked for (RSA or P-256).
  std::optional<KeyKind> server_key{};
  /// Answers QoS 1 deliveries with PUBACK.
  bool acknowledge{true};
};

/// How a connection attempt or an exchange ended.
struct Outcome {
  /// CONNACK 0, PUBACK, SUBACK without failure, or still connected after a QoS 0 publish.
  bool accepted{false};
  bool session_present{false};
  /// CONNACK code if a CONNACK came.
  std::optional<int> connack{};
  /// SUBACK codes in request order.
  std::vector<int> suback{};
  enum class Ended {
    /// The connection lives.
    no,
    /// close_notify, then end of stream (P3.5 "close").
    close_notify,
    /// End of stream without close_notify.
    eof,
    /// A fatal TLS alert; its number is in `alert`.
    alert,
    reset,
    /// Nothing came within ten seconds.
    timeout,
  };
  Ended ended{Ended::no};
  int alert{0};
  /// The emulator's reason, when it refused.
  std::optional<Refusal> because{};
  /// Everything above and the reason's text in one line, for test output.
  std::string text{};
};

class Device {
 public:
  Device(Emulator& emulator, DeviceIdentity identity);
  Device(Device&&) noexcept;
  Device& operator=(Device&&) noexcept;
  /// Drops the connection.
  ~Device();

  /// TCP, TLS, CONNECT; returns on CONNACK or when the connection has ended.
  Outcome connect(const ConnectOptions& options = {});
  /// TLS alone: for clients that never say anything. True if the handshake succeeded.
  bool handshake(const ConnectOptions& options = {});
  /// QoS 0: the message, then a ping round trip. QoS 1: returns on PUBACK.
  Outcome publish(std::string_view topic, std::string_view payload, int qos = 0, bool retain = false);
  /// Returns on SUBACK.
  Outcome subscribe(const std::vector<std::pair<std::string, int>>& filters);
  Outcome subscribe(std::string_view filter, int qos = 0);
  Outcome unsubscribe(const std::vector<std::string>& filters);
  /// Sends bytes as they are, then waits for a ping's answer or the end.
  Outcome send_raw(std::string_view bytes);
  Outcome ping();
  /// DISCONNECT packet, then waits for the end.
  void disconnect();
  /// Ends TCP without a word.
  void drop();

  /// Settles the emulator, makes a ping round trip if connected, and hands over what has arrived since the
  /// last call.
  [[nodiscard]] std::vector<ReceivedMessage> messages();
  /// Reads what has arrived; false once the server has ended the connection.
  [[nodiscard]] bool is_connected();
  /// How the connection ended, or that it lives.
  [[nodiscard]] Outcome state();
  /// Waits until the server ends the connection.
  Outcome wait_closed();

  [[nodiscard]] const DeviceIdentity& identity() const;
  /// Client id of the last `connect()`.
  [[nodiscard]] const std::string& client_id() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iotemu
