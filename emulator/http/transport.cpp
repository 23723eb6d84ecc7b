#include "emulator/http/transport.h"

#include <openssl/err.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "base/log.h"

namespace iotemu::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

auto answer(Transport::Done done) {
  return [done = std::move(done)](ErrorCode error, std::size_t size) { done(!error, size); };
}

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(tcp::socket socket) : socket_{std::move(socket)} {}

  void open(Done done) override {
    asio::post(socket_.get_executor(), [done = std::move(done)] { done(true, 0); });
  }
  void read(char* into, std::size_t size, Done done) override {
    socket_.async_read_some(asio::buffer(into, size), answer(std::move(done)));
  }
  void write(std::string_view bytes, Done done) override {
    asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), answer(std::move(done)));
  }
  void finish_writing() override {
    ErrorCode ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }
  void discard(char* into, std::size_t size, Done done) override { read(into, size, std::move(done)); }
  void close() override {
    ErrorCode ignored;
    socket_.close(ignored);
  }

 private:
  tcp::socket socket_;
};

/// Drives OpenSSL on the socket itself: each call is tried, and tried again when the socket is ready.
class TlsTransport final : public Transport, private tls::ServerContext::Inspector {
 public:
  TlsTransport(tcp::socket socket, const tls::ServerContext& context, const TlsOptions& options, TlsPeer peer)
      : socket_{std::move(socket)},
        ssl_{context.accept(socket_.native_handle(), *this)},
        options_{options},
        peer_{std::move(peer)} {}

  void open(Done done) override {
    if (closed_) return later(std::move(done), false, 0);
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      auto facts = std::make_shared<TlsPeer>(seen());
      facts->chain = tls::peer_chain(*ssl_);
      shown_ = std::move(facts);
      return later(std::move(done), true, 0);
    }
    again(result, std::move(done), [this](Done d) { open(std::move(d)); });
  }

  void read(char* into, std::size_t size, Done done) override {
    if (closed_) return later(std::move(done), false, 0);
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), into, size, &got);
    if (result == 1) return later(std::move(done), true, got);
    again(result, std::move(done), [this, into, size](Done d) { read(into, size, std::move(d)); });
  }

  void write(std::string_view bytes, Done done) override {
    if (closed_) return later(std::move(done), false, 0);
    while (!bytes.empty()) {
      ERR_clear_error();
      std::size_t sent = 0;
      const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
      if (result != 1) {
        return again(result, std::move(done), [this, bytes](Done d) { write(bytes, std::move(d)); });
      }
      bytes.remove_prefix(sent);
    }
    later(std::move(done), true, 0);
  }

  void finish_writing() override {
    say_goodbye();
    ErrorCode ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }

  void discard(char* into, std::size_t size, Done done) override {
    socket_.async_read_some(asio::buffer(into, size), answer(std::move(done)));
  }

  void close() override {
    if (std::exchange(closed_, true)) return;
    say_goodbye();
    ErrorCode ignored;
    socket_.close(ignored);
  }

  [[nodiscard]] std::shared_ptr<const TlsPeer> peer() const override { return shown_; }

 private:
  void later(Done done, bool ok, std::size_t size) {
    asio::post(socket_.get_executor(), [done = std::move(done), ok, size] { done(ok, size); });
  }

  /// Tells a TLS call that could not finish from one that never will.
  void again(int result, Done done, std::function<void(Done)> retry) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      const auto what = error == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
      socket_.async_wait(what, [done = std::move(done), retry = std::move(retry)](ErrorCode failed) mutable {
        if (failed) return done(false, 0);
        retry(std::move(done));
      });
      return;
    }
    if (error != SSL_ERROR_ZERO_RETURN) usable_ = false;
    if (!shown_) note_failure();
    later(std::move(done), false, 0);
  }

  void note_failure() {
    const unsigned long code = ERR_peek_error();
    const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    log::info("TLS handshake failed",
              {{"peer", peer_.address}, {"why", reason != nullptr ? reason : "end of stream"}});
    if (reason != nullptr && options_.on_handshake_failed) options_.on_handshake_failed(seen(), reason);
  }

  void say_goodbye() {
    if (!usable_ || !shown_) return;
    usable_ = false;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }

  /// All but the certificates.
  [[nodiscard]] TlsPeer seen() const {
    TlsPeer facts = peer_;
    facts.server_name = tls::server_name(*ssl_);
    facts.version = SSL_get_version(ssl_.get());
    return facts;
  }

  bool accepts(std::vector<std::string> chain) override {
    if (!options_.accepts) return true;
    TlsPeer facts = seen();
    facts.chain = std::move(chain);
    return options_.accepts(facts);
  }

  tcp::socket socket_;
  tls::SslPtr ssl_;
  const TlsOptions& options_;
  const TlsPeer peer_;
  std::shared_ptr<const TlsPeer> shown_;
  bool usable_{true};  ///< nothing has failed, and we have not said goodbye
  bool closed_{false};
};

}  // namespace

std::unique_ptr<Transport> over_tcp(tcp::socket socket) {
  return std::make_unique<TcpTransport>(std::move(socket));
}

std::unique_ptr<Transport> over_tls(tcp::socket socket, const tls::ServerContext& context,
                                    const TlsOptions& options, TlsPeer peer) {
  return std::make_unique<TlsTransport>(std::move(socket), context, options, std::move(peer));
}

}  // namespace iotemu::http
