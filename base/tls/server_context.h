#pragma once

// The server's side of TLS (T-9, T-10): versions 1.2 and 1.3, both certificates, a client certificate
// demanded and not judged, no tickets, no session cache, no renegotiation, no compression. Made once for each
// set of certificates; immutable and shared by all threads that accept connections.

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace iotemu::tls {

/// A certificate chain (leaf first) and its private key.
struct Identity {
  std::string chain_pem{};
  std::string key_pem{};
};

/// The server's certificates; a client gets the one whose key type it can check. One of the two may be empty.
struct Material {
  Identity rsa{};
  Identity ecdsa{};
};

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

class ServerContext {
 public:
  /// Judges a client's certificates inside the handshake (P3.6, `handshake_alert`); DER, leaf first.
  class Inspector {
   public:
    virtual bool accepts(std::vector<std::string> chain) = 0;

   protected:
    ~Inspector() = default;
  };

  struct Settings {
    std::vector<std::string> alpn{};  ///< the first one that the client offers is chosen
    bool ask_in_handshake{};
  };

  static Result<std::shared_ptr<const ServerContext>> make(const Material& material,
                                                           const Settings& settings);

  /// The server's end of one connection, which may outlive the context; `inspector` outlives it.
  [[nodiscard]] SslPtr accept(int fd, Inspector& inspector) const;

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  ServerContext() = default;
  Status load(const Identity& identity);

  std::unique_ptr<SSL_CTX, FreeContext> context_;
};

/// What the peer sent: DER, leaf first. After the handshake.
[[nodiscard]] std::vector<std::string> peer_chain(const SSL& ssl);
/// SNI; empty if the client sent none.
[[nodiscard]] std::string server_name(const SSL& ssl);

/// Frees what an accepted connection holds of its handshake and no longer needs: the session and in it the
/// peer's certificates (some 4 kB). After it `peer_chain` is empty and the cipher unknown. Does nothing where
/// OpenSSL still reads the session: TLS 1.2, a negotiated maximum fragment length, other versions of OpenSSL
/// than 3.0.
void forget_peer(SSL& ssl);

}  // namespace iotemu::tls
