#pragma once

// Inside of CaFixture: a certificate authority and the clock by which its certificates are dated.

#include <memory>
#include <string>

#include "base/clock.h"
#include "fixtures/authority.h"
#include "iotemu/emulator.h"

namespace iotemu {

struct CaFixture::State {
  /// A self-signed CA, or one below `parent`. Throws std::runtime_error if OpenSSL refuses what is asked.
  static std::shared_ptr<const State> make(const CaOptions& options, std::shared_ptr<const Clock> clock,
                                           const State* parent = nullptr);

  fixtures::Authority authority;
  std::shared_ptr<const Clock> clock{};
  std::string id{};
  std::string certificate_pem{};
  std::string private_key_pem{};
  /// This CA and those above it.
  std::string chain_pem{};
};

}  // namespace iotemu
