#pragma once

// The load side of the broker benches: many MQTT-over-TLS clients on one thread, without blocking, written
// for speed so that the server is what is measured.

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mqtt/codec/frame.h"
#include "tests/support/tls_identities.h"

namespace iotemu::bench {

class LoadLoop;

class LoadClient {
 public:
  /// Starts to connect; sends CONNECT as soon as TLS is up.
  LoadClient(LoadLoop& loop, std::uint16_t port, std::string_view client_id);
  ~LoadClient();
  LoadClient(const LoadClient&) = delete;
  LoadClient& operator=(const LoadClient&) = delete;

  /// Called for each packet after CONNACK; replies are appended to `out()`.
  std::function<void(const mqtt::Frame&)> on_packet{};
  /// Called when everything is sent: the place to append more.
  std::function<void()> on_sent{};

  [[nodiscard]] bool accepted() const { return accepted_; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::string& out() { return out_; }
  void flush();

 private:
  friend class LoadLoop;
  void on_ready(std::uint32_t events);
  void read();
  void take_packets();
  bool check(int result);
  void want_write(bool wanted);

  LoadLoop& loop_;
  int fd_{-1};
  SSL* ssl_{};
  std::string out_;
  std::size_t sent_{0};
  std::string in_;
  bool tls_up_{false};
  bool accepted_{false};
  bool ended_{false};
  bool writing_{true};
};

/// The thread's epoll set and TLS context.
class LoadLoop {
 public:
  explicit LoadLoop(const testing::TestIdentity& identity, int tls_version = TLS1_3_VERSION);
  ~LoadLoop();
  LoadLoop(const LoadLoop&) = delete;
  LoadLoop& operator=(const LoadLoop&) = delete;

  /// Handles what is ready, waiting for it up to `wait_ms`.
  void turn(int wait_ms);

 private:
  friend class LoadClient;
  int epoll_{-1};
  SSL_CTX* context_{};
  std::vector<char> buffer_;
};

}  // namespace iotemu::bench
