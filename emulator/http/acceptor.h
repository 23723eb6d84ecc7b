#pragma once

// Accepts connections and survives the end of the file descriptors: a descriptor held in reserve is given up
// to accept and close the waiting client, so that the listener neither spins nor lets clients hang, and held
// connections are unharmed. POSIX accept under an Asio readiness wait.

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "base/result.h"

namespace iotemu::http {

class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  using OnAccept = std::function<void(boost::asio::ip::tcp::socket, boost::asio::ip::tcp::endpoint)>;

  Acceptor(boost::asio::io_context& io, OnAccept on_accept);
  ~Acceptor();

  /// Binds and listens; the port that was bound.
  [[nodiscard]] Result<std::uint16_t> open(const std::string& host, std::uint16_t port);
  /// Begins to accept; on the io_context's thread.
  void start();
  void close();

 private:
  void wait();
  void accept_all();
  void shed_one();

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  OnAccept on_accept_;
  int reserve_{-1};
};

}  // namespace iotemu::http
