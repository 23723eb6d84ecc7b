#pragma once

// What the registry tells on the event bus, in the order of its writes. (That a device knocked is told by the
// door, which alone knows of connections.)

#include "base/clock.h"
#include "base/realm.h"
#include "registry/ids.h"
#include "registry/records/ca_certificate.h"
#include "registry/records/certificate.h"

namespace iotemu::registry {

struct CertificateStatusChanged {
  Realm realm{};
  CertificateId id{};
  CertificateStatus from{};
  CertificateStatus to{};
};

struct CertificateDeleted {
  Realm realm{};
  CertificateId id{};
};

struct CaStatusChanged {
  Realm realm{};
  CertificateId id{};
  CaStatus from{};
  CaStatus to{};
};

struct CaDeleted {
  Realm realm{};
  CertificateId id{};
};

/// Something of the registry's ends at that instant: somebody shall call `Registry::forget_expired()` then.
struct ExpiryAhead {
  Realm realm{};
  Tick due{};
};

/// Everything is gone (except CA certificates and the registration code when `kept_ca`).
struct RegistryReset {
  Realm realm{};
  bool kept_ca{false};
};

}  // namespace iotemu::registry
