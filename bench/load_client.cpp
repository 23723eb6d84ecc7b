#include "bench/load_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "mqtt/codec/encode.h"

namespace iotemu::bench {
namespace {

constexpr std::size_t kRecord = 16 * 1024;
constexpr std::size_t kReadAhead = 32 * 1024;

}  // namespace

LoadClient::LoadClient(LoadLoop& loop, std::uint16_t port, std::string_view client_id) : loop_{loop} {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ssl_ = SSL_new(loop.context_);
  SSL_set_fd(ssl_, fd_);
  SSL_set_connect_state(ssl_);
  mqtt::encode(mqtt::Connect{.clean_start = true, .keep_alive = 1200, .client_id = client_id}, out_);
  epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.ptr = this}};
  ::epoll_ctl(loop.epoll_, EPOLL_CTL_ADD, fd_, &event);
}

LoadClient::~LoadClient() {
  SSL_free(ssl_);
  ::close(fd_);
}

void LoadClient::on_ready(std::uint32_t events) {
  if (ended_) return;
  if (!tls_up_) {
    ERR_clear_error();
    want_write(false);
    if (!check(SSL_do_handshake(ssl_))) return;
    tls_up_ = true;
    flush();
    return;
  }
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read();
  if ((events & EPOLLOUT) != 0) want_write(false);
  if (!ended_) flush();
}

void LoadClient::read() {
  while (true) {
    ERR_clear_error();
    std::size_t got = 0;
    if (!check(SSL_read_ex(ssl_, loop_.buffer_.data(), loop_.buffer_.size(), &got))) return;
    in_.append(loop_.buffer_.data(), got);
    take_packets();
    if (SSL_has_pending(ssl_) == 0) return;
  }
}

void LoadClient::take_packets() {
  std::size_t used = 0;
  while (true) {
    const auto next = mqtt::next_frame(mqtt::as_bytes(std::string_view{in_}.substr(used)), 1U << 20U);
    if (next.state != mqtt::FrameResult::State::frame) break;
    used += next.frame.total_size;
    if (!accepted_) {
      accepted_ = true;
    } else if (on_packet) {
      on_packet(next.frame);
    }
  }
  in_.erase(0, used);
}

void LoadClient::flush() {
  while (tls_up_ && !ended_ && !writing_) {
    if (sent_ == out_.size()) {
      out_.clear();
      sent_ = 0;
      if (accepted_ && on_sent) on_sent();
      if (out_.empty()) return;
    }
    ERR_clear_error();
    std::size_t written = 0;
    if (!check(SSL_write_ex(ssl_, out_.data() + sent_, std::min(kRecord, out_.size() - sent_), &written)))
      return;
    sent_ += written;
    if (on_sent) {  // one record a turn, so that the answers are read meanwhile
      want_write(true);
      return;
    }
  }
}

bool LoadClient::check(int result) {
  if (result == 1) return true;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      break;
    case SSL_ERROR_WANT_WRITE:
      want_write(true);
      break;
    default:
      ended_ = true;
      ::epoll_ctl(loop_.epoll_, EPOLL_CTL_DEL, fd_, nullptr);
  }
  return false;
}

void LoadClient::want_write(bool wanted) {
  if (std::exchange(writing_, wanted) == wanted) return;
  epoll_event event{.events = EPOLLIN | (wanted ? std::uint32_t{EPOLLOUT} : 0U), .data = {.ptr = this}};
  ::epoll_ctl(loop_.epoll_, EPOLL_CTL_MOD, fd_, &event);
}

LoadLoop::LoadLoop(const testing::TestIdentity& identity, int tls_version)
    : epoll_{::epoll_create1(EPOLL_CLOEXEC)}, context_{SSL_CTX_new(TLS_client_method())}, buffer_(64 * 1024) {
  ::signal(SIGPIPE, SIG_IGN);
  SSL_CTX_set_min_proto_version(context_, tls_version);
  SSL_CTX_set_max_proto_version(context_, tls_version);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context_, 1);
  SSL_CTX_set_default_read_buffer_len(context_, kReadAhead);
  BIO* chain = BIO_new_mem_buf(identity.chain_pem.data(), static_cast<int>(identity.chain_pem.size()));
  X509* leaf = PEM_read_bio_X509(chain, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context_, leaf);
  BIO* text = BIO_new_mem_buf(identity.key_pem.data(), static_cast<int>(identity.key_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(text, nullptr, nullptr, nullptr);
  SSL_CTX_use_PrivateKey(context_, key);
  EVP_PKEY_free(key);
  BIO_free(text);
  X509_free(leaf);
  BIO_free(chain);
}

LoadLoop::~LoadLoop() {
  SSL_CTX_free(context_);
  ::close(epoll_);
}

void LoadLoop::turn(int wait_ms) {
  std::array<epoll_event, 256> events;
  const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    static_cast<LoadClient*>(event.data.ptr)->on_ready(event.events);
  }
}

}  // namespace iotemu::bench
