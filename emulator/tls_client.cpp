#include "emulator/tls_client.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/free.h"
#include "emulator/identity/client.h"

namespace iotemu {
namespace {

/// Longest wait for anything, in real time: only a test that fails waits that long.
constexpr int kPatienceMs = 10'000;

using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Free<SSL_free>>;

Bio memory(const std::string& text) {
  return Bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

X509Ptr next_certificate(BIO* bio) {
  return X509Ptr{PEM_read_bio_X509(bio, nullptr, nullptr, nullptr)};
}

ContextPtr make_context(const TlsClientOptions& options) {
  ContextPtr context{SSL_CTX_new(TLS_client_method())};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  if (options.connect.tls == ConnectOptions::Tls::v1_2) {
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  } else if (options.connect.tls == ConnectOptions::Tls::v1_3) {
    SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  }
  if (options.connect.server_key) {
    const bool rsa = *options.connect.server_key == KeyKind::rsa_2048;
    SSL_CTX_set1_sigalgs_list(context.get(), rsa ? "RSA-PSS+SHA256:RSA+SHA256" : "ECDSA+SHA256");
    // Ours need not be of the server's kind.
    SSL_CTX_set1_client_sigalgs_list(context.get(), "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256");
  }
  const Bio trusted = memory(options.server_ca_pem);
  while (const X509Ptr ca = next_certificate(trusted.get())) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), ca.get());
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (!options.connect.send_certificate) return context;

  const Bio leaf = memory(options.identity.certificate_pem);
  if (const X509Ptr certificate = next_certificate(leaf.get())) {
    SSL_CTX_use_certificate(context.get(), certificate.get());
  }
  const Bio key = memory(options.identity.private_key_pem);
  if (const KeyPtr parsed{PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr)}) {
    SSL_CTX_use_PrivateKey(context.get(), parsed.get());
  }
  if (options.connect.send_chain) {
    const Bio chain = memory(options.identity.chain_pem);
    while (const X509Ptr certificate = next_certificate(chain.get())) {
      SSL_CTX_add1_chain_cert(context.get(), certificate.get());
    }
  }
  // The reader of the last certificate leaves "no start line" behind.
  ERR_clear_error();
  return context;
}

std::string socket_name(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      ::getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host.data(), host.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  return identity::peer_text(host.data(), static_cast<std::uint16_t>(std::stoi(port.data())));
}

}  // namespace

struct TlsClient::State {
  int fd{-1};
  ContextPtr context{};
  SslPtr ssl{};
  BIO* incoming{nullptr};  ///< Owned by `ssl`, as is `outgoing`.
  BIO* outgoing{nullptr};
  Outcome::Ended ended{Outcome::Ended::eof};
  int alert{0};
  std::string local{};
  std::string trouble{};

  ~State() { close(); }

  void close() {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }

  void end(Outcome::Ended how) {
    ended = how;
    close();
  }

  bool connect_tcp(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
        error != 0) {
      trouble = ::gai_strerror(error);
      return false;
    }
    const std::unique_ptr<addrinfo, Free<::freeaddrinfo>> list{found};
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      fd = ::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (fd >= 0 && ::connect(fd, each->ai_addr, each->ai_addrlen) == 0) break;
      trouble = std::system_category().message(errno);
      close();
    }
    if (fd < 0) return false;
    trouble.clear();
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    local = socket_name(fd);
    return true;
  }

  bool wait(short events) {
    pollfd ready{.fd = fd, .events = events, .revents = 0};
    int count = 0;
    while ((count = ::poll(&ready, 1, kPatienceMs)) < 0 && errno == EINTR) {
    }
    if (count > 0) return true;
    end(Outcome::Ended::timeout);
    return false;
  }

  /// Sends what TLS has put out. Errors show up on the next read.
  void flush() {
    std::array<char, 16 * 1024> chunk{};
    for (int size = 0; fd >= 0 && (size = BIO_read(outgoing, chunk.data(), chunk.size())) > 0;) {
      std::size_t sent = 0;
      while (sent < static_cast<std::size_t>(size)) {
        const ssize_t now =
            ::send(fd, chunk.data() + sent, static_cast<std::size_t>(size) - sent, MSG_NOSIGNAL);
        if (now > 0) {
          sent += static_cast<std::size_t>(now);
        } else if (now < 0 && errno == EINTR) {
          continue;
        } else if (now < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
          if (!wait(POLLOUT)) return;
        } else {
          return;
        }
      }
    }
  }

  enum class Fed { bytes, nothing, end };

  /// Hands bytes of the socket to TLS.
  Fed feed() {
    std::array<char, 16 * 1024> chunk{};
    const ssize_t size = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (size > 0) {
      BIO_write(incoming, chunk.data(), static_cast<int>(size));
      return Fed::bytes;
    }
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Fed::nothing;
    end(size == 0 ? Outcome::Ended::eof : Outcome::Ended::reset);
    return Fed::end;
  }

  /// The alert leaves before the server has put its reason on record; the end of the stream comes after.
  void await_eof() {
    std::array<char, 1024> chunk{};
    while (wait(POLLIN) && ::recv(fd, chunk.data(), chunk.size(), 0) > 0) {
    }
  }

  /// Says why `result` of an SSL call is no success: true if more bytes are wanted, false if it is over.
  bool wants_more(int result) {
    const int error = SSL_get_error(ssl.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
    if (error == SSL_ERROR_ZERO_RETURN) {
      end(Outcome::Ended::close_notify);
      return false;
    }
    const unsigned long code = ERR_get_error();
    const int reason = ERR_GET_REASON(code);
    ERR_clear_error();
    if (reason > SSL_AD_REASON_OFFSET) {
      alert = reason - SSL_AD_REASON_OFFSET;
      await_eof();
      end(Outcome::Ended::alert);
    } else {
      if (const char* text = ERR_reason_error_string(code); text != nullptr) trouble = text;
      end(Outcome::Ended::eof);
    }
    return false;
  }

  bool handshake() {
    while (fd >= 0) {
      ERR_clear_error();
      const int result = SSL_connect(ssl.get());
      flush();
      if (result == 1) return true;
      if (!wants_more(result)) return false;
      if (feed() == Fed::nothing && !wait(POLLIN)) return false;
    }
    return false;
  }

  /// Takes decrypted bytes; true if there were any.
  bool take(std::string& out) {
    std::array<char, 16 * 1024> chunk{};
    bool any = false;
    while (ssl != nullptr && fd >= 0) {
      ERR_clear_error();
      const int size = SSL_read(ssl.get(), chunk.data(), chunk.size());
      if (size > 0) {
        out.append(chunk.data(), static_cast<std::size_t>(size));
        any = true;
        continue;
      }
      wants_more(size);
      break;
    }
    flush();
    return any;
  }
};

TlsClient::TlsClient() : state_{std::make_unique<State>()} {}
TlsClient::~TlsClient() = default;

bool TlsClient::open(const TlsClientOptions& options) {
  state_ = std::make_unique<State>();
  State& state = *state_;
  if (!state.connect_tcp(options.host, options.port)) return false;
  state.ended = Outcome::Ended::no;
  state.context = make_context(options);
  state.ssl.reset(SSL_new(state.context.get()));
  state.incoming = BIO_new(BIO_s_mem());
  state.outgoing = BIO_new(BIO_s_mem());
  SSL_set_bio(state.ssl.get(), state.incoming, state.outgoing);
  if (const auto& name = options.connect.server_name) {
    SSL_set_tlsext_host_name(state.ssl.get(), name->c_str());
  }
  return state.handshake();
}

bool TlsClient::write(std::string_view bytes) {
  State& state = *state_;
  if (state.fd < 0) return false;
  ERR_clear_error();
  const int result = SSL_write(state.ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
  state.flush();
  if (result <= 0) state.wants_more(result);
  return state.fd >= 0;
}

bool TlsClient::read(std::string& out) {
  State& state = *state_;
  while (state.fd >= 0) {
    if (state.take(out)) return true;
    if (state.fd < 0) break;
    if (state.feed() == State::Fed::nothing && !state.wait(POLLIN)) break;
  }
  return false;
}

bool TlsClient::read_available(std::string& out) {
  State& state = *state_;
  while (state.fd >= 0) {
    state.take(out);
    if (state.fd >= 0 && state.feed() == State::Fed::nothing) return true;
  }
  return false;
}

void TlsClient::drop() {
  state_->end(Outcome::Ended::eof);
}

bool TlsClient::is_open() const {
  return state_->fd >= 0;
}
Outcome::Ended TlsClient::ended() const {
  return state_->ended;
}
int TlsClient::alert() const {
  return state_->alert;
}
const std::string& TlsClient::local() const {
  return state_->local;
}
const std::string& TlsClient::trouble() const {
  return state_->trouble;
}

}  // namespace iotemu
