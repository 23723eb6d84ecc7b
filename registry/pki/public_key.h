#pragma once

// RSA public keys that verify the tokens of custom authorizers. A cheap immutable handle; any thread.

#include <memory>
#include <string_view>

#include "base/result.h"

namespace iotemu::registry::pki {

class RsaPublicKey {
 public:
  /// `BEGIN PUBLIC KEY`, or `BEGIN RSA PUBLIC KEY` of PKCS#1. Errc::invalid_request: no such block, not
  /// readable, or another kind of key.
  static Result<RsaPublicKey> from_pem(std::string_view pem);

  [[nodiscard]] int bits() const;
  /// RSASSA-PKCS1-v1_5 with SHA-256.
  [[nodiscard]] bool verifies(std::string_view text, std::string_view signature) const;

 private:
  struct Impl;
  explicit RsaPublicKey(std::shared_ptr<const Impl> impl) : impl_{std::move(impl)} {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace iotemu::registry::pki
