#pragma once

// A client that sends exactly the bytes it is told to: what a well-behaved HTTP library would never let a
// test say. Blocking; every read ends after ten seconds, so that a broken server fails a test instead of
// hanging it.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/tls_client.h"

namespace iotemu::http {

struct RawAnswer {
  int status{0};  ///< 0: the connection ended without an answer
  std::string head{};
  std::string body{};

  [[nodiscard]] std::string header(std::string_view name) const {
    const auto at = head.find("\r\n" + std::string{name} + ": ");
    if (at == head.npos) return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  /// Over TLS.
  RawClient(std::uint16_t port, const testing::TlsClientOptions& options)
      : socket_{-1}, tls_{std::make_unique<testing::TlsClient>(port, options)}, connected_{tls_->ready()} {}
  RawClient(RawClient&& other) noexcept
      : socket_{std::exchange(other.socket_, -1)},
        tls_{std::move(other.tls_)},
        connected_{other.connected_},
        input_{std::move(other.input_)} {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() {
    if (socket_ >= 0) ::close(socket_);
  }

  [[nodiscard]] bool connected() const { return connected_; }

  /// False once the server has closed.
  bool send(std::string_view bytes) const {
    if (tls_) return tls_->send(bytes);
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// The next answer; its body by Content-Length.
  RawAnswer answer() {
    auto end = input_.find("\r\n\r\n");
    while (end == input_.npos) {
      if (!read_more()) return {};
      end = input_.find("\r\n\r\n");
    }
    RawAnswer answer{.head = input_.substr(0, end + 2)};
    input_.erase(0, end + 4);
    answer.status = std::atoi(answer.head.c_str() + std::string_view{"HTTP/1.1 "}.size());
    const auto length = answer.header("Content-Length");
    const auto size = length.empty() ? 0U : static_cast<std::size_t>(std::stoul(length));
    while (input_.size() < size && read_more()) {
    }
    answer.body = input_.substr(0, size);
    input_.erase(0, size);
    return answer;
  }

  RawAnswer ask(std::string_view bytes) {
    (void)send(bytes);
    return answer();
  }

  /// Null over plain TCP.
  [[nodiscard]] testing::TlsClient* tls() const { return tls_.get(); }

  /// Reads on; true if the server closes without another byte.
  bool closed_by_server() { return input_.empty() && !read_more(); }

 private:
  bool read_more() {
    if (tls_) return tls_->read(input_);
    char chunk[16 * 1024];
    const auto size = ::recv(socket_, chunk, sizeof chunk, 0);
    if (size <= 0) return false;
    input_.append(chunk, static_cast<std::size_t>(size));
    return true;
  }

  int socket_;
  std::unique_ptr<testing::TlsClient> tls_{};
  bool connected_{false};
  std::string input_;
};

}  // namespace iotemu::http
