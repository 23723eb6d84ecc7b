#pragma once

// Keys and certificates for tests and benches of the broker alone, made with OpenSSL directly so that they
// need nothing above mqtt/.

#include <memory>
#include <string>
#include <string_view>

namespace iotemu::testing {

enum class TestKey { ec_p256, rsa_2048 };

/// A certificate and its key, as PEM. `chain_pem` is the leaf, followed by its issuer if there is one.
struct TestIdentity {
  std::string chain_pem{};
  std::string key_pem{};
};

/// Self-signed.
[[nodiscard]] TestIdentity make_test_authority(std::string_view common_name);
[[nodiscard]] TestIdentity make_test_identity(const TestIdentity& authority, std::string_view common_name,
                                              TestKey kind = TestKey::ec_p256);
/// The DER of the first certificate of a PEM text.
[[nodiscard]] std::string first_der(const std::string& pem);

}  // namespace iotemu::testing
