#pragma once

// The pump of one HTTP connection: bytes of its transport into the reader, answers out, one deadline timer.
// Lives by its own pending I/O; touched only on the server's thread (Responder posts there).

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "emulator/http/server.h"
#include "emulator/http/transport.h"

namespace iotemu::http {

/// What all connections of a server share; owned by the server, outlives them.
struct ServerContext {
  const ServerOptions& options;
  const Handler& handler;
  const Clock& clock;
  Random& random;
  WorkCounter& work;
  std::shared_ptr<boost::asio::io_context> io;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// `on_gone` runs once, when the connection's socket is closed. `reached`: our address.
  Connection(ServerContext& context, std::unique_ptr<Transport> transport, std::string peer,
             std::function<void(Connection*)> on_gone, std::string reached = {});
  ~Connection();

  void start();
  /// Closes at once if no request is under way, else after its answer.
  void finish();
  [[nodiscard]] const std::string& peer() const { return peer_; }

 private:
  void read();
  void step();
  void judge_head();
  void dispatch();
  void respond(Response response);
  void send(const Response& response, bool keep_alive);
  void linger();
  void drain();
  void close();
  void arm(std::chrono::milliseconds limit);

  ServerContext& context_;
  std::unique_ptr<Transport> transport_;
  boost::asio::steady_timer deadline_;
  std::string peer_;
  const std::string reached_;
  std::function<void(Connection*)> on_gone_;

  RequestReader reader_;
  std::string input_;
  std::string output_;
  std::string request_id_;
  std::string cors_origin_;
  bool foreign_{false};  ///< the page that asks is
  std::size_t requests_{0};
  std::size_t drained_{0};
  bool head_only_{false};
  bool keep_alive_{false};
  bool handling_{false};   ///< the handler owes an answer, or the answer is being written
  bool finishing_{false};  ///< the server stops
  bool closed_{false};
  enum class Phase { idle, head, body, other } phase_{Phase::other};
};

}  // namespace iotemu::http
