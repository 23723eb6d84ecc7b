#pragma once

// What the registry tells on the event bus, in the order of its writes. (That a device knocked is told by the
// door, which alone knows of connections.)

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/realm.h"
#include "registry/ids.h"
#include "registry/records/ca_certificate.h"
#include "registry/records/certificate.h"
#include "registry/records/thing.h"
#include "registry/records/thing_group.h"

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

/// Somebody shall ask the owner of a new topic rule destination for its confirmation (RU-30).
struct DestinationConfirmationDue {
  Realm realm{};
  std::string arn{};
  std::string confirmation_url{};
  std::string token{};
};

// Registry events (LE-12). Each is told only while its switch of the event configurations is on.

/// What every registry event carries.
struct EventStamp {
  Realm realm{};
  std::string id{};  ///< A UUID.
  Time at{};
};
enum class EventOperation { created, updated, deleted };

struct ThingChanged {
  EventStamp stamp{};
  EventOperation operation{};
  std::shared_ptr<const ThingRecord> thing{};  ///< As it is now; deleted: as it was.
};
struct ThingTypeChanged {
  EventStamp stamp{};
  EventOperation operation{};
  std::shared_ptr<const ThingTypeRecord> type{};
};
struct ThingTypeAssociationChanged {
  EventStamp stamp{};
  bool added{false};
  std::shared_ptr<const ThingRecord> thing{};
  ThingTypeName type{};
};
struct ThingGroupChanged {
  EventStamp stamp{};
  EventOperation operation{};
  std::shared_ptr<const ThingGroupRecord> group{};
  std::vector<std::shared_ptr<const ThingGroupRecord>> ancestors{};  ///< From the root to the parent.
};
struct ThingGroupMembershipChanged {
  EventStamp stamp{};
  bool added{false};
  std::shared_ptr<const ThingGroupRecord> group{};
  std::shared_ptr<const ThingRecord> thing{};
};
struct ThingGroupHierarchyChanged {
  EventStamp stamp{};
  bool added{false};
  std::shared_ptr<const ThingGroupRecord> parent{};
  std::shared_ptr<const ThingGroupRecord> child{};
};

/// Everything is gone (except CA certificates and the registration code when `kept_ca`).
struct RegistryReset {
  Realm realm{};
  bool kept_ca{false};
};

}  // namespace iotemu::registry
