#include "emulator/http/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/log.h"
#include "base/lookout.h"
#include "base/snapshot.h"
#include "emulator/http/acceptor.h"
#include "emulator/http/connection.h"

namespace iotemu::http {

namespace asio = boost::asio;
using asio::ip::tcp;

struct Responder::Once {
  Once(Deliver d, std::function<void()> r) : deliver{std::move(d)}, rest{std::move(r)} {}
  ~Once() {
    if (deliver)
      deliver(refusal(500, "InternalFailureException", "The request was given up without an answer"));
  }
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;

  Deliver deliver;
  const std::function<void()> rest;
};

Responder::Responder(Deliver deliver, std::function<void()> rest)
    : once_{std::make_shared<Once>(std::move(deliver), std::move(rest))} {}

void Responder::rests() const {
  if (once_->rest) once_->rest();
}

void Responder::operator()(Response response) const {
  if (const auto deliver = std::exchange(once_->deliver, nullptr)) deliver(std::move(response));
}

/// Everything but what Server offers happens on the thread that runs the io_context.
class Server::Core {
 public:
  Core(ServerOptions options, Handler handler, const Clock& clock, Random& random, WorkCounter& work)
      : options_{std::move(options)},
        handler_{std::move(handler)},
        io_{std::make_shared<asio::io_context>(1)},
        context_{options_, handler_, clock, random, work, io_},
        stop_limit_{*io_} {}

  Result<std::uint16_t> bind(const std::string& host, std::uint16_t port) {
    if (options_.tls && tls_.get() == nullptr)
      return Error{Errc::invalid_request, "listen: the server has no certificate yet"};
    auto acceptor = std::make_shared<Acceptor>(
        *io_, [this](tcp::socket socket, const tcp::endpoint& peer) { adopt(std::move(socket), peer); });
    auto bound = acceptor->open(host, port);
    if (bound) bound_.push_back(std::move(acceptor));
    return bound;
  }

  void accept() {
    asio::post(*io_, [this, bound = std::exchange(bound_, {})] {
      for (const auto& acceptor : bound) {
        acceptors_.push_back(acceptor);
        acceptor->start();
      }
    });
    if (!thread_.joinable()) {
      thread_ = std::thread{[this] { run(); }};
    }
  }

  Status set_tls(const tls::Material& material) {
    if (!options_.tls) return Error{Errc::invalid_request, "set_tls: the server speaks plain HTTP"};
    auto context = tls::ServerContext::make(
        material, {.alpn = options_.tls->alpn, .ask_in_handshake = static_cast<bool>(options_.tls->accepts)});
    if (!context) return context.error();
    tls_.publish(std::move(*context));
    return Ok{};
  }

  void read_what_came(std::shared_ptr<const void> until, int rounds) {
    asio::post(*io_, [this, until = std::move(until), rounds]() mutable {
      if (rounds > 0) read_what_came(std::move(until), rounds - 1);
    });
  }

  void stop() {
    if (!thread_.joinable()) return;
    asio::post(*io_, [this] { begin_stop(); });
    work_.reset();
    thread_.join();
  }

 private:
  void run() {
    // A TLS peer that has gone makes a write fail, not the process end.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    Lookout lookout;
    while (true) {
      try {
        while (io_->run_one() != 0) {
          while (io_->poll() != 0 || lookout.keep([this] { return io_->poll() != 0; })) {
          }
        }
        return;
      } catch (const std::exception& error) {
        log::error("An HTTP request broke its handler", {{"what", error.what()}});
      }
    }
  }

  std::unique_ptr<Transport> transport(tcp::socket socket, const tcp::endpoint& peer) const {
    if (!options_.tls) return over_tcp(std::move(socket));
    return over_tls(std::move(socket), *tls_.get(), *options_.tls,
                    {.address = peer.address().to_string(), .port = peer.port()});
  }

  void adopt(tcp::socket socket, const tcp::endpoint& endpoint) {
    std::string peer = endpoint.address().to_string();
    auto& count = per_peer_[peer];
    // Dropping the socket closes it: the client sees an end of file, never a hang.
    if (count >= options_.connections_per_peer || connections_.size() >= options_.connections) {
      log::warn("Too many HTTP connections: one was closed", {{"peer", peer}});
      if (count == 0) per_peer_.erase(peer);
      return;
    }
    ++count;
    boost::system::error_code gone_already;
    const auto own = socket.local_endpoint(gone_already);
    auto reached = gone_already ? std::string{} : own.address().to_string();
    const auto connection = std::make_shared<Connection>(
        context_, transport(std::move(socket), endpoint), std::move(peer),
        [this](Connection* gone) { forget(gone); }, std::move(reached));
    connections_.insert(connection.get());
    connection->start();
  }

  void forget(Connection* gone) {
    connections_.erase(gone);
    const auto peer = per_peer_.find(gone->peer());
    if (--peer->second == 0) per_peer_.erase(peer);
    if (stopping_ && connections_.empty()) stop_limit_.cancel();
  }

  void begin_stop() {
    stopping_ = true;
    for (const auto& acceptor : acceptors_) acceptor->close();
    acceptors_.clear();
    const auto open = connections_;  // finish() may erase
    for (auto* connection : open) connection->finish();
    if (connections_.empty()) return;
    stop_limit_.expires_after(options_.stop_time);
    stop_limit_.async_wait([this](boost::system::error_code error) {
      if (!error) io_->stop();
    });
  }

  ServerOptions options_;
  Handler handler_;
  std::shared_ptr<asio::io_context> io_;
  Snapshot<tls::ServerContext> tls_{nullptr};
  ServerContext context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_->get_executor()};
  asio::steady_timer stop_limit_;
  std::vector<std::shared_ptr<Acceptor>> bound_;  ///< of the thread that listens; nobody is accepted yet
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  std::unordered_set<Connection*> connections_;
  std::unordered_map<std::string, std::size_t> per_peer_;
  bool stopping_{false};
  std::thread thread_;
};

Server::Server(ServerOptions options, Handler handler, const Clock& clock, Random& random, WorkCounter& work)
    : core_{std::make_unique<Core>(std::move(options), std::move(handler), clock, random, work)} {}

Server::~Server() {
  stop();
}

Result<std::uint16_t> Server::listen(const std::string& host, std::uint16_t port) {
  auto bound = bind(host, port);
  if (bound) accept();
  return bound;
}

Result<std::uint16_t> Server::bind(const std::string& host, std::uint16_t port) {
  return core_->bind(host, port);
}

void Server::accept() {
  core_->accept();
}

Status Server::set_tls(const tls::Material& material) {
  return core_->set_tls(material);
}

void Server::read_what_came(std::shared_ptr<const void> until) {
  // Between two of these the loop looks what is ready: a connection, then its bytes, then its handler.
  constexpr int kRounds = 8;
  core_->read_what_came(std::move(until), kRounds);
}

void Server::stop() {
  core_->stop();
}

}  // namespace iotemu::http
