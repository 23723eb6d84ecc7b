#include "mqtt/net/server.h"

#include <sys/epoll.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "mqtt/net/listener.h"
#include "mqtt/net/pump.h"
#include "mqtt/net/socket.h"
#include "mqtt/net/worker.h"

namespace iotemu::mqtt {
namespace {

constexpr std::size_t kMostWorkers = 255;

std::size_t worker_count(std::size_t asked) {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  return std::min(asked == 0 ? cores : asked, kMostWorkers);
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions given, Authenticator& authenticator, Clock& the_clock, Random& the_random,
       WorkCounter& counter)
      : options{std::move(given)},
        clock{the_clock},
        random{the_random},
        pumps{.connection = {.options = options.broker,
                             .authenticator = authenticator,
                             .random = random,
                             .connect_wait = options.connect_wait},
              .linger = options.linger} {
    // A packet of the largest size beside a turn's worth of others.
    const std::size_t read_buffer = options.broker.max_packet + 128 * 1024;
    const std::size_t count = worker_count(options.workers);
    for (std::size_t i = 0; i < count; ++i) {
      workers.push_back(std::make_unique<Worker>(i, clock, counter, options.manual_time, read_buffer));
    }
    for (auto& worker : workers) worker->start();
  }

  /// Runs `task` on every worker and waits until all have.
  void on_all(const std::function<void(Worker&)>& task) {
    std::vector<std::future<void>> done;
    for (auto& worker : workers) {
      std::promise<void> promise;
      done.push_back(promise.get_future());
      worker->post([&task, &worker = *worker, promise = std::move(promise)]() mutable {
        task(worker);
        promise.set_value();
      });
    }
    for (auto& one : done) one.wait();
  }

  const ServerOptions options;
  Clock& clock;
  Random& random;
  PumpContext pumps;
  Snapshot<tls::ServerContext> tls{nullptr};
  std::vector<std::unique_ptr<Worker>> workers;
  std::mutex mutex;  // brokers, stopped
  std::vector<std::unique_ptr<Broker>> brokers;
  bool stopped{false};
};

Server::Server(ServerOptions options, Authenticator& authenticator, Clock& clock, Random& random,
               WorkCounter& counter)
    : impl_{std::make_unique<Impl>(std::move(options), authenticator, clock, random, counter)} {}

Server::~Server() {
  stop();
  // Pumps and listeners hold timers of their worker, sessions too: brokers go first, then the workers.
  impl_->brokers.clear();
}

Broker& Server::make_broker(BrokerObserver* observer) {
  std::vector<Loop*> loops;
  for (auto& worker : impl_->workers) loops.push_back(worker.get());
  const std::lock_guard lock{impl_->mutex};
  impl_->brokers.push_back(std::make_unique<Broker>(impl_->options.broker, std::move(loops), impl_->clock,
                                                    impl_->random, observer));
  return *impl_->brokers.back();
}

Status Server::set_tls(const tls::Material& material) {
  auto context = tls::ServerContext::make(
      material, {.alpn = impl_->options.alpn, .ask_in_handshake = impl_->options.ask_in_handshake});
  if (!context) return context.error();
  impl_->tls.publish(std::move(*context));
  return Ok{};
}

Result<std::uint16_t> Server::listen(const std::string& host, std::uint16_t port) {
  if (impl_->tls.get() == nullptr)
    return Error{Errc::invalid_request, "listen: the server has no certificate yet"};
  const std::lock_guard lock{impl_->mutex};
  if (impl_->stopped) return Error{Errc::unavailable, "listen: the server has stopped"};
  std::vector<Descriptor> sockets;
  for (std::size_t i = 0; i < impl_->workers.size(); ++i) {
    Result<Descriptor> socket = listen_on(host, port, i == 0);
    if (!socket) return socket.error();
    if (port == 0) port = local_port(socket->get());
    sockets.push_back(std::move(*socket));
  }
  impl_->on_all([&](Worker& worker) {
    auto listener =
        std::make_unique<Listener>(impl_->pumps, worker, impl_->tls, std::move(sockets[worker.index()]));
    const int fd = listener->fd();
    worker.watch(fd, std::move(listener), EPOLLIN);
  });
  return port;
}

void Server::stop() {
  {
    const std::lock_guard lock{impl_->mutex};
    if (std::exchange(impl_->stopped, true)) return;
  }
  impl_->on_all([](Worker& worker) { worker.stop_listening(); });
  {
    const std::lock_guard lock{impl_->mutex};
    for (auto& broker : impl_->brokers) broker->disconnect_all(CloseReason::server_shutdown);
  }
  // A worker's turn with the disconnects has ended when the first round is over, and what it posted to the
  // others has run when the second is.
  impl_->on_all([](Worker&) {});
  impl_->on_all([](Worker&) {});
  impl_->on_all([](Worker& worker) { worker.stop_watched(); });
  for (auto& worker : impl_->workers) worker->stop();
}

std::optional<Tick> Server::next_due() const {
  std::optional<Tick> earliest;
  for (const auto& worker : impl_->workers) {
    const auto due = worker->next_due();
    if (due && (!earliest || *due < *earliest)) earliest = due;
  }
  return earliest;
}

void Server::fire_due() {
  for (auto& worker : impl_->workers) {
    worker->post([&worker = *worker] { worker.timers().fire_due(worker.tick()); });
  }
}

std::size_t Server::workers() const {
  return impl_->workers.size();
}

std::size_t Server::connections() const {
  std::size_t all = 0;
  for (const auto& worker : impl_->workers) all += worker->connections();
  return all;
}

}  // namespace iotemu::mqtt
