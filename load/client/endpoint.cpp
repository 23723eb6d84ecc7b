#include "load/client/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/free.h"

namespace iotemu::load {
namespace {

bool is_loopback_address(const Address& address) {
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.storage, sizeof v4);
    return (ntohl(v4.sin_addr.s_addr) >> 24U) == 127;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address.storage, sizeof v6);
  return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
}

}  // namespace

bool Endpoint::is_loopback() const {
  return std::all_of(addresses.begin(), addresses.end(), is_loopback_address);
}

bool Endpoint::is_numeric() const {
  in6_addr any{};
  return ::inet_pton(AF_INET, host.c_str(), &any) == 1 || ::inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

Result<Endpoint> resolve(std::string_view host, std::uint16_t port) {
  Endpoint endpoint{.host = std::string{host}, .port = port};
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failure = ::getaddrinfo(endpoint.host.c_str(), std::to_string(port).c_str(), &hints, &list);
  const std::unique_ptr<addrinfo, Free<::freeaddrinfo>> owner{list};
  if (failure != 0) {
    return Error{
        .code = Errc::not_found,
        .message = "cannot look up the endpoint '" + endpoint.host + "': " + ::gai_strerror(failure)};
  }
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    Address address{.size = at->ai_addrlen};
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    endpoint.addresses.push_back(address);
  }
  // A name with addresses of both families: one family only, the resolver's first, so that a listener that
  // has just one of them does not fail every second client.
  const auto family = endpoint.addresses.front().storage.ss_family;
  const bool prefers_v4 = endpoint.is_loopback();
  const auto wanted =
      prefers_v4 && std::any_of(endpoint.addresses.begin(), endpoint.addresses.end(),
                                [](const Address& a) { return a.storage.ss_family == AF_INET; })
          ? sa_family_t{AF_INET}
          : family;
  std::erase_if(endpoint.addresses, [&](const Address& a) { return a.storage.ss_family != wanted; });
  return endpoint;
}

Endpoint loopback(std::uint16_t port) {
  Endpoint endpoint{.host = "127.0.0.1", .port = port};
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Address address{.size = sizeof v4};
  std::memcpy(&address.storage, &v4, sizeof v4);
  endpoint.addresses.push_back(address);
  return endpoint;
}

}  // namespace iotemu::load
