#include "emulator/identity/authenticator.h"

#include <algorithm>
#include <utility>

#include "base/hex.h"
#include "base/iso_time.h"
#include "emulator/identity/authorizer.h"
#include "emulator/identity/domains.h"
#include "emulator/identity/kept_attempt.h"

namespace iotemu::identity {
namespace {

using registry::CertificateId;

/// How long a client certificate callback may think.
constexpr Duration kCallbackTimeLimit{std::chrono::seconds{5}};

/// `limit`: the first word of the limit's name.
Turned throttled(std::size_t per_second, const std::string& what, const std::string& limit) {
  return {.refusal = Refusal::throttled,
          .cause =
              "more than " + std::to_string(per_second) + " " + what + " in one second (P10.8, M section 10)",
          .cure =
              "let devices wait longer and by chance before they try again, ask AWS for a higher quota and "
              "set it "
              "here with --limit " +
              limit + "_per_second=N, or set the switch throttle=off"};
}

}  // namespace

CertificateAuthenticator::CertificateAuthenticator(DoorOptions options, Realms& realms, Refusals& refusals,
                                                   const Clock& clock, Timers& timers,
                                                   const invoke::Functions& functions,
                                                   quotas::AccountRates& rates,
                                                   metrics::RegistrationCounts& counts, OnKnock on_knock)
    : options_{std::move(options)},
      realms_{realms},
      refusals_{refusals},
      clock_{clock},
      functions_{functions},
      rates_{rates},
      counts_{counts},
      just_in_time_{options_.switches, refusals, clock, timers, counts, std::move(on_knock)} {}

void CertificateAuthenticator::authenticate(const mqtt::ConnectAttempt& attempt,
                                            std::function<void(mqtt::Verdict)> answer) {
  const mqtt::PeerIdentity& peer = attempt.peer;
  Client client{.client_id = std::string{attempt.client_id},
                .certificate_id = CertificateId::of_der(peer.chain.front()),
                .server_name = peer.server_name,
                .address = peer.address,
                .peer = peer_text(peer.address, peer.port),
                .persistent = attempt.persistent,
                .will_topic = attempt.will != nullptr ? std::string{attempt.will->topic} : std::string{}};
  Entry entry = enter(std::move(client), peer, Callback::to_be_asked);
  if (auto* question = std::get_if<Question>(&entry)) {
    const auto kept = std::make_shared<const KeptAttempt>(attempt);
    return ask(std::move(*question), kept->peer(), kept->session_id(),
               [this, kept, answer = std::move(answer)](Entry answered) {
                 answer(verdict_on(std::move(answered), kept->attempt()));
               });
  }
  answer(verdict_on(std::move(entry), attempt));
}

void CertificateAuthenticator::identify(const mqtt::PeerIdentity& peer, Service service,
                                        const std::string& request_id,
                                        std::function<void(std::optional<Entrant>)> answer) {
  Client client{.certificate_id = CertificateId::of_der(peer.chain.front()),
                .server_name = peer.server_name,
                .address = peer.address,
                .peer = peer_text(peer.address, peer.port),
                .transport = Transport::https,
                .service = service};
  Entry entry = enter(std::move(client), peer, Callback::to_be_asked);
  const auto tell = [answer = std::move(answer)](Entry decided) {
    auto* entrant = std::get_if<Entrant>(&decided);
    answer(entrant != nullptr ? std::optional{std::move(*entrant)} : std::nullopt);
  };
  if (auto* question = std::get_if<Question>(&entry)) {
    return ask(std::move(*question), peer, request_id, tell);
  }
  tell(std::move(entry));
}

CertificateAuthenticator::Entry CertificateAuthenticator::enter(Client client, const mqtt::PeerIdentity& peer,
                                                                Callback callback) {
  auto resolved = resolve(client.certificate_id, peer, client.service);
  auto facts = resolved ? facts_about(*resolved, peer.chain.front()) : resolved.error();
  if (!facts) {
    return turn_away(client, {.refusal = Refusal::certificate_unreadable,
                              .cause = "the client certificate cannot be used: " + facts.error().message,
                              .cure = "issue the device a certificate of the supported kind (P2.1)"});
  }
  client.certificate = std::move(*facts);

  RealmHome& home = *resolved->home;
  const bool connects = client.transport == Transport::mqtt && callback == Callback::to_be_asked;
  if (connects && !rates_.take(home.realm(), "CONNECT", rates_.limits().connects)) {
    return turn_away(client, throttled(rates_.limits().connects, "CONNECTs of one account", "connects"));
  }
  Decision decision = judge(*resolved, peer, client.transport, client.service);
  const bool has_callback = resolved->domain && resolved->domain->client_certificate_callback;
  if (has_callback && callback == Callback::to_be_asked && !std::holds_alternative<Turned>(decision)) {
    return Question{.home = &home, .domain = resolved->domain, .client = std::move(client)};
  }
  if (const auto* unknown = std::get_if<AutoRegister>(&decision)) {
    return register_and_knock(home, std::move(client), *unknown, peer);
  }
  return carry_out(std::move(decision), home, std::move(client));
}

void CertificateAuthenticator::ask(Question question, const mqtt::PeerIdentity& peer,
                                   const std::string& connection_id, std::function<void(Entry)> then) {
  const auto domain = question.domain;
  invoke::Invocation call{
      .payload = certificate_callback_event(peer, question.client.certificate_id, connection_id),
      .realm = question.home->realm(),
      .client_id = question.client.client_id,
      .time_limit = kCallbackTimeLimit};
  functions_.invoke(
      *domain->client_certificate_callback, std::move(call),
      [this, domain, peer, client = std::move(question.client),
       then = std::move(then)](const Result<std::string>& said) {
        const auto why = callback_refusal(said);
        // Judged anew: the registry may have changed while the function thought.
        if (!why) return then(enter(client, peer, Callback::asked));
        then(turn_away(
            client, {.refusal = Refusal::domain_refused,
                     .cause = "the client certificate callback " + *domain->client_certificate_callback +
                              " of the domain configuration " + domain->name.text() + " " + *why + " (D-6)",
                     .cure = "let the function answer {\"isAuthenticated\": true}"}));
      });
}

mqtt::Verdict CertificateAuthenticator::verdict_on(Entry entry, const mqtt::ConnectAttempt& attempt) {
  if (auto* refusal = std::get_if<mqtt::Refusal>(&entry)) return std::move(*refusal);
  auto& entrant = std::get<Entrant>(entry);
  return admit(*entrant.home, std::move(entrant.client), attempt);
}

CertificateAuthenticator::Entry CertificateAuthenticator::carry_out(Decision decision, RealmHome& home,
                                                                    Client client) {
  if (auto* turned = std::get_if<Turned>(&decision)) return turn_away(client, std::move(*turned));
  if (const auto* pending = std::get_if<Pending>(&decision)) {
    return knock(home, client, *pending->certificate, nullptr);
  }
  return Entrant{.home = &home, .client = std::move(client)};
}

bool CertificateAuthenticator::accepts_in_handshake(const mqtt::PeerIdentity& peer, Transport transport) {
  const CertificateId id = CertificateId::of_der(peer.chain.front());
  auto resolved = resolve(id, peer, Service::data);
  // A certificate nobody can read is refused at CONNECT, where its reason is recorded.
  if (!resolved) return true;
  Decision decision = judge(*resolved, peer, transport, Service::data);
  const auto* first = std::get_if<Turned>(&decision);
  if (transport == Transport::https && first != nullptr && first->refusal == Refusal::domain_refused) {
    // Only the request will say which service the client wants: one that it may have suffices.
    resolved = resolve(id, peer, Service::credential_provider);
    if (!resolved) return true;
    decision = judge(*resolved, peer, transport, Service::credential_provider);
  }
  auto* turned = std::get_if<Turned>(&decision);
  // Rows 5 to 9 need a CONNECT packet (P3.6).
  if (turned == nullptr || turned->refusal == Refusal::certificate_pending) return true;
  Client client{.certificate_id = id, .peer = peer_text(peer.address, peer.port)};
  if (auto facts = facts_about(*resolved, peer.chain.front())) client.certificate = std::move(*facts);
  turn_away(client, std::move(*turned));
  return false;
}

void CertificateAuthenticator::on_handshake_failed(const mqtt::PeerIdentity& peer, std::string_view reason) {
  const Client client{.peer = peer_text(peer.address, peer.port)};
  if (reason == "certificate verify failed")
    return;  // our own answer in accepts_in_handshake, on record already
  if (reason == "peer did not return a certificate") {
    turn_away(client,
              {.refusal = Refusal::no_client_certificate,
               .cause = "the client sent no certificate (P3.5 row 1)",
               .cure = "configure the device with its certificate and key (mosquitto: --cert and --key)"});
    return;
  }
  turn_away(client,
            {.refusal = Refusal::handshake_failed,
             .cause = "the TLS handshake failed: " + std::string{reason},
             .cure = "check that the device holds the key of its certificate (P3.5 row 20), that it trusts "
                     "the CA of GET /_iot/server-ca.pem and that it speaks TLS 1.2 or 1.3"});
}

void CertificateAuthenticator::on_client_error(const mqtt::ConnectionFacts& facts, std::string_view why) {
  refusals_.add({.refusal = Refusal::protocol_error,
                 .client_id = facts.client_id,
                 .certificate_id = facts.principal,
                 .peer = peer_text(facts.address, facts.port),
                 .cause = std::string{why},
                 .cure = "mend the client: the rule in brackets names what it broke"});
}

void CertificateAuthenticator::on_throttled(const mqtt::ConnectionFacts& facts, std::string_view why) {
  refusals_.add(
      {.refusal = Refusal::throttled,
       .client_id = facts.client_id,
       .certificate_id = facts.principal,
       .peer = peer_text(facts.address, facts.port),
       .cause = std::string{why},
       .cure = "let the device wait longer before it connects again, or set the switch throttle=off"});
}

mqtt::Refusal CertificateAuthenticator::turn_away(const Client& client, Turned turned) {
  std::string reason{to_string(turned.refusal)};
  refusals_.add(refusal_of(client, std::move(turned)));
  return mqtt::Refusal{.connack = 0, .reason = std::move(reason)};
}

CertificateAuthenticator::Entry CertificateAuthenticator::register_and_knock(RealmHome& home, Client client,
                                                                             const AutoRegister& registration,
                                                                             const mqtt::PeerIdentity& peer) {
  if (!rates_.take(home.realm(), "registration", rates_.limits().registrations)) {
    return turn_away(client,
                     throttled(rates_.limits().registrations,
                               "device certificates of one account came to be registered", "registrations"));
  }
  auto registered = home.registry().auto_register(registration.leaf, *registration.ca);
  if (!registered) {
    const bool lost_race = registered.error().code == Errc::certificate_state;
    return turn_away(client,
                     {.refusal = lost_race ? Refusal::ca_inactive : Refusal::certificate_owned_elsewhere,
                      .cause = "certificate " + client.certificate_id.hex() +
                               " could not be registered: " + registered.error().message,
                      .cure = lost_race ? "aws iot update-ca-certificate --certificate-id " +
                                              registration.ca->id.hex() + " --new-status ACTIVE"
                                        : "delete the certificate in the account that owns it"});
  }
  if (registered->created) {
    ++counts_.at_connect;
    return knock(home, client, *registered->certificate, &registration.leaf);
  }
  // Somebody was faster, another connect or an API call: it is a known certificate now, of any status.
  return carry_out(judge_known(registered->certificate, peer), home, std::move(client));
}

mqtt::Refusal CertificateAuthenticator::knock(RealmHome& home, const Client& client,
                                              const registry::CertificateRecord& certificate,
                                              const registry::pki::Certificate* fresh) {
  const Refusal refusal = just_in_time_.knock(home, client, certificate, fresh);
  return mqtt::Refusal{.connack = 0, .reason = std::string{to_string(refusal)}};
}

mqtt::Verdict CertificateAuthenticator::admit(RealmHome& home, Client client,
                                              const mqtt::ConnectAttempt& attempt) {
  const topics::FailedConnect failed{.client_id = client.client_id,
                                     .principal = client.certificate_id.hex(),
                                     .session_id = std::string{attempt.session_id},
                                     .address = client.address};
  auto authorizer = std::make_unique<PolicyAuthorizer>(home.registry(), refusals_, std::move(client));
  if (!authorizer->connect() ||
      (attempt.will != nullptr && !authorizer->will(attempt.will->topic, attempt.will->retain))) {
    home.lifecycle().connect_failed(failed);
    switch (options_.switches.connack_on_denied) {
      case Switches::ConnackOnDenied::none:
        return mqtt::Refusal{.connack = 0, .reason = "denied by policy"};
      case Switches::ConnackOnDenied::code5:
        return mqtt::Refusal{.connack = 5, .reason = "denied by policy"};
      case Switches::ConnackOnDenied::code7:
        return mqtt::Refusal{.connack = 7, .reason = "denied by policy"};
    }
  }
  authorizer->rest();  // until the device speaks
  return mqtt::Admission{
      .broker = &home.broker(), .authorizer = std::move(authorizer), .principal = failed.principal};
}

}  // namespace iotemu::identity
