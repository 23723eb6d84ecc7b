#pragma once

// One MQTT 3.1.1 connection, server side, as a state machine without I/O: bytes come in by `on_bytes`,
// answers go to the Transport, messages and sessions to the Shard of the broker that the Authenticator chose.
// It knows every rule of messaging section 2 that concerns one connection. Owned by its transport's owner;
// loop thread only.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/random.h"
#include "mqtt/broker/message.h"
#include "mqtt/broker/subscription_index.h"
#include "mqtt/broker/throttle.h"
#include "mqtt/codec/frame.h"
#include "mqtt/codec/packet.h"
#include "mqtt/connection/transport.h"
#include "mqtt/loop.h"
#include "mqtt/options.h"
#include "mqtt/ports.h"
#include "mqtt/session/ack_gate.h"
#include "mqtt/session/link.h"

namespace iotemu::mqtt {

class Shard;

/// What all connections of a server share.
struct ConnectionContext {
  const BrokerOptions& options;
  Authenticator& authenticator;
  Random& random;
  Duration connect_wait{};
};

class ServerConnection final : private Link {
 public:
  /// Starts the wait for CONNECT, TLS handshake included.
  ServerConnection(const ConnectionContext& context, Loop& loop, Transport& transport);
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  /// Handles the whole packets in `bytes` and returns how many bytes they were. Fewer than there are: a
  /// packet is incomplete, or the connection is paused or closed (see `reading`).
  std::size_t on_bytes(Bytes bytes);
  /// The peer has gone without a DISCONNECT.
  void on_lost();
  /// Answers Transport::notify_when_sent.
  void on_room();

  /// False while an answer is awaited, and after the end.
  [[nodiscard]] bool reading() const {
    const bool listening = state_ == State::awaiting_connect || state_ == State::connected;
    return listening && !(throttle_ && throttle_->paused()) && !window_full();
  }
  [[nodiscard]] bool closed() const { return state_ == State::closed; }

 private:
  enum class State : std::uint8_t { awaiting_connect, authenticating, attaching, connected, closed };

  /// Outlives the connection in the hands of a late authenticator. Touched on the loop's thread only.
  struct Answer {
    ServerConnection* connection{};
    bool inside_call{};
  };

  /// The rates of M3-41, only there with BrokerOptions::throttle.
  class Throttle {
   public:
    explicit Throttle(ServerConnection& connection);
    /// Pauses reading for the rest of the second when the client has sent too much.
    void count(std::size_t bytes);
    /// Whether one more message, in or out, fits into this second.
    [[nodiscard]] bool take_message();
    [[nodiscard]] bool paused() const { return paused_; }

   private:
    ServerConnection& connection_;
    RateWindow messages_;
    RateWindow bytes_;
    bool paused_{false};
    Timer resume_;
  };

  // CONNECT, in connecting.cpp.
  void on_first_frame(const Frame& frame);
  void on_connect(const Connect& connect);
  void refuse_level(const Connect& connect);
  [[nodiscard]] bool accept_client_id(const Connect& connect);
  [[nodiscard]] bool accept_will(const Connect& connect);
  void ask_authenticator(const Connect& connect);
  void on_verdict(Verdict verdict);
  void send_connack(std::uint8_t code, bool session_present);
  void refuse(std::uint8_t connack);
  void refuse(std::uint8_t connack, std::string_view why);

  // Packets of a connected client, in server_connection.cpp.
  void on_frame(const Frame& frame);
  void on_pingreq();
  void on_publish(const Publish& publish);
  void on_subscribe(const Subscribe& subscribe);
  void on_unsubscribe(const Unsubscribe& unsubscribe);
  void acknowledge(const Publish& publish);
  /// Subscribers have caught up: the PUBACKs that were held back go out.
  void on_gate_open();
  /// Too many of them are held back to read on (M3-24).
  [[nodiscard]] bool window_full() const {
    return held_back_.size() >= context_.options.inbound_window ||
           held_back_bytes_ >= context_.options.inbound_window_bytes;
  }
  /// One SUBACK code, or why the connection ends.
  [[nodiscard]] std::variant<std::uint8_t, CloseReason> judge(const FilterRequest& request,
                                                              std::size_t& subscriptions);
  void on_timer();
  void client_error(std::string_view what);
  /// Leaves the reason with the authenticator.
  void note(std::string_view why);
  void publish_will();

  // Link.
  void on_attached(Session& session, bool session_present) override;
  void end(CloseReason reason, bool publish_will) override;
  bool admits(std::string_view topic) override;
  bool has_room() override;
  void send(Publication& publication, QoS qos, bool retain, std::uint16_t packet_id) override;
  [[nodiscard]] const ConnectionFacts& facts() const override { return facts_; }

  const ConnectionContext& context_;
  Loop& loop_;
  Transport& transport_;
  State state_{State::awaiting_connect};
  bool congested_{false};
  ConnectionFacts facts_;
  std::unique_ptr<Message> will_;
  std::shared_ptr<Answer> answer_;
  std::unique_ptr<Authorizer> authorizer_;
  Shard* shard_{};
  Session* session_{};
  SubscriberId session_place_{};
  Tick last_packet_{};
  std::unique_ptr<Throttle> throttle_;
  std::shared_ptr<AckGate> gate_;         // from the first QoS 1 PUBLISH on
  std::vector<std::uint16_t> held_back_;  // packet ids to acknowledge when it opens
  std::size_t held_back_bytes_{0};        // of their payloads
  Timer timer_;
};

}  // namespace iotemu::mqtt
