#pragma once

// What OpenSSL offers to a handshake. For each certificate that it reads, OpenSSL 3.0 walks all kinds of keys
// and all decoders that its library context knows, which costs more than a signature. A device's key is RSA
// or EC (P2.1), so handshakes get a context that knows little else; every algorithm in it is the default
// provider's own.

#include <openssl/types.h>

namespace iotemu::tls {

/// Made at the first call, lives as long as the process; null, OpenSSL's own, if it cannot be made. Any
/// thread.
OSSL_LIB_CTX* library_context();

}  // namespace iotemu::tls
