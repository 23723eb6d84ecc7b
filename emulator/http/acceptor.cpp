#include "emulator/http/acceptor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cerrno>

#include "base/log.h"

namespace iotemu::http {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using asio::ip::tcp;

constexpr int kBacklog = 1'024;
constexpr std::chrono::milliseconds kPause{100};

int open_reserve() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

Error listen_error(const std::string& host, std::uint16_t port, const ErrorCode& error) {
  return Error{Errc::io, "Cannot listen on " + host + ":" + std::to_string(port) + ": " + error.message()};
}

}  // namespace

Acceptor::Acceptor(asio::io_context& io, OnAccept on_accept)
    : io_{io}, acceptor_{io}, pause_{io}, on_accept_{std::move(on_accept)}, reserve_{open_reserve()} {}

Acceptor::~Acceptor() {
  if (reserve_ >= 0) ::close(reserve_);
}

Result<std::uint16_t> Acceptor::open(const std::string& host, std::uint16_t port) {
  ErrorCode error;
  tcp::resolver resolver{io_};
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty()) return listen_error(host, port, error);
  const tcp::endpoint endpoint = found.begin()->endpoint();

  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(kBacklog, error);
  if (!error) acceptor_.non_blocking(true, error);
  if (error) return listen_error(host, port, error);
  return acceptor_.local_endpoint().port();
}

void Acceptor::start() {
  wait();
}

void Acceptor::close() {
  ErrorCode ignored;
  pause_.cancel(ignored);
  acceptor_.close(ignored);
}

void Acceptor::wait() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [self = shared_from_this()](ErrorCode error) {
    if (!error) self->accept_all();
  });
}

void Acceptor::accept_all() {
  while (acceptor_.is_open()) {
    tcp::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    const int descriptor =
        ::accept4(acceptor_.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      peer.resize(size);
      ErrorCode error;
      tcp::socket socket{io_};
      socket.assign(acceptor_.local_endpoint().protocol(), descriptor, error);
      if (error) {
        ::close(descriptor);
        continue;
      }
      socket.set_option(tcp::no_delay{true}, error);
      on_accept_(std::move(socket), peer);
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return wait();
    // EMFILE, ENFILE, ENOBUFS, ENOMEM: shed one client, then leave the kernel some air.
    shed_one();
    pause_.expires_after(kPause);
    pause_.async_wait([self = shared_from_this()](ErrorCode error) {
      if (!error) self->wait();
    });
    return;
  }
}

void Acceptor::shed_one() {
  log::warn("An HTTP listener is out of file descriptors: a client was turned away");
  if (reserve_ >= 0) ::close(reserve_);
  const int descriptor = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
  if (descriptor >= 0) ::close(descriptor);
  reserve_ = open_reserve();
}

}  // namespace iotemu::http
