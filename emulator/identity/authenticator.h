#pragma once

// The door: who may connect with which certificate (P3.4, P3.5). Asked at the CONNECT packet, on a broker's
// worker, or at each request of HTTPS, on that server's thread; answers inside the call, save where a client
// certificate callback must be asked (D-6). A refusal leaves its reason in Refusals before the connection is
// closed, and a certificate that waits for its activation has its event published before that too.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/timers.h"
#include "emulator/identity/certificate_facts.h"
#include "emulator/identity/client.h"
#include "emulator/identity/just_in_time.h"
#include "emulator/identity/realms.h"
#include "emulator/identity/refusals.h"
#include "emulator/invoke/functions.h"
#include "emulator/metrics/registration_counts.h"
#include "emulator/quotas/account_rates.h"
#include "iotemu/events.h"
#include "iotemu/options.h"
#include "mqtt/ports.h"
#include "registry/domain_configurations.h"
#include "registry/pki/certificate.h"

namespace iotemu::identity {

struct DoorOptions {
  Switches switches{};
  /// Names by which clients may call the endpoint: the endpoint host and its aliases. localhost and the
  /// service's own host names are known anyway.
  std::vector<std::string> endpoint_names{};
};

class CertificateAuthenticator final : public mqtt::Authenticator {
 public:
  /// All references outlive the authenticator.
  CertificateAuthenticator(DoorOptions options, Realms& realms, Refusals& refusals, const Clock& clock,
                           Timers& timers, const invoke::Functions& functions, quotas::AccountRates& rates,
                           metrics::RegistrationCounts& counts, OnKnock on_knock);

  void authenticate(const mqtt::ConnectAttempt& attempt, std::function<void(mqtt::Verdict)> answer) override;
  /// A client that its certificate lets in. No policy has been asked.
  struct Entrant {
    RealmHome* home{};
    Client client{};
  };
  /// The same door for a request of HTTPS, which has no CONNECT and no client id. Nothing: refused, on
  /// record.
  void identify(const mqtt::PeerIdentity& peer, Service service, const std::string& request_id,
                std::function<void(std::optional<Entrant>)> answer);

  bool accepts_in_handshake(const mqtt::PeerIdentity& peer) override {
    return accepts_in_handshake(peer, Transport::mqtt);
  }
  bool accepts_in_handshake(const mqtt::PeerIdentity& peer, Transport transport);
  void on_handshake_failed(const mqtt::PeerIdentity& peer, std::string_view reason) override;
  void on_client_error(const mqtt::ConnectionFacts& facts, std::string_view why) override;
  void on_throttled(const mqtt::ConnectionFacts& facts, std::string_view why) override;

 private:
  using CertificatePtr = registry::CertificatePtr;

  struct AutoRegister {
    registry::pki::Certificate leaf;
    registry::CaCertificatePtr ca{};
  };
  struct Pending {
    CertificatePtr certificate{};
  };
  struct Active {
    CertificatePtr certificate{};
  };
  /// What P3.5 says about a certificate before any policy is asked.
  using Decision = std::variant<Turned, AutoRegister, Pending, Active>;

  /// A leaf that no registry of the candidates knows, with the CA that signed it.
  struct Unknown {
    registry::pki::Certificate leaf;
    registry::IssuerSearch search{};
  };
  struct Resolved {
    RealmHome* home{};
    /// Of the name that the client called by, or else the service's own.
    registry::DomainConfigurationPtr domain{};
    /// Exactly one of the two is set.
    CertificatePtr known{};
    std::optional<Unknown> unknown{};
  };

  /// A realm that has configured the name, with its configuration; nulls if none has.
  [[nodiscard]] static std::pair<RealmHome*, registry::DomainConfigurationPtr> find_domain(
      const std::vector<RealmHome*>& homes, std::string_view server_name);
  [[nodiscard]] Result<Resolved> resolve(const registry::CertificateId& id, const mqtt::PeerIdentity& peer,
                                         Service service) const;
  Result<std::shared_ptr<const CertificateFacts>> facts_about(const Resolved& resolved, std::string_view der);
  [[nodiscard]] Decision judge(const Resolved& resolved, const mqtt::PeerIdentity& peer, Transport transport,
                               Service service) const;
  [[nodiscard]] Decision judge_known(const CertificatePtr& certificate, const mqtt::PeerIdentity& peer) const;
  [[nodiscard]] Decision judge_unknown(const Unknown& unknown, const mqtt::PeerIdentity& peer) const;
  [[nodiscard]] std::optional<Turned> judge_server_name(bool sni_only, const mqtt::PeerIdentity& peer) const;
  [[nodiscard]] bool is_endpoint(std::string_view name) const;

  /// A client that the callback of its domain must let in first (D-6).
  struct Question {
    RealmHome* home{};
    registry::DomainConfigurationPtr domain{};
    Client client{};
  };
  using Entry = std::variant<mqtt::Refusal, Entrant, Question>;
  enum class Callback { to_be_asked, asked };
  /// `client` lacks what its certificate says. A Question only if the callback is still to be asked.
  Entry enter(Client client, const mqtt::PeerIdentity& peer, Callback callback);
  void ask(Question question, const mqtt::PeerIdentity& peer, const std::string& connection_id,
           std::function<void(Entry)> then);
  mqtt::Verdict verdict_on(Entry entry, const mqtt::ConnectAttempt& attempt);
  mqtt::Refusal turn_away(const Client& client, Turned turned);
  mqtt::Refusal knock(RealmHome& home, const Client& client, const registry::CertificateRecord& certificate,
                      const registry::pki::Certificate* fresh);
  Entry register_and_knock(RealmHome& home, Client client, const AutoRegister& registration,
                           const mqtt::PeerIdentity& peer);
  /// What is decided about a certificate that is registered.
  Entry carry_out(Decision decision, RealmHome& home, Client client);
  mqtt::Verdict admit(RealmHome& home, Client client, const mqtt::ConnectAttempt& attempt);

  const DoorOptions options_;
  Realms& realms_;
  Refusals& refusals_;
  const Clock& clock_;
  const invoke::Functions& functions_;
  quotas::AccountRates& rates_;
  metrics::RegistrationCounts& counts_;
  JustInTime just_in_time_;
  CertificateFactsCache facts_;
};

}  // namespace iotemu::identity
