#include "tests/support/tls_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>

#include "mqtt/codec/encode.h"
#include "mqtt/codec/frame.h"

namespace iotemu::testing {
namespace {

void load(SSL_CTX* context, const TestIdentity& identity, bool whole_chain) {
  BIO* chain = BIO_new_mem_buf(identity.chain_pem.data(), static_cast<int>(identity.chain_pem.size()));
  X509* leaf = PEM_read_bio_X509(chain, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context, leaf);
  X509_free(leaf);
  while (X509* next = whole_chain ? PEM_read_bio_X509(chain, nullptr, nullptr, nullptr) : nullptr) {
    SSL_CTX_add0_chain_cert(context, next);
  }
  BIO_free(chain);
  BIO* text = BIO_new_mem_buf(identity.key_pem.data(), static_cast<int>(identity.key_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(text, nullptr, nullptr, nullptr);
  SSL_CTX_use_PrivateKey(context, key);
  EVP_PKEY_free(key);
  BIO_free(text);
  ERR_clear_error();
}

}  // namespace

TlsClient::TlsClient(std::uint16_t port, const TlsClientOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{.tv_sec = 5, .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    end_ = "refused";
    return;
  }
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context_.get(), options.version);
  SSL_CTX_set_max_proto_version(context_.get(), options.version);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  if (options.identity != nullptr) load(context_.get(), *options.identity, options.whole_chain);
  if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(context_.get(), options.ciphers.c_str());
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_tlsext_max_fragment_length(ssl_.get(), static_cast<std::uint8_t>(options.max_fragment_length));
  SSL_set_info_callback(ssl_.get(), on_info);
  if (!options.server_name.empty()) SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
  if (!options.alpn.empty()) {
    const std::string wire = static_cast<char>(options.alpn.size()) + options.alpn;
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                        static_cast<unsigned>(wire.size()));
  }
  SSL_set_fd(ssl_.get(), fd_);
  ERR_clear_error();
  const int result = SSL_connect(ssl_.get());
  ready_ = result == 1;
  if (!ready_) note_end(result);
}

TlsClient::~TlsClient() {
  abandon();
}

void TlsClient::abandon() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool TlsClient::send(std::string_view bytes) {
  ERR_clear_error();
  std::size_t written = 0;
  return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written) == 1;
}

std::optional<std::string> TlsClient::receive() {
  while (true) {
    const auto next = mqtt::next_frame(mqtt::as_bytes(received_), 1U << 20U);
    if (next.state == mqtt::FrameResult::State::frame) {
      std::string packet = received_.substr(0, next.frame.total_size);
      received_.erase(0, next.frame.total_size);
      return packet;
    }
    if (!read(received_)) return std::nullopt;
  }
}

bool TlsClient::read(std::string& out) {
  std::array<char, 16 * 1024> bytes;
  std::size_t got = 0;
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), bytes.data(), bytes.size(), &got);
  if (result != 1) {
    note_end(result);
    return false;
  }
  out.append(bytes.data(), got);
  return true;
}

void TlsClient::note_end(int result) {
  const int why = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_ZERO_RETURN:
      end_ = "close_notify";
      break;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      end_ = "timeout";
      break;
    default:
      if (alert_ >= 0) {
        end_ = "alert " + std::to_string(alert_);
      } else if (why == ECONNRESET || why == EPIPE) {
        end_ = "reset";
      } else {
        end_ = why == EAGAIN ? "timeout" : "eof";
      }
  }
}

void TlsClient::on_info(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT || (value & 0xFF) == SSL_AD_CLOSE_NOTIFY) return;
  static_cast<TlsClient*>(SSL_get_app_data(ssl))->alert_ = value & 0xFF;
}

std::string connect_packet(std::string_view client_id, bool clean) {
  std::string bytes;
  mqtt::encode(mqtt::Connect{.clean_start = clean, .keep_alive = 60, .client_id = client_id}, bytes);
  return bytes;
}

}  // namespace iotemu::testing
