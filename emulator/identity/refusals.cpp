#include "emulator/identity/refusals.h"

#include <algorithm>
#include <array>

#include "base/hex.h"
#include "base/log.h"
#include "base/utf8.h"

namespace iotemu {
namespace {

struct Name {
  Refusal refusal;
  std::string_view text;
};

constexpr std::array kNames{
    Name{Refusal::no_client_certificate, "no_client_certificate"},
    Name{Refusal::handshake_failed, "handshake_failed"},
    Name{Refusal::sni_missing, "sni_missing"},
    Name{Refusal::domain_refused, "domain_refused"},
    Name{Refusal::certificate_unreadable, "certificate_unreadable"},
    Name{Refusal::ca_unknown, "ca_unknown"},
    Name{Refusal::ca_inactive, "ca_inactive"},
    Name{Refusal::auto_registration_disabled, "auto_registration_disabled"},
    Name{Refusal::ca_expired, "ca_expired"},
    Name{Refusal::certificate_expired, "certificate_expired"},
    Name{Refusal::certificate_not_yet_valid, "certificate_not_yet_valid"},
    Name{Refusal::certificate_pending, "certificate_pending"},
    Name{Refusal::certificate_inactive, "certificate_inactive"},
    Name{Refusal::certificate_revoked, "certificate_revoked"},
    Name{Refusal::certificate_in_transfer, "certificate_in_transfer"},
    Name{Refusal::certificate_owned_elsewhere, "certificate_owned_elsewhere"},
    Name{Refusal::connect_denied, "connect_denied"},
    Name{Refusal::will_denied, "will_denied"},
    Name{Refusal::publish_denied, "publish_denied"},
    Name{Refusal::subscribe_denied, "subscribe_denied"},
    Name{Refusal::receive_denied, "receive_denied"},
    Name{Refusal::request_denied, "request_denied"},
    Name{Refusal::reserved_topic, "reserved_topic"},
    Name{Refusal::protocol_error, "protocol_error"},
    Name{Refusal::throttled, "throttled"},
    Name{Refusal::authorization_lost, "authorization_lost"},
    Name{Refusal::handler_failed, "handler_failed"},
    Name{Refusal::provisioning_failed, "provisioning_failed"},
    Name{Refusal::provisioning_rejected, "provisioning_rejected"},
};

/// Of a record; a client decides how long some of them would be.
constexpr std::size_t kTextBytes = 4096;

void shorten(std::string& text) {
  constexpr std::string_view kEllipsis = "…";
  if (text.size() <= kTextBytes) return;
  text.resize(front_characters(text, kTextBytes - kEllipsis.size()).size());
  text += kEllipsis;
}

}  // namespace

std::string_view to_string(Refusal refusal) {
  const auto found = std::ranges::find(kNames, refusal, &Name::refusal);
  return found == kNames.end() ? "unknown" : found->text;
}

std::string to_text(const RefusalRecord& record) {
  std::string text{to_string(record.refusal)};
  if (!record.client_id.empty()) text += ", client id " + record.client_id;
  if (!record.certificate_id.empty()) text += ", certificate " + record.certificate_id;
  if (!record.subject.empty()) text += " (" + record.subject + ")";
  text += "\n  cause: " + record.cause;
  if (!record.cure.empty()) text += "\n  cure:  " + record.cure;
  if (!record.explanation.empty()) text += "\n" + record.explanation;
  return text;
}

namespace identity {

void Refusals::add(RefusalRecord record) {
  record.time = clock_.now();
  for (auto* text : {&record.cause, &record.cure, &record.explanation}) shorten(*text);
  log::info("refused", {{"why", to_string(record.refusal)},
                        {"clientId", record.client_id},
                        {"certificateId", record.certificate_id},
                        {"subject", record.subject},
                        {"peer", record.peer},
                        {"cause", record.cause},
                        {"cure", record.cure}});
  const std::lock_guard lock{mutex_};
  ++counts_[record.refusal];
  if (records_.size() == capacity_) records_.pop_front();
  records_.push_back(std::move(record));
}

std::vector<RefusalRecord> Refusals::list() const {
  const std::lock_guard lock{mutex_};
  return {records_.begin(), records_.end()};
}

std::optional<RefusalRecord> Refusals::last_of(std::string_view client_or_certificate_id) const {
  const std::string certificate_id = lowercase(client_or_certificate_id);
  const std::lock_guard lock{mutex_};
  const auto found = std::find_if(records_.rbegin(), records_.rend(), [&](const RefusalRecord& record) {
    return record.client_id == client_or_certificate_id || record.certificate_id == certificate_id;
  });
  if (client_or_certificate_id.empty() || found == records_.rend()) return std::nullopt;
  return *found;
}

std::optional<RefusalRecord> Refusals::last_from(std::string_view peer) const {
  const std::lock_guard lock{mutex_};
  const auto found = std::find_if(records_.rbegin(), records_.rend(),
                                  [&](const RefusalRecord& record) { return record.peer == peer; });
  if (peer.empty() || found == records_.rend()) return std::nullopt;
  return *found;
}

std::map<Refusal, std::uint64_t> Refusals::counts() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

void Refusals::clear() {
  const std::lock_guard lock{mutex_};
  records_.clear();
}

Json to_json(const RefusalRecord& record) {
  Json json{{"time", epoch_ms(record.time)}, {"refusal", to_string(record.refusal)}, {"cause", record.cause}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  add("clientId", record.client_id);
  add("certificateId", record.certificate_id);
  add("subject", record.subject);
  add("peer", record.peer);
  add("cure", record.cure);
  add("explanation", record.explanation);
  return json;
}

}  // namespace identity
}  // namespace iotemu
