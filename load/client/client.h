#pragma once

// Many MQTT-over-TLS clients on one thread, without blocking, written for speed so that the server is what is
// measured. A loop and its clients belong to one thread, which calls `turn()`.
//
// A client must not be destroyed while the loop is inside `turn()`: neither itself nor another may go from a
// callback. Owners remove what has ended between turns.

#include <openssl/ssl.h>
#include <sys/epoll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "load/client/ending.h"
#include "load/client/endpoint.h"
#include "load/client/identity.h"
#include "load/client/tls.h"
#include "mqtt/codec/frame.h"
#include "mqtt/codec/packet.h"

namespace iotemu::load {

class Loop;

class Client {
 public:
  /// Starts to connect; sends `connect` as soon as TLS is up. What it borrows is copied. Failures, at once or
  /// later, are an ending that `turn()` tells.
  Client(Loop& loop, const Address& address, const ClientIdentity& identity, const mqtt::Connect& connect);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// TLS is up, and CONNECT about to be sent.
  std::function<void()> on_secured{};
  /// CONNACK said yes.
  std::function<void(const mqtt::Connack&)> on_accepted{};
  /// Called for each packet after CONNACK; replies are appended to `out()`.
  std::function<void(const mqtt::Frame&)> on_packet{};
  /// Called when everything is sent: the place to append more.
  std::function<void()> on_sent{};
  /// Called once; nothing is called afterwards. Not called for `leave()` and `cut()`.
  std::function<void(const Ending&)> on_ended{};

  [[nodiscard]] bool accepted() const { return accepted_; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] mqtt::Version version() const { return version_; }
  [[nodiscard]] std::string& out() { return out_; }
  void flush();

  /// DISCONNECT, close_notify and the end.
  void leave();
  /// The end without a word, as a device that loses its network.
  void cut();

 private:
  friend class Loop;
  /// 0, or the system's reason.
  int begin(const Address& address, const ClientIdentity& identity);
  void on_ready(std::uint32_t events);
  void read();
  void take(const char* data, std::size_t size);
  std::size_t take_packets(mqtt::Bytes bytes);
  void take_packet(const mqtt::Frame& frame);
  void take_connack(const mqtt::Frame& frame);
  bool check(int result);
  void want_write(bool wanted);
  void end(Ending::Kind kind, int code = 0);

  Loop& loop_;
  Descriptor socket_;
  std::unique_ptr<SSL, Free<SSL_free>> ssl_;
  std::string out_;
  std::size_t sent_{0};
  std::string in_;
  Stage stage_{Stage::tcp};
  mqtt::Version version_{};
  bool accepted_{false};
  bool ended_{false};
  bool writing_{true};
  int failed_at_once_{0};
};

/// The thread's epoll set and TLS context.
class Loop {
 public:
  explicit Loop(TlsContext context);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Handles what is ready, waiting for it up to `wait_ms`, or more exactly where the kernel can.
  void turn(int wait_ms) { turn(std::chrono::milliseconds{wait_ms}); }
  void turn(std::chrono::nanoseconds wait);
  /// Makes a `turn()` that waits return; any thread.
  void wake();

 private:
  friend class Client;
  int await(std::span<epoll_event> events, std::chrono::nanoseconds wait);

  Descriptor epoll_;
  Descriptor wake_;
  TlsContext context_;
  std::vector<char> buffer_;
  bool exact_{true};
  /// Clients that could not even begin: told in the next turn.
  std::vector<Client*> stillborn_;
};

}  // namespace iotemu::load
