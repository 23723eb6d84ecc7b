#include "load/client/client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"

namespace iotemu::load {
namespace {

constexpr std::size_t kRecord = 16 * 1024;
constexpr std::size_t kBuffer = 64 * 1024;
constexpr std::size_t kMaxPacket = 1U << 20U;
constexpr std::size_t kKeptOutput = 1024;

}  // namespace

Client::Client(Loop& loop, const Address& address, const ClientIdentity& identity,
               const mqtt::Connect& connect)
    : loop_{loop},
      socket_{::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)},
      version_{connect.level == 5 ? mqtt::Version::v5 : mqtt::Version::v3_1_1} {
  mqtt::encode(connect, out_);
  failed_at_once_ = begin(address, identity);
  if (failed_at_once_ != 0) loop_.stillborn_.push_back(this);
}

int Client::begin(const Address& address, const ClientIdentity& identity) {
  if (!socket_) return errno;
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 &&
      errno != EINPROGRESS) {
    return errno;
  }
  ssl_.reset(loop_.context_.open(socket_.get()));
  if (!ssl_ || !identity.put_on(ssl_.get())) {
    ERR_clear_error();
    return ENOMEM;
  }
  epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.ptr = this}};
  return ::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_ADD, socket_.get(), &event) == 0 ? 0 : errno;
}

Client::~Client() {
  if (failed_at_once_ != 0) std::erase(loop_.stillborn_, this);
}

void Client::on_ready(std::uint32_t events) {
  if (ended_) return;
  if (stage_ == Stage::tcp) {
    int reason = 0;
    socklen_t size = sizeof reason;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &reason, &size);
    if (reason != 0) return end(Ending::Kind::failed, reason);
    stage_ = Stage::tls;
  }
  if (stage_ == Stage::tls) {
    ERR_clear_error();
    want_write(false);
    if (!check(SSL_do_handshake(ssl_.get()))) return;
    stage_ = Stage::connack;
    if (on_secured) on_secured();
    flush();
    return;
  }
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read();
  if (ended_) return;
  if ((events & EPOLLOUT) != 0) want_write(false);
  flush();
}

void Client::read() {
  while (!ended_) {
    ERR_clear_error();
    std::size_t got = 0;
    if (!check(SSL_read_ex(ssl_.get(), loop_.buffer_.data(), loop_.buffer_.size(), &got))) return;
    take(loop_.buffer_.data(), got);
    if (ended_ || SSL_has_pending(ssl_.get()) == 0) return;
  }
}

void Client::take(const char* data, std::size_t size) {
  if (in_.empty()) {
    const std::size_t used = take_packets(mqtt::as_bytes({data, size}));
    if (!ended_ && used < size) in_.assign(data + used, size - used);
    return;
  }
  in_.append(data, size);
  in_.erase(0, take_packets(mqtt::as_bytes(in_)));
  if (in_.empty()) in_.shrink_to_fit();
}

std::size_t Client::take_packets(mqtt::Bytes bytes) {
  std::size_t used = 0;
  // Known by its first byte, however long the packet claims to be.
  if (!accepted_ && !bytes.empty() && mqtt::packet_type(bytes[0]) != mqtt::PacketType::connack) {
    end(Ending::Kind::malformed);
  }
  while (!ended_) {
    const auto next = mqtt::next_frame(bytes.subspan(used), kMaxPacket);
    if (next.failed()) {
      end(Ending::Kind::malformed);
    } else if (next.state != mqtt::FrameResult::State::frame) {
      break;
    } else {
      used += next.frame.total_size;
      take_packet(next.frame);
    }
  }
  return used;
}

void Client::take_packet(const mqtt::Frame& frame) {
  if (!accepted_) return take_connack(frame);
  if (mqtt::packet_type(frame.first_byte) == mqtt::PacketType::disconnect) {
    return end(Ending::Kind::disconnected, frame.body.empty() ? 0 : frame.body[0]);
  }
  if (on_packet) on_packet(frame);
}

void Client::take_connack(const mqtt::Frame& frame) {
  const auto packet = mqtt::decode(version_, frame);
  const auto* connack = packet ? std::get_if<mqtt::Connack>(&*packet) : nullptr;
  if (connack == nullptr) return end(Ending::Kind::malformed);
  if (connack->code != 0) return end(Ending::Kind::refused, connack->code);
  accepted_ = true;
  stage_ = Stage::online;
  if (on_accepted) on_accepted(*connack);
}

void Client::flush() {
  while (!ended_ && !writing_ && stage_ >= Stage::connack) {
    if (sent_ == out_.size()) {
      out_.clear();
      sent_ = 0;
      if (accepted_ && on_sent) on_sent();
      if (out_.empty()) {
        if (out_.capacity() > kKeptOutput && !on_sent) out_.shrink_to_fit();
        return;
      }
    }
    ERR_clear_error();
    std::size_t written = 0;
    if (!check(
            SSL_write_ex(ssl_.get(), out_.data() + sent_, std::min(kRecord, out_.size() - sent_), &written)))
      return;
    sent_ += written;
    if (on_sent) {  // one record a turn, so that the answers are read meanwhile
      want_write(true);
      return;
    }
  }
}

void Client::leave() {
  if (!std::exchange(ended_, true) && ssl_ && stage_ >= Stage::connack) {
    if (accepted_ && !writing_) {
      mqtt::encode(version_, mqtt::Disconnect{}, out_);
      std::size_t written = 0;
      SSL_write_ex(ssl_.get(), out_.data() + sent_, out_.size() - sent_, &written);
    }
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  socket_.reset();
}

void Client::cut() {
  ended_ = true;
  socket_.reset();
}

bool Client::check(int result) {
  if (result == 1) return true;
  const int reason = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      break;
    case SSL_ERROR_WANT_WRITE:
      want_write(true);
      break;
    case SSL_ERROR_ZERO_RETURN:
      end(Ending::Kind::closed);
      break;
    case SSL_ERROR_SYSCALL:
      reason == 0 ? end(Ending::Kind::closed) : end(Ending::Kind::failed, reason);
      break;
    default: {
      const int code = ERR_GET_REASON(ERR_peek_error());
      if (code == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        end(Ending::Kind::closed);
      } else if (code > SSL_AD_REASON_OFFSET && code <= SSL_AD_REASON_OFFSET + 255) {
        end(Ending::Kind::alert, code - SSL_AD_REASON_OFFSET);
      } else if (code == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        end(Ending::Kind::server_rejected, static_cast<int>(SSL_get_verify_result(ssl_.get())));
      } else {
        end(Ending::Kind::tls_error, code);
      }
      ERR_clear_error();
    }
  }
  return false;
}

void Client::want_write(bool wanted) {
  if (std::exchange(writing_, wanted) == wanted) return;
  epoll_event event{.events = EPOLLIN | (wanted ? std::uint32_t{EPOLLOUT} : 0U), .data = {.ptr = this}};
  ::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_MOD, socket_.get(), &event);
}

void Client::end(Ending::Kind kind, int code) {
  if (std::exchange(ended_, true)) return;
  const Ending ending{.stage = stage_, .kind = kind, .code = code};
  if (kind == Ending::Kind::closed || kind == Ending::Kind::disconnected || kind == Ending::Kind::refused) {
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  // The descriptor is closed, and with it the epoll set's knowledge of it, before anybody is told; TLS stays
  // until the client goes, since a call into it may be on the stack.
  socket_.reset();
  if (on_ended) on_ended(ending);
}

Loop::Loop(TlsContext context)
    : epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      wake_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)},
      context_{std::move(context)},
      buffer_(kBuffer) {
  // OpenSSL writes to sockets without MSG_NOSIGNAL.
  sigset_t pipe{};
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
}

int Loop::await(std::span<epoll_event> events, std::chrono::nanoseconds wait) {
  const auto size = static_cast<int>(events.size());
  if (exact_) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
    const timespec limit{.tv_sec = seconds.count(), .tv_nsec = (wait - seconds).count()};
    const int ready = ::epoll_pwait2(epoll_.get(), events.data(), size, &limit, nullptr);
    if (ready >= 0 || errno == EINTR) return ready;
    exact_ = false;  // a kernel before 5.11
  }
  // Rounded up: a load that wakes too early would spin.
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return ::epoll_wait(epoll_.get(), events.data(), size, static_cast<int>(ms));
}

void Loop::turn(std::chrono::nanoseconds wait) {
  for (Client* client : std::exchange(stillborn_, {})) {
    client->end(Ending::Kind::failed, std::exchange(client->failed_at_once_, 0));
    wait = {};
  }
  std::array<epoll_event, 256> events;
  const int ready = await(events, wait);
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.ptr == nullptr) {
      eventfd_t count = 0;
      ::eventfd_read(wake_.get(), &count);
    } else {
      static_cast<Client*>(event.data.ptr)->on_ready(event.events);
    }
  }
}

void Loop::wake() {
  ::eventfd_write(wake_.get(), 1);
}

}  // namespace iotemu::load
