#pragma once

// The few socket calls that listening and connecting need, with errors as values.

#include <cstdint>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace iotemu::mqtt {

/// A non-blocking listening socket that others may share the port with (SO_REUSEPORT): one for each worker.
/// For the first one of a fixed port, `exclusive` makes sure that no other process listens there already.
[[nodiscard]] Result<Descriptor> listen_on(const std::string& host, std::uint16_t port, bool exclusive);

/// The port that a socket is bound to.
[[nodiscard]] std::uint16_t local_port(int fd);

struct AcceptedSocket {
  Descriptor socket{};
  std::string address{};
  std::uint16_t port{};
  std::string local_address{};
  std::uint16_t local_port{};
};

/// The next client of a listening socket, non-blocking and without delay; Errc::unavailable if there is none,
/// Errc::limit_exceeded if the process has no descriptor left, Errc::io for a client that went away.
[[nodiscard]] Result<AcceptedSocket> accept_on(int listener);

}  // namespace iotemu::mqtt
