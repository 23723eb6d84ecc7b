#pragma once

// A server that does exactly what a test says, byte by byte, and a client that asks it. Every connection has
// a thread of its own, in which the test's script runs.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "emulator/http/client/client.h"

namespace iotemu::http {

/// One connection, as the server sees it.
class Peer {
 public:
  explicit Peer(int socket) : socket_{socket} {}

  /// The next head, with the empty line; empty if the client has hung up.
  std::string read_head() {
    while (input_.find("\r\n\r\n") == input_.npos) {
      if (!read_some()) return {};
    }
    return take(input_.find("\r\n\r\n") + 4);
  }
  std::string read_body(std::size_t bytes) {
    while (input_.size() < bytes) {
      if (!read_some()) return {};
    }
    return take(bytes);
  }
  void write(std::string_view text) const {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Until the client hangs up.
  void stay_silent() {
    while (read_some()) input_.clear();
  }

 private:
  bool read_some() {
    std::array<char, 65536> buffer{};
    const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    input_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }
  std::string take(std::size_t bytes) {
    auto text = input_.substr(0, bytes);
    input_.erase(0, bytes);
    return text;
  }

  const int socket_;
  std::string input_{};
};

class ScriptedServer {
 public:
  using Script = std::function<void(Peer&)>;

  explicit ScriptedServer(Script script)
      : script_{std::move(script)}, listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 256), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread{[this] { accept_all(); }};
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    {
      const std::lock_guard lock{mutex_};
      for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    for (const int socket : sockets_) ::close(socket);
    ::close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void accept_all() {
    while (true) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const std::lock_guard lock{mutex_};
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] {
        Peer peer{socket};
        script_(peer);
        ::shutdown(socket, SHUT_RDWR);
      });
    }
  }

  const Script script_;
  const int listener_;
  std::uint16_t port_{0};
  std::thread accepting_;
  std::mutex mutex_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
};

/// `text` as a whole answer, as often as it is asked.
inline ScriptedServer::Script always(std::string text) {
  return [text = std::move(text)](Peer& peer) {
    while (!peer.read_head().empty()) peer.write(text);
  };
}

class ClientTest : public ::testing::Test {
 protected:
  static constexpr std::chrono::seconds kSoon{30};  ///< Waits end here, if something is broken.

  static Call call(const ScriptedServer& server, const std::string& target = "/") {
    return {.url = {.scheme = "http", .authority = server.authority(), .target = target},
            .time_limit = kSoon};
  }
  std::unique_ptr<Client> open(const ClientLimits& limits = {}) { return make_client(limits, work); }
  static std::future<Outcome> begin(Client& client, Call what) {
    auto told = std::make_shared<std::promise<Outcome>>();
    auto outcome = told->get_future();
    client.send(std::move(what), [told](Outcome ended) { told->set_value(std::move(ended)); });
    return outcome;
  }
  static bool has_ended(const std::future<Outcome>& outcome) {
    return outcome.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
  }
  Outcome ask(Call what, const ClientLimits& limits = {}) {
    const auto client = open(limits);
    return begin(*client, std::move(what)).get();
  }
  /// What a server that answers that is understood as.
  Outcome answered_with(std::string text, std::string method = "GET") {
    const ScriptedServer server{[text = std::move(text)](Peer& peer) {
      peer.read_head();
      peer.write(text);
    }};
    auto what = call(server);
    what.method = std::move(method);
    what.max_answer = 1000;
    return ask(std::move(what));
  }

  WorkCounter work;
};

}  // namespace iotemu::http
