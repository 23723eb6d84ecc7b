#pragma once

// A plain client over TLS for tests: synchronous, MQTT packets or other bytes in and out, and an exact
// account of how the connection ended.

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/tls_identities.h"

namespace iotemu::testing {

struct TlsClientOptions {
  const TestIdentity* identity{};  ///< null: no client certificate
  bool whole_chain{false};         ///< send the issuer too
  int version{TLS1_3_VERSION};
  std::string server_name{"localhost"};
  std::string alpn{};
  std::string ciphers{};  ///< TLS 1.2 list
  int max_fragment_length{TLSEXT_max_fragment_length_DISABLED};
};

class TlsClient {
 public:
  /// Connects to 127.0.0.1 and shakes hands; `ready()` tells how it went (in TLS 1.3 the server may refuse
  /// later).
  TlsClient(std::uint16_t port, const TlsClientOptions& options);
  ~TlsClient();

  [[nodiscard]] bool ready() const { return ready_; }
  bool send(std::string_view bytes);
  /// Appends what comes next; false if the connection ended (see `end`) or five seconds passed.
  bool read(std::string& out);
  /// The next whole MQTT packet; nothing if the connection ended (see `end`) or five seconds passed.
  std::optional<std::string> receive();
  /// After `receive` gave nothing: "close_notify", "eof", "reset", "timeout" or "alert <number>".
  [[nodiscard]] const std::string& end() const { return end_; }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  [[nodiscard]] int fd() const { return fd_; }
  /// Drops the socket without a goodbye.
  void abandon();

 private:
  void note_end(int result);
  static void on_info(const SSL* ssl, int where, int value);

  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  int fd_{-1};
  bool ready_{false};
  int alert_{-1};
  std::string end_;
  std::string received_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

/// A CONNECT with clean session, or not.
[[nodiscard]] std::string connect_packet(std::string_view client_id, bool clean = true);

}  // namespace iotemu::testing
