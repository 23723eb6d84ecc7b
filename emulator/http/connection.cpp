#include "emulator/http/connection.h"

#include <boost/asio/dispatch.hpp>

#include "base/log.h"
#include "emulator/http/response_text.h"

namespace iotemu::http {
namespace {

namespace asio = boost::asio;
using Error = boost::system::error_code;

constexpr std::size_t kReadSize = 16 * 1024;
/// How much of a refused request is still read, so that the refusal is not lost in a reset.
constexpr std::size_t kDrainLimit = 2 * 1024 * 1024;
constexpr std::chrono::milliseconds kDrainTime{2'000};

/// What the log may hold of a target: the query can carry a presigned URL's signature and session token.
std::string_view loggable(std::string_view target) {
  return target.substr(0, target.find('?'));
}

}  // namespace

Connection::Connection(ServerContext& context, std::unique_ptr<Transport> transport, std::string peer,
                       std::function<void(Connection*)> on_gone, std::string reached)
    : context_{context},
      transport_{std::move(transport)},
      deadline_{*context.io},
      peer_{std::move(peer)},
      reached_{std::move(reached)},
      on_gone_{std::move(on_gone)},
      reader_{context.options.limits} {}

Connection::~Connection() = default;

void Connection::start() {
  arm(context_.options.handshake_time);
  transport_->open([self = shared_from_this()](bool ok, std::size_t) {
    if (self->closed_) return;
    if (!ok) return self->linger();  // an alert of ours shall arrive, not a reset
    self->step();
  });
}

void Connection::finish() {
  finishing_ = true;
  keep_alive_ = false;
  if (!handling_) close();
}

void Connection::arm(std::chrono::milliseconds limit) {
  deadline_.expires_after(limit);
  deadline_.async_wait([self = weak_from_this()](Error error) {
    if (error) return;
    if (const auto connection = self.lock()) connection->close();
  });
}

void Connection::read() {
  const auto phase = reader_.idle(input_) ? Phase::idle : phase_ == Phase::body ? Phase::body : Phase::head;
  // A deadline runs from the beginning of its phase: a byte now and then does not extend it.
  if (phase != phase_ || phase == Phase::idle) {
    arm(phase == Phase::idle   ? context_.options.idle_time
        : phase == Phase::head ? context_.options.head_time
                               : context_.options.body_time);
  }
  phase_ = phase;
  const auto old_size = input_.size();
  input_.resize(old_size + kReadSize);
  transport_->read(input_.data() + old_size, kReadSize,
                   [self = shared_from_this(), old_size](bool ok, std::size_t size) {
                     self->input_.resize(old_size + size);
                     if (!ok || self->closed_) return self->close();
                     self->step();
                   });
}

void Connection::step() {
  switch (reader_.advance(input_)) {
    case RequestReader::Step::need_more:
      return read();
    case RequestReader::Step::head:
      return judge_head();
    case RequestReader::Step::complete:
      return dispatch();
    case RequestReader::Step::refused:
      head_only_ = false;
      cors_origin_.clear();
      request_id_ = context_.random.uuid();
      return send(reader_.refusal(), false);
  }
}

void Connection::judge_head() {
  request_id_ = context_.random.uuid();
  head_only_ = reader_.request().method == "HEAD";
  ++requests_;
  keep_alive_ = reader_.keep_alive() && !finishing_ && requests_ < context_.options.requests_per_connection;
  auto verdict = judge(context_.options.guard, reader_.request(), reader_.authority());
  if (auto* answer = std::get_if<Response>(&verdict)) {
    cors_origin_.clear();
    log::info("HTTP request refused", {{"peer", peer_},
                                       {"method", reader_.request().method},
                                       {"target", loggable(reader_.request().target)},
                                       {"status", std::to_string(answer->status)}});
    return send(*answer, false);
  }
  auto& passage = std::get<Passage>(verdict);
  cors_origin_ = std::move(passage.cors_origin);
  foreign_ = passage.foreign;
  if (context_.options.body_limit) reader_.limit_body(context_.options.body_limit(reader_.request()));
  phase_ = Phase::body;
  arm(context_.options.body_time);
  if (!reader_.expects_continue() || !input_.empty()) return step();
  output_ = "HTTP/1.1 100 Continue\r\n\r\n";
  transport_->write(output_, [self = shared_from_this()](bool ok, std::size_t) {
    if (!ok || self->closed_) return self->close();
    self->step();
  });
}

void Connection::dispatch() {
  phase_ = Phase::other;
  handling_ = true;
  deadline_.cancel();
  auto request = reader_.take();
  request.id = request_id_;
  request.peer = peer_;
  request.reached = reached_;
  request.foreign = foreign_;
  request.tls = transport_->peer();
  log::debug("HTTP request",
             {{"id", request.id}, {"method", request.method}, {"target", loggable(request.target)}});
  // The responder may outlive the server: it keeps the io_context and counts as work until it has answered.
  auto token = std::make_shared<WorkToken>(context_.work);
  Responder responder{
      [io = context_.io, self = shared_from_this(), token, &work = context_.work](Response response) mutable {
        *token = WorkToken{work};  // it may have rested
        asio::dispatch(*io, [self = std::move(self), token = std::move(token),
                             response = std::move(response)]() mutable {
          if (!self->closed_) self->respond(std::move(response));
        });
      },
      [token] { *token = WorkToken{}; }};
  context_.handler(std::move(request), std::move(responder));
}

void Connection::respond(Response response) {
  if (!cors_origin_.empty()) add_cors_headers(response, cors_origin_);
  const bool keep_alive = keep_alive_ && !response.close;
  send(response, keep_alive);
}

void Connection::send(const Response& response, bool keep_alive) {
  handling_ = true;
  phase_ = Phase::other;
  output_ = to_bytes(response, {.request_id = request_id_,
                                .date = context_.clock.now(),
                                .keep_alive = keep_alive,
                                .head_only = head_only_});
  arm(context_.options.write_time);
  transport_->write(output_, [self = shared_from_this(), keep_alive](bool ok, std::size_t) {
    if (!ok || self->closed_) return self->close();
    self->handling_ = false;
    self->output_.clear();
    if (self->finishing_) return self->close();
    if (!keep_alive) return self->linger();
    self->step();
  });
}

void Connection::linger() {
  transport_->finish_writing();
  arm(kDrainTime);
  drain();
}

void Connection::drain() {
  input_.resize(kReadSize);
  transport_->discard(input_.data(), input_.size(), [self = shared_from_this()](bool ok, std::size_t size) {
    self->drained_ += size;
    if (!ok || self->closed_ || self->drained_ > kDrainLimit) return self->close();
    self->drain();
  });
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  deadline_.cancel();
  transport_->close();
  on_gone_(this);
}

}  // namespace iotemu::http
