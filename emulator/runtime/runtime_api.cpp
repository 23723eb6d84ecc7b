#include "emulator/runtime/runtime_api.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/json.h"
#include "emulator/http/acceptor.h"
#include "emulator/http/connection.h"

namespace iotemu::runtime {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::string_view kVersion = "2018-06-01";
/// What is read of an answer that is too long, so that its function is told the reason.
constexpr std::size_t kReadBytes = 32 * 1024 * 1024;
constexpr std::size_t kConnections = 16;
/// Longer than any function may run.
constexpr std::chrono::minutes kIdleTime{30};

http::ServerOptions server_options() {
  http::ServerOptions options;
  options.limits.body = kReadBytes;
  options.idle_time = kIdleTime;
  options.requests_per_connection = 1'000'000'000;
  options.connections = kConnections;
  return options;
}

http::Response failure(unsigned status, std::string_view type, std::string_view message) {
  return {.status = status, .body = to_text(Json{{"errorMessage", message}, {"errorType", type}})};
}

http::Response accepted() {
  return {.status = 202, .body = R"({"status":"OK"})"};
}

http::Response wrong_id() {
  return failure(400, "InvalidRequestID", "Invalid request ID");
}

/// A header's value in one line, whatever it holds.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return text;
}

ReportedError reported(http::Request& request) {
  const auto* type = request.header("Lambda-Runtime-Function-Error-Type");
  return {.type = type == nullptr ? "" : *type, .document = std::move(request.body)};
}

}  // namespace

/// Lives as long as a connection does: Connection holds references to its context.
struct RuntimeApi::State : std::enable_shared_from_this<State> {
  State(std::shared_ptr<asio::io_context> loop, const Clock& clock, Random& random, RuntimeClient& user,
        std::string secret)
      : io{std::move(loop)},
        client{&user},
        token{std::move(secret)},
        handler{[this](http::Request request, const http::Responder& respond) {
          route(std::move(request), respond);
        }},
        context{options, handler, clock, random, work, io} {}

  Result<std::uint16_t> listen() {
    acceptor = std::make_shared<http::Acceptor>(
        *io, [weak = weak_from_this()](tcp::socket socket, const tcp::endpoint&) {
          if (const auto self = weak.lock()) self->adopt(std::move(socket));
        });
    auto bound = acceptor->open("127.0.0.1", 0);
    if (bound) acceptor->start();
    return bound;
  }

  void adopt(tcp::socket socket) {
    if (connections.size() >= options.connections) return;
    const auto connection = std::make_shared<http::Connection>(
        context, http::over_tcp(std::move(socket)), "function",
        [self = shared_from_this()](http::Connection* gone) { self->forget(gone); });
    connections.insert(connection.get());
    connection->start();
  }

  void forget(http::Connection* gone) {
    connections.erase(gone);
    if (connections.empty() && client != nullptr) client->disconnected();
  }

  void close() {
    client = nullptr;
    if (acceptor) acceptor->close();
    const auto open = connections;  // finish() may erase
    for (auto* connection : open) connection->finish();
  }

  void route(http::Request request, const http::Responder& respond) {
    const auto& path = request.segments;
    if (client == nullptr) return respond({.status = 410, .close = true});
    // Neither a page of some site nor a neighbour must answer in the place of the function.
    if (!is_the_functions(request)) {
      return respond(failure(403, "Forbidden", "this endpoint is its function's own"));
    }
    const bool known = path.size() >= 3 && path[0] == kVersion && path[1] == "runtime";
    if (known && request.method == "GET" && path.size() == 4 && path[2] == "invocation" &&
        path[3] == "next") {
      if (client->next(respond)) return;
      return respond(failure(403, "InvalidStateTransition", "the event before this one is not answered yet"));
    }
    if (known && request.method == "POST" && path.size() == 4 && path[2] == "init" && path[3] == "error") {
      client->init_failed(reported(request));
      return respond(accepted());
    }
    if (known && request.method == "POST" && path.size() == 5 && path[2] == "invocation") {
      if (path[4] == "response") return take_answer(std::move(request), respond);
      if (path[4] == "error") {
        return respond(client->failed(path[3], reported(request)) ? accepted() : wrong_id());
      }
    }
    respond(failure(404, "NotFound", "the runtime API has no " + request.method + " " + request.target));
  }

  [[nodiscard]] bool is_the_functions(const http::Request& request) const {
    const bool browser = request.header("Origin") != nullptr || request.header("Sec-Fetch-Site") != nullptr;
    if (request.foreign || browser) return false;
    const auto* shown = request.header(kRuntimeTokenHeader);
    return token.empty() || (shown != nullptr && *shown == token);
  }

  void take_answer(http::Request request, const http::Responder& respond) {
    const std::string id = request.segments[3];
    if (request.body.size() > kMaxPayloadBytes) {
      const auto sentence = "Response payload size exceeded maximum allowed payload size (" +
                            std::to_string(kMaxPayloadBytes) + " bytes).";
      const Json document{{"errorMessage", sentence}, {"errorType", "Function.ResponseSizeTooLarge"}};
      const bool known =
          client->failed(id, {.type = "Function.ResponseSizeTooLarge", .document = to_text(document)});
      return respond(known ? failure(413, "RequestEntityTooLarge", sentence) : wrong_id());
    }
    respond(client->answered(id, std::move(request.body)) ? accepted() : wrong_id());
  }

  std::shared_ptr<asio::io_context> io;
  RuntimeClient* client;
  std::string token;
  WorkCounter work;  ///< A child that waits for its next event is no work under way.
  http::ServerOptions options = server_options();
  http::Handler handler;
  http::ServerContext context;
  std::shared_ptr<http::Acceptor> acceptor;
  std::unordered_set<http::Connection*> connections;
  std::uint16_t port{0};
};

http::Response event_response(const EventHead& head, std::string payload) {
  http::Response response{.body = std::move(payload)};
  response.headers = {{"Lambda-Runtime-Aws-Request-Id", head.request_id},
                      {"Lambda-Runtime-Deadline-Ms", std::to_string(head.deadline_ms)},
                      {"Lambda-Runtime-Invoked-Function-Arn", head.function_arn}};
  if (!head.trace_id.empty()) {
    response.headers.push_back({"Lambda-Runtime-Trace-Id", one_line(head.trace_id)});
  }
  if (!head.client_context.empty()) {
    response.headers.push_back({"Lambda-Runtime-Client-Context", one_line(head.client_context)});
  }
  return response;
}

Result<std::unique_ptr<RuntimeApi>> RuntimeApi::open(std::shared_ptr<asio::io_context> io, const Clock& clock,
                                                     Random& random, RuntimeClient& client,
                                                     std::string token) {
  auto state = std::make_shared<State>(std::move(io), clock, random, client, std::move(token));
  const auto port = state->listen();
  if (!port) return port.error();
  state->port = *port;
  return std::unique_ptr<RuntimeApi>{new RuntimeApi{std::move(state)}};
}

RuntimeApi::~RuntimeApi() {
  close();
}

std::uint16_t RuntimeApi::port() const {
  return state_->port;
}

bool RuntimeApi::quiet() const {
  return state_->connections.empty();
}

void RuntimeApi::close() {
  state_->close();
}

}  // namespace iotemu::runtime
