#include "mqtt/net/listener.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include <memory>
#include <utility>

#include "base/log.h"
#include "mqtt/net/socket.h"

namespace iotemu::mqtt {
namespace {

constexpr int kAcceptsPerTurn = 16;
constexpr Duration kRest{100};

Descriptor spare_descriptor() {
  return Descriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

}  // namespace

Listener::Listener(const PumpContext& context, Worker& worker, const Snapshot<tls::ServerContext>& tls,
                   Descriptor socket)
    : context_{context},
      worker_{worker},
      tls_{tls},
      socket_{std::move(socket)},
      spare_{spare_descriptor()},
      rest_{worker.timers(), [this] { worker_.change(socket_.get(), *this, EPOLLIN); }} {}

void Listener::on_ready(std::uint32_t /*events*/) {
  for (int i = 0; i < kAcceptsPerTurn && !closed_; ++i) {
    Result<AcceptedSocket> client = accept_on(socket_.get());
    if (!client) {
      if (client.error().code == Errc::limit_exceeded) refuse_waiting();
      if (client.error().code == Errc::io) continue;
      return;
    }
    PeerIdentity peer{.address = std::move(client->address),
                      .port = client->port,
                      .local_address = std::move(client->local_address),
                      .local_port = client->local_port};
    auto pump = std::make_unique<Pump>(context_, worker_, *tls_, std::move(client->socket), std::move(peer));
    const int fd = pump->fd();
    worker_.watch(fd, std::move(pump), EPOLLIN);
  }
}

void Listener::refuse_waiting() {
  log::warn("no file descriptor left: new MQTT clients are turned away");
  spare_.reset();
  while (accept_on(socket_.get())) {  // accepted and closed at once
  }
  spare_ = spare_descriptor();
  rest();
}

void Listener::rest() {
  worker_.change(socket_.get(), *this, 0);
  rest_.arm(worker_.tick() + kRest);
}

void Listener::on_stop_listening() {
  if (std::exchange(closed_, true)) return;
  worker_.give_back(socket_.get(), *this);
}

}  // namespace iotemu::mqtt
