#pragma once

// Where clients connect to: looked up once, before the load begins, so that no look-up disturbs it.
// Immutable; any thread.

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace iotemu::load {

struct Address {
  sockaddr_storage storage{};
  socklen_t size{};
};

struct Endpoint {
  /// As it was given; the server's certificate is held against it.
  std::string host{};
  std::uint16_t port{};
  /// At least one. Clients take them in turn.
  std::vector<Address> addresses{};

  [[nodiscard]] const Address& address(std::size_t turn) const { return addresses[turn % addresses.size()]; }
  /// Whether every address is this machine's own.
  [[nodiscard]] bool is_loopback() const;
  /// A number such as 127.0.0.1 or ::1, which SNI does not carry.
  [[nodiscard]] bool is_numeric() const;
};

/// Blocks for the look-up. Fails with Errc::not_found and the resolver's reason.
Result<Endpoint> resolve(std::string_view host, std::uint16_t port);

/// 127.0.0.1 without any look-up.
[[nodiscard]] Endpoint loopback(std::uint16_t port);

}  // namespace iotemu::load
