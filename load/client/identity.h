#pragma once

// What a client proves itself with: its certificate, the CA certificates that it sends along, and its key.
// Parsed once and used for any number of connections. A cheap handle to immutable objects; any thread.

#include <openssl/ssl.h>

#include <memory>
#include <string_view>

#include "base/result.h"

namespace iotemu::load {

/// The CA certificates that follow the leaf, shared by all devices of one CA.
class CaChain {
 public:
  /// Nothing: the leaf alone is sent (P3.3).
  CaChain() = default;
  static Result<CaChain> from_pem(std::string_view pem);

 private:
  friend class ClientIdentity;
  std::shared_ptr<STACK_OF(X509)> certificates_;
};

class ClientIdentity {
 public:
  /// `chain_pem` is the leaf, then what is sent along with it.
  static Result<ClientIdentity> from_pem(std::string_view chain_pem, std::string_view key_pem);
  /// `leaf_pem` alone and a chain that many share.
  static Result<ClientIdentity> from_pem(std::string_view leaf_pem, std::string_view key_pem,
                                         const CaChain& chain);

  /// Makes `ssl` use it in its handshake.
  [[nodiscard]] bool put_on(SSL* ssl) const;

 private:
  ClientIdentity() = default;

  std::shared_ptr<X509> leaf_;
  std::shared_ptr<EVP_PKEY> key_;
  CaChain chain_;
};

}  // namespace iotemu::load
