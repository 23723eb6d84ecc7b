#pragma once

// What a certificate that waits for its activation meets at the door (P3.5 rows 5 to 8, P5.1): the event, the
// provisioning template of its CA, the user's handlers, and a record that says in words what came of it, so
// that "stuck pending" is never a riddle. Called on a broker's worker; never blocks it.

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/timers.h"
#include "emulator/identity/client.h"
#include "emulator/identity/realms.h"
#include "emulator/identity/refusals.h"
#include "emulator/metrics/registration_counts.h"
#include "iotemu/events.h"
#include "iotemu/options.h"
#include "registry/registry.h"

namespace iotemu::identity {

/// Told of every knock, on the worker, before the connection is closed.
struct OnKnock {
  /// Publishes the event, before any template runs (P5.1).
  std::function<void(RealmHome&, const CertificateRegistered&)> announce{};
  /// Once the refusal is on record: what they have to say about it comes later.
  std::function<void(const CertificateRegistered&)> call_handlers{};
};

class JustInTime {
 public:
  /// All references outlive it.
  JustInTime(const Switches& switches, Refusals& refusals, const Clock& clock, Timers& timers,
             metrics::RegistrationCounts& counts, OnKnock on_knock);

  /// One connect of a PENDING_ACTIVATION certificate that a registered CA signed; `fresh`: this connect
  /// has registered it, null for one that was known. The connection is refused whatever happens: with
  /// Refusal::certificate_pending when the certificate waits or the next connect will be judged by its
  /// policies, with Refusal::provisioning_failed when its template cannot be carried out (P5.7). Leaves the
  /// record and answers its kind.
  Refusal knock(RealmHome& home, const Client& client, const registry::CertificateRecord& certificate,
                const registry::pki::Certificate* fresh);

 private:
  [[nodiscard]] CertificateRegistered event_of(const RealmHome& home, const Client& client,
                                               const registry::CertificateRecord& certificate,
                                               bool first) const;
  Turned succeeded(const registry::CertificateRecord& certificate, bool first,
                   const registry::Provisioned& provisioned);
  Turned provision(RealmHome& home, const Client& client, const registry::CertificateRecord& certificate,
                   const registry::pki::Certificate* fresh);
  void provision_later(RealmHome& home, const Client& client, const registry::CertificateId& id, bool first);

  const Switches switches_;
  Refusals& refusals_;
  const Clock& clock_;
  Timers& timers_;
  metrics::RegistrationCounts& counts_;
  const OnKnock on_knock_;
};

}  // namespace iotemu::identity
