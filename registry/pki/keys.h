#pragma once

// Private keys. OpenSSL's generator makes them; a Secret that holds one as text is wiped when it goes, while
// the answers that are written from it are ordinary memory. RSA generation takes a hundred milliseconds and
// more: call it where blocking is allowed, never under a lock.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace iotemu::registry::pki {

enum class KeyKind { ec_p256, ec_p384, ec_p521, rsa_2048, rsa_3072, rsa_4096 };

/// Text that is overwritten when it is destroyed. Moves, never copies by accident.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_{std::move(text)} {}
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void wipe();
  std::string text_;
};

/// A cheap immutable handle to one key pair; any thread.
class PrivateKey {
 public:
  static Result<PrivateKey> generate(KeyKind kind);
  /// Unencrypted PKCS#1, SEC1 or PKCS#8. Fails with Errc::invalid_request.
  static Result<PrivateKey> from_pem(std::string_view pem);

  /// `BEGIN RSA PRIVATE KEY` or `BEGIN EC PRIVATE KEY`, the form the service answers (P2.2).
  [[nodiscard]] Secret private_pem() const;
  /// `BEGIN PUBLIC KEY`.
  [[nodiscard]] std::string public_pem() const;
  /// SubjectPublicKeyInfo in DER; equals Certificate::public_key_der() of a certificate for this key.
  [[nodiscard]] std::string public_key_der() const;

  struct Impl;
  explicit PrivateKey(std::shared_ptr<const Impl> impl) : impl_{std::move(impl)} {}
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace iotemu::registry::pki
