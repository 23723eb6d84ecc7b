#include "load/client/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <utility>

namespace iotemu::load {

/// The last certificate of the server that stood the test.
struct VerifiedServer {
  std::unique_ptr<X509, Free<X509_free>> leaf{};
};

namespace {

constexpr std::size_t kReadAhead = 32 * 1024;

int verify_once(X509_STORE_CTX* chain, void* argument) {
  auto& verified = *static_cast<VerifiedServer*>(argument);
  X509* leaf = X509_STORE_CTX_get0_cert(chain);
  if (leaf != nullptr && verified.leaf && X509_cmp(leaf, verified.leaf.get()) == 0) return 1;
  const int good = X509_verify_cert(chain);
  if (good == 1 && leaf != nullptr && X509_up_ref(leaf) == 1) verified.leaf.reset(leaf);
  return good;
}

Error openssl_error(std::string what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return Error{.code = Errc::invalid_request,
               .message = std::move(what) + ": " + (reason ? reason : "unknown")};
}

Status trust(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.server_ca_pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) == 1) return Ok{};
    return openssl_error("the system's CA certificates cannot be read");
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  const std::unique_ptr<BIO, Free<BIO_free>> pem{
      BIO_new_mem_buf(settings.server_ca_pem.data(), static_cast<int>(settings.server_ca_pem.size()))};
  int count = 0;
  while (X509* next = PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr)) {
    const std::unique_ptr<X509, Free<X509_free>> owner{next};
    if (X509_STORE_add_cert(store, next) == 1) ++count;
  }
  ERR_clear_error();
  if (count > 0) return Ok{};
  return Error{.code = Errc::invalid_request,
               .message = "the file of the server's CA holds no certificate in PEM"};
}

/// Length-prefixed names, as the extension carries them.
std::string wire_form(const std::vector<std::string>& names) {
  std::string wire;
  for (const auto& name : names) {
    wire += static_cast<char>(name.size());
    wire += name;
  }
  return wire;
}

}  // namespace

TlsContext::TlsContext() = default;
TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;
TlsContext::~TlsContext() = default;

Result<TlsContext> TlsContext::make(const TlsSettings& settings) {
  TlsContext made;
  made.context_.reset(SSL_CTX_new(TLS_client_method()));
  made.verified_ = std::make_unique<VerifiedServer>();
  if (!made.context_) return openssl_error("no TLS");
  SSL_CTX* context = made.context_.get();
  SSL_CTX_set_min_proto_version(
      context, settings.versions == TlsSettings::Versions::only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(
      context, settings.versions == TlsSettings::Versions::only_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadAhead);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (!settings.alpn.empty()) {
    const auto wire = wire_form(settings.alpn);
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned>(wire.size()));
  }
  if (!settings.signature_algorithms.empty() &&
      SSL_CTX_set1_sigalgs_list(context, settings.signature_algorithms.c_str()) != 1) {
    return openssl_error("'" + settings.signature_algorithms + "' is no list of signature algorithms");
  }
  if (settings.verify_server) {
    if (auto trusted = trust(context, settings); !trusted) return trusted.error();
    X509_VERIFY_PARAM* expected = SSL_CTX_get0_param(context);
    const int set = settings.server_name_is_address
                        ? X509_VERIFY_PARAM_set1_ip_asc(expected, settings.server_name.c_str())
                        : X509_VERIFY_PARAM_set1_host(expected, settings.server_name.c_str(), 0);
    if (!settings.server_name.empty() && set != 1) {
      return openssl_error("'" + settings.server_name + "' is no name to check a server by");
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context, verify_once, made.verified_.get());
  }
  if (!settings.server_name_is_address) made.server_name_ = settings.server_name;
  return made;
}

SSL* TlsContext::open(int fd) const {
  SSL* ssl = SSL_new(context_.get());
  if (ssl == nullptr) return nullptr;
  SSL_set_fd(ssl, fd);
  SSL_set_connect_state(ssl);
  if (!server_name_.empty()) SSL_set_tlsext_host_name(ssl, server_name_.c_str());
  return ssl;
}

}  // namespace iotemu::load
