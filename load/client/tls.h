#pragma once

// The client's side of TLS for one loop: versions, ALPN, and how the server is judged. A server certificate
// that was found good is not judged again on the same loop: the load machine's time is not what is measured.
// Owned by the loop, used on its thread only.

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "base/free.h"
#include "base/result.h"

namespace iotemu::load {

struct TlsSettings {
  enum class Versions { any, only_1_2, only_1_3 };
  Versions versions{Versions::any};
  /// false: any server will do.
  bool verify_server{true};
  /// PEM of the CAs that the server's certificate may come from; empty: those that the system trusts.
  std::string server_ca_pem{};
  /// SNI, and the name that the server's certificate must bear; an address is checked but not sent as SNI.
  std::string server_name{};
  bool server_name_is_address{false};
  /// For example x-amzn-mqtt-ca, which AWS wants on port 443.
  std::vector<std::string> alpn{};
  /// As OpenSSL writes such a list, the best first; empty: OpenSSL's own.
  std::string signature_algorithms{};
};

struct VerifiedServer;

class TlsContext {
 public:
  static Result<TlsContext> make(const TlsSettings& settings);
  TlsContext(TlsContext&&) noexcept;
  TlsContext& operator=(TlsContext&&) noexcept;
  ~TlsContext();

  /// The client's end of a connection, without an identity yet; null if memory is short.
  [[nodiscard]] SSL* open(int fd) const;

 private:
  TlsContext();

  std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> context_;
  std::unique_ptr<VerifiedServer> verified_;
  std::string server_name_;
};

}  // namespace iotemu::load
