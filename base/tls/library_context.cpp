#include "base/tls/library_context.h"

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include <array>
#include <span>
#include <string_view>
#include <vector>

namespace iotemu::tls {
namespace {

constexpr const char* kName = "iotemu-handshake";

// Keys of certificates; key agreement of TLS 1.3; the MACs and derivations that libssl takes for keys. An
// Edwards curve's certificate is read, too, so that its refusal can name it.
constexpr std::array<std::string_view, 10> kKeys{"RSA",     "RSA-PSS", "EC",   "X25519",   "X448",
                                                 "ED25519", "ED448",   "HMAC", "TLS1-PRF", "HKDF"};
constexpr std::array<std::string_view, 5> kDecoders{"RSA", "RSA-PSS", "EC", "ED25519", "ED448"};
constexpr std::string_view kInCertificates = "structure=SubjectPublicKeyInfo";

/// The default provider, and which of its algorithms are offered.
struct Offer {
  OSSL_PROVIDER* provider{};
  std::vector<OSSL_ALGORITHM> keys{};
  std::vector<OSSL_ALGORITHM> decoders{};
};

Offer& offer() {
  static Offer offer;
  return offer;
}

bool one_of(std::span<const std::string_view> wanted, std::string_view names) {
  const std::string_view first = names.substr(0, names.find(':'));
  for (const std::string_view name : wanted) {
    if (first == name) return true;
  }
  return false;
}

std::vector<OSSL_ALGORITHM> chosen(int operation, std::span<const std::string_view> wanted,
                                   std::string_view property) {
  std::vector<OSSL_ALGORITHM> result;
  int no_cache = 0;
  const auto* all = OSSL_PROVIDER_query_operation(offer().provider, operation, &no_cache);
  for (; all != nullptr && all->algorithm_names != nullptr; ++all) {
    const std::string_view properties{all->property_definition};
    if (one_of(wanted, all->algorithm_names) && properties.find(property) != std::string_view::npos) {
      result.push_back(*all);
    }
  }
  result.push_back({});
  return result;
}

const OSSL_ALGORITHM* query(void* /*context*/, int operation, int* no_cache) {
  *no_cache = 0;
  switch (operation) {
    case OSSL_OP_KEYMGMT:
      return offer().keys.data();
    case OSSL_OP_DECODER:
      return offer().decoders.data();
    case OSSL_OP_ENCODER:
    case OSSL_OP_STORE:
      return nullptr;
    default:
      return OSSL_PROVIDER_query_operation(offer().provider, operation, no_cache);
  }
}

// The groups of TLS.
int get_capabilities(void* /*context*/, const char* capability, OSSL_CALLBACK* callback, void* argument) {
  return OSSL_PROVIDER_get_capabilities(offer().provider, capability, callback, argument);
}

int start(const OSSL_CORE_HANDLE* /*handle*/, const OSSL_DISPATCH* /*in*/, const OSSL_DISPATCH** out,
          void** context) {
  using Function = void (*)();
  static const std::array<OSSL_DISPATCH, 3> functions{
      OSSL_DISPATCH{OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<Function>(query)},
      OSSL_DISPATCH{OSSL_FUNC_PROVIDER_GET_CAPABILITIES, reinterpret_cast<Function>(get_capabilities)},
      OSSL_DISPATCH{}};
  *out = functions.data();
  *context = OSSL_PROVIDER_get0_provider_ctx(offer().provider);
  return 1;
}

OSSL_LIB_CTX* make() {
  offer().provider = OSSL_PROVIDER_load(nullptr, "default");
  if (offer().provider == nullptr) return nullptr;
  offer().keys = chosen(OSSL_OP_KEYMGMT, kKeys, "");
  offer().decoders = chosen(OSSL_OP_DECODER, kDecoders, kInCertificates);
  OSSL_LIB_CTX* made = OSSL_LIB_CTX_new();
  if (made == nullptr) return nullptr;
  if (OSSL_PROVIDER_add_builtin(made, kName, start) == 1 && OSSL_PROVIDER_load(made, kName) != nullptr)
    return made;
  OSSL_LIB_CTX_free(made);
  return nullptr;
}

}  // namespace

OSSL_LIB_CTX* library_context() {
  static OSSL_LIB_CTX* const context = make();
  return context;
}

}  // namespace iotemu::tls
