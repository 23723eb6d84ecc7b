#include "mqtt/net/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <tuple>
#include <utility>

namespace iotemu::mqtt {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};

Error os_error(const std::string& what) {
  return Error{errno == EADDRINUSE ? Errc::conflict : Errc::io, what + ": " + std::strerror(errno)};
}

void set_flag(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);
}

std::pair<std::string, std::uint16_t> read(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return {text.data(), ntohs(v6.sin6_port)};
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  return {text.data(), ntohs(v4.sin_port)};
}

Result<Descriptor> bound(const addrinfo& address, const std::string& name, bool share) {
  Descriptor socket{::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket) return os_error("socket for " + name);
  set_flag(socket.get(), SOL_SOCKET, SO_REUSEADDR);
  if (share) set_flag(socket.get(), SOL_SOCKET, SO_REUSEPORT);
  if (address.ai_family == AF_INET6) set_flag(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0) return os_error("bind " + name);
  return socket;
}

}  // namespace

Result<Descriptor> listen_on(const std::string& host, std::uint16_t port, bool exclusive) {
  const std::string name = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string numeric = host == "localhost" ? "127.0.0.1" : host;
  if (::getaddrinfo(numeric.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return Error{Errc::invalid_request, "listen address \"" + host + "\" is neither numeric nor localhost"};
  }
  const std::unique_ptr<addrinfo, FreeAddresses> address{found};
  if (exclusive && port != 0) {
    // Without SO_REUSEPORT a port that anybody listens on is refused; with it the kernel would share it
    // silently.
    Result<Descriptor> probe = bound(*address, name, false);
    if (!probe) return probe.error();
    if (::listen(probe->get(), 1) != 0) return os_error("listen on " + name);
  }
  Result<Descriptor> socket = bound(*address, name, true);
  if (!socket) return socket.error();
  if (::listen(socket->get(), SOMAXCONN) != 0) return os_error("listen on " + name);
  return socket;
}

std::uint16_t local_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return read(address).second;
}

Result<AcceptedSocket> accept_on(int listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  Descriptor socket{
      ::accept4(listener, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!socket) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return Error{Errc::unavailable, "no client waits"};
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return Error{Errc::limit_exceeded, std::string{"accept: "} + std::strerror(errno)};
    }
    return os_error("accept");
  }
  set_flag(socket.get(), IPPROTO_TCP, TCP_NODELAY);
  AcceptedSocket accepted{.socket = std::move(socket)};
  std::tie(accepted.address, accepted.port) = read(address);
  size = sizeof address;
  ::getsockname(accepted.socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  std::tie(accepted.local_address, accepted.local_port) = read(address);
  return accepted;
}

}  // namespace iotemu::mqtt
