#pragma once

// The server's side of TLS (T-9, T-10): versions 1.2 and 1.3, both certificates, a client certificate
// demanded and not judged, no tickets, no session cache, no renegotiation, no compression. Made once for each
// set of certificates; immutable and shared by all workers.

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "mqtt/net/server.h"

namespace iotemu::mqtt {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

class TlsContext {
 public:
  /// Judges a client's certificates inside the handshake (P3.6, `handshake_alert`); DER, leaf first.
  class Inspector {
   public:
    virtual bool accepts(std::vector<std::string> chain) = 0;

   protected:
    ~Inspector() = default;
  };

  struct Settings {
    std::vector<std::string> alpn{};
    bool ask_in_handshake{};
  };

  static Result<std::shared_ptr<const TlsContext>> make(const TlsMaterial& material,
                                                        const Settings& settings);

  /// The server's end of one connection; `inspector` outlives it.
  [[nodiscard]] SslPtr accept(int fd, Inspector& inspector) const;

  /// What the peer sent: DER, leaf first. After the handshake.
  [[nodiscard]] static std::vector<std::string> peer_chain(const SSL& ssl);

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  TlsContext() = default;
  Status load(const TlsIdentity& identity);
  static int verify(X509_STORE_CTX* store, void* self);
  static int choose_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                         const unsigned char* in, unsigned in_size, void* self);

  std::unique_ptr<SSL_CTX, FreeContext> context_;
  Settings settings_;
};

}  // namespace iotemu::mqtt
