#include "base/tls/server_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string_view>
#include <utility>

#include "base/tls/library_context.h"

namespace iotemu::tls {
namespace {

// List A of T-9, ECDHE first; the TLS 1.3 suites are OpenSSL's own three.
constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:"
    "ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA:"
    "ECDHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-"
    "SHA";

// Several records a read() instead of two calls a record.
constexpr std::size_t kReadAhead = 32 * 1024;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

Error tls_error(const std::string& what) {
  std::string message = "server TLS: " + what;
  if (const unsigned long code = ERR_get_error(); code != 0) {
    if (const char* reason = ERR_reason_error_string(code); reason != nullptr)
      message += std::string{": "} + reason;
  }
  ERR_clear_error();
  return Error{Errc::invalid_request, message};
}

std::unique_ptr<BIO, FreeBio> reader(const std::string& pem) {
  return std::unique_ptr<BIO, FreeBio>{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
}

std::string der(const X509& certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(&certificate, &bytes);
  if (size <= 0) return {};
  std::string text{reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
  OPENSSL_free(bytes);
  return text;
}

void append_chain(std::vector<std::string>& chain, const STACK_OF(X509) * certificates) {
  for (int i = 0; i < sk_X509_num(certificates); ++i) {
    std::string bytes = der(*sk_X509_value(certificates, i));
    if (chain.empty() || bytes != chain.front()) chain.push_back(std::move(bytes));
  }
}

void free_settings(void* /*parent*/, void* settings, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*argl*/,
                   void* /*argp*/) {
  delete static_cast<ServerContext::Settings*>(settings);
}

/// Where an SSL_CTX keeps its settings: they live as long as it does, so for its last connection.
int settings_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_settings);
  return index;
}

const ServerContext::Settings& settings_of(const SSL* ssl) {
  return *static_cast<const ServerContext::Settings*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), settings_index()));
}

int verify(X509_STORE_CTX* store, void* /*unused*/) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (!settings_of(ssl).ask_in_handshake) return 1;
  auto* inspector = static_cast<ServerContext::Inspector*>(SSL_get_app_data(ssl));
  std::vector<std::string> chain;
  if (const X509* leaf = X509_STORE_CTX_get0_cert(store); leaf != nullptr) chain.push_back(der(*leaf));
  append_chain(chain, X509_STORE_CTX_get0_untrusted(store));
  if (inspector->accepts(std::move(chain))) return 1;
  // An error that OpenSSL has no alert of its own for goes out as certificate_unknown (46).
  X509_STORE_CTX_set_error(store, X509_V_ERR_SUBTREE_MINMAX);
  return 0;
}

int choose_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned in_size, void* /*unused*/) {
  const std::string_view offered{reinterpret_cast<const char*>(in), in_size};
  for (const std::string& name : settings_of(ssl).alpn) {
    for (std::size_t at = 0; at < offered.size(); at += 1U + static_cast<unsigned char>(offered[at])) {
      const auto size = static_cast<unsigned char>(offered[at]);
      if (offered.substr(at + 1, size) != name) continue;
      *out = in + at + 1;
      *out_size = size;
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;  // a name that we do not know is no reason to refuse
}

/// A context without certificates that speaks the one version that a connection has agreed on.
/// SSL_set_session begins a connection anew unless its context is of its own method.
SSL_CTX* resting_context(const SSL_METHOD* method) {
  static SSL_CTX* const context =
      SSL_CTX_new_ex(library_context(), nullptr, method);  // lives with the process
  return context;
}

}  // namespace

Result<std::shared_ptr<const ServerContext>> ServerContext::make(const Material& material,
                                                                 const Settings& settings) {
  std::shared_ptr<ServerContext> made{new ServerContext};
  made->context_.reset(SSL_CTX_new_ex(library_context(), nullptr, TLS_server_method()));
  SSL_CTX* context = made->context_.get();
  if (context == nullptr) return tls_error("no context");
  SSL_CTX_set_ex_data(context, settings_index(), new ServerContext::Settings{settings});
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
  if (SSL_CTX_set_cipher_list(context, kTls12Ciphers) != 1) return tls_error("cipher list");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context, 0);  // T-10
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadAhead);
  // Only possession of the key is proved here; what the certificate is worth is asked at CONNECT (P3.5).
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify, nullptr);
  SSL_CTX_set_alpn_select_cb(context, choose_alpn, nullptr);
  if (material.rsa.chain_pem.empty() && material.ecdsa.chain_pem.empty()) return tls_error("no certificate");
  for (const Identity* identity : {&material.ecdsa, &material.rsa}) {
    if (identity->chain_pem.empty()) continue;
    if (auto loaded = made->load(*identity); !loaded) return loaded.error();
  }
  return std::shared_ptr<const ServerContext>{std::move(made)};
}

Status ServerContext::load(const Identity& identity) {
  const auto chain = reader(identity.chain_pem);
  const std::unique_ptr<X509, FreeX509> leaf{PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)};
  if (!leaf) return tls_error("the certificate is not PEM");
  const auto key_text = reader(identity.key_pem);
  const std::unique_ptr<EVP_PKEY, FreeKey> key{
      PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr)};
  if (!key) return tls_error("the private key is not PEM");
  if (SSL_CTX_use_certificate(context_.get(), leaf.get()) != 1) return tls_error("certificate");
  if (SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1) return tls_error("private key");
  while (X509* next = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
    const std::unique_ptr<X509, FreeX509> owned{next};
    if (SSL_CTX_add1_chain_cert(context_.get(), next) != 1) return tls_error("chain");
  }
  ERR_clear_error();  // the end of the PEM text is reported as one
  if (SSL_CTX_check_private_key(context_.get()) != 1) return tls_error("private key of another certificate");
  return Ok{};
}

SslPtr ServerContext::accept(int fd, Inspector& inspector) const {
  SslPtr ssl{SSL_new(context_.get())};
  if (!ssl) return ssl;
  SSL_set_app_data(ssl.get(), &inspector);
  SSL_set_fd(ssl.get(), fd);
  SSL_set_accept_state(ssl.get());
  return ssl;
}

std::vector<std::string> peer_chain(const SSL& ssl) {
  std::vector<std::string> chain;
  if (const X509* leaf = SSL_get0_peer_certificate(&ssl); leaf != nullptr) chain.push_back(der(*leaf));
  append_chain(chain, SSL_get_peer_cert_chain(&ssl));
  return chain;
}

std::string server_name(const SSL& ssl) {
  const char* name = SSL_get_servername(&ssl, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string{} : std::string{name};
}

void forget_peer(SSL& ssl) {
  const SSL_SESSION* session = SSL_get_session(&ssl);
  const bool is_3_0 = OPENSSL_version_major() == 3 && OPENSSL_version_minor() == 0;
  if (session == nullptr || !is_3_0 || SSL_version(&ssl) != TLS1_3_VERSION) return;
  if (SSL_SESSION_get_max_fragment_length(session) != TLSEXT_max_fragment_length_DISABLED) return;
  SSL_CTX* resting = resting_context(SSL_get_ssl_method(&ssl));
  if (resting != nullptr && SSL_set_SSL_CTX(&ssl, resting) == resting) SSL_set_session(&ssl, nullptr);
}

}  // namespace iotemu::tls
