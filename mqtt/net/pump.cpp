#include "mqtt/net/pump.h"

#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace iotemu::mqtt {
namespace {

// What one client may bring into one turn; the others wait meanwhile.
constexpr std::size_t kReadPerTurn = 64 * 1024;
// Unsent bytes worth an attempt before the turn ends.
constexpr std::size_t kFlushEarly = 64 * 1024;

}  // namespace

Pump::Pump(const PumpContext& context, Worker& worker, const tls::ServerContext& tls, Descriptor socket,
           PeerIdentity peer)
    : context_{context},
      worker_{worker},
      socket_{std::move(socket)},
      ssl_{tls.accept(socket_.get(), *this)},
      peer_{std::make_unique<PeerIdentity>(std::move(peer))},
      output_{worker.blocks()},
      linger_{worker.timers(), [this] { bury(); }},
      connection_{context.connection, worker, *this} {
  ++worker_.connections();
}

Pump::~Pump() {
  worker_.forget(*this);
  --worker_.connections();
}

void Pump::on_ready(std::uint32_t events) {
  if (state_ == State::gone) return;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (interest_ & EPOLLIN) == 0) {
    lost_ = true;
    worker_.at_turn_end(*this);
    return;
  }
  if ((events & EPOLLOUT) != 0) {
    write_blocked_ = false;
    worker_.at_turn_end(*this);
  }
  switch (state_) {
    case State::handshaking:
      handshake();
      break;
    case State::open:
      if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read();
      break;
    case State::lingering:
      discard_input();
      break;
    case State::closing:
    case State::gone:
      break;
  }
}

void Pump::on_more() {
  if (state_ == State::open) read();
}

void Pump::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    state_ = State::open;
    if (interest_ != EPOLLIN) worker_.at_turn_end(*this);
    read();  // the CONNECT often comes with the client's last flight
    return;
  }
  failed(result);
}

// Tells a TLS call that could not finish from one that never will.
void Pump::failed(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return;
  worker_.at_turn_end(*this);
  if (error == SSL_ERROR_WANT_WRITE) {
    write_blocked_ = true;
    return;
  }
  if (error != SSL_ERROR_ZERO_RETURN) tls_usable_ = false;
  if (state_ == State::handshaking) {
    const unsigned long code = ERR_peek_error();
    const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    log::info("TLS handshake failed",
              {{"peer", peer_->address}, {"why", reason != nullptr ? reason : "end of stream"}});
    if (reason != nullptr) context_.connection.authenticator.on_handshake_failed(*peer_, reason);
  }
  lost_ = true;
}

void Pump::read() {
  if (paused_) return;
  const std::span<std::uint8_t> buffer = worker_.read_buffer();
  std::size_t filled = partial_.size();
  std::memcpy(buffer.data(), partial_.data(), filled);
  filled = read_records(filled);
  if (filled == 0) return;
  const std::size_t used = connection_.on_bytes(buffer.first(filled));
  if (used == filled || connection_.closed()) {
    if (!partial_.empty()) partial_ = {};
  } else {
    partial_.assign(reinterpret_cast<const char*>(buffer.data()) + used, filled - used);
  }
}

std::size_t Pump::read_records(std::size_t filled) {
  const std::span<std::uint8_t> buffer = worker_.read_buffer();
  const std::size_t limit = std::min(buffer.size(), filled + kReadPerTurn);
  while (filled < limit) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), buffer.data() + filled, limit - filled, &got);
    if (result != 1) {
      failed(result);
      return filled;
    }
    filled += got;
    if (SSL_has_pending(ssl_.get()) == 0) return filled;  // epoll tells when there is more
  }
  worker_.read_again(*this);
  return filled;
}

void Pump::flush() {
  while (!output_.empty() && !write_blocked_ && tls_usable_) {
    const std::string_view record = output_.front();
    ERR_clear_error();
    std::size_t sent = 0;
    const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &sent);
    if (result == 1) {
      output_.pop(sent);
    } else {
      failed(result);
      if (!write_blocked_) return;
    }
  }
}

void Pump::on_turn_end() {
  if (state_ == State::gone || state_ == State::lingering) return;
  if (std::exchange(resumed_, false) && state_ == State::open && !lost_) read();
  flush();
  if (lost_) {
    const bool alert_is_out = state_ == State::handshaking;
    connection_.on_lost();  // may call close()
    if (tls_usable_ || alert_is_out) {
      say_goodbye();  // an alert or close_notify of ours shall arrive, not a reset
    } else {
      bury();
    }
    return;
  }
  if (state_ == State::closing && (output_.empty() || !tls_usable_)) {
    say_goodbye();
    return;
  }
  if (notify_when_sent_ && output_.size() <= context_.connection.options.output_low_mark) {
    notify_when_sent_ = false;
    connection_.on_room();
    flush();
  }
  update_interest();
}

void Pump::update_interest() {
  const bool reading =
      state_ == State::handshaking || state_ == State::lingering || (state_ == State::open && !paused_);
  const std::uint32_t wanted =
      (reading ? std::uint32_t{EPOLLIN} : 0U) | (write_blocked_ ? std::uint32_t{EPOLLOUT} : 0U);
  if (wanted == interest_) return;
  interest_ = wanted;
  worker_.change(socket_.get(), *this, wanted);
}

void Pump::say_goodbye() {
  if (state_ == State::lingering || state_ == State::gone) return;
  if (tls_usable_ && SSL_is_init_finished(ssl_.get()) != 0) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ::shutdown(socket_.get(), SHUT_WR);
  output_.clear();
  partial_ = {};
  write_blocked_ = false;
  state_ = State::lingering;
  linger_.arm(worker_.tick() + context_.linger);
  update_interest();
  discard_input();
}

void Pump::discard_input() {
  std::array<char, 4096> bytes;
  for (int i = 0; i < 16; ++i) {
    const auto got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got > 0) continue;
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    bury();
    return;
  }
}

void Pump::bury() {
  if (state_ == State::gone) return;
  state_ = State::gone;
  connection_.on_lost();
  linger_.disarm();
  worker_.give_back(socket_.get(), *this);
}

void Pump::on_stop() {
  if (state_ == State::gone) return;
  connection_.on_lost();
  flush();
  if (state_ != State::lingering) say_goodbye();
  bury();
}

bool Pump::accepts(std::vector<std::string> chain) {
  PeerIdentity identity = *peer_;
  identity.chain = std::move(chain);
  identity.server_name = tls::server_name(*ssl_);
  identity.tls_version = SSL_get_version(ssl_.get());
  return context_.connection.authenticator.accepts_in_handshake(identity);
}

const PeerIdentity& Pump::peer() {
  if (peer_->chain.empty() && ssl_ && SSL_is_init_finished(ssl_.get()) != 0) {
    peer_->chain = tls::peer_chain(*ssl_);
    peer_->server_name = tls::server_name(*ssl_);
    peer_->tls_version = SSL_get_version(ssl_.get());
  }
  return *peer_;
}

void Pump::forget_peer() {
  peer_.reset();
  tls::forget_peer(*ssl_);
}

std::string& Pump::output(std::size_t size) {
  worker_.at_turn_end(*this);
  return output_.room_for(size);
}

std::size_t Pump::unsent() {
  if (output_.size() > kFlushEarly && !write_blocked_ && !lost_) flush();
  return output_.size();
}

void Pump::pause_reading() {
  paused_ = true;
  worker_.at_turn_end(*this);
}

void Pump::resume_reading() {
  if (!std::exchange(paused_, false)) return;
  resumed_ = true;
  worker_.at_turn_end(*this);
}

void Pump::close() {
  if (state_ == State::handshaking || state_ == State::open) {
    state_ = State::closing;
    linger_.arm(worker_.tick() + context_.linger);  // for a peer that does not take the last bytes either
    worker_.at_turn_end(*this);
  }
}

}  // namespace iotemu::mqtt
