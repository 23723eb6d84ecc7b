#include "registry/topic_rule_destinations.h"

#include <algorithm>
#include <utility>

#include "registry/errors.h"
#include "registry/events.h"

namespace iotemu::registry {
namespace {

Error access_denied(const std::string& arn) {
  return {Errc::unauthorized, "Access to topic rule destination '" + arn + "' was denied"};
}

std::string cure_of(const TopicRuleDestinationRecord& record) {
  if (record.status == DestinationStatus::in_progress) {
    return "; its owner confirms it by a GET of the enableUrl that was POSTed to " +
           shown_url(record.confirmation_url);
  }
  const std::string command = "; aws iot update-topic-rule-destination --arn " + record.arn + " --status ";
  return command + (record.status == DestinationStatus::disabled ? "ENABLED" : "IN_PROGRESS");
}

}  // namespace

std::string_view to_text(DestinationStatus status) {
  switch (status) {
    case DestinationStatus::in_progress:
      return "IN_PROGRESS";
    case DestinationStatus::enabled:
      return "ENABLED";
    case DestinationStatus::disabled:
      return "DISABLED";
    case DestinationStatus::error:
      return "ERROR";
  }
  return {};
}

std::optional<Realm> realm_of_token(std::string_view token) {
  const auto account = token.find('.');
  const auto region = token.rfind('.');
  if (account == token.npos || account == region) return std::nullopt;
  return Realm{.account = std::string{token.substr(account + 1, region - account - 1)},
               .region = std::string{token.substr(region + 1)}};
}

std::string shown_url(std::string_view url) {
  const auto scheme = url.find("://");
  const auto begin = scheme == url.npos ? 0 : scheme + 3;
  const auto path = std::min(url.find_first_of("/?#", begin), url.size());
  const auto at = url.substr(begin, path - begin).rfind('@');
  std::string shown{url.substr(0, begin)};
  const auto rest = url.substr(at == url.npos ? begin : begin + at + 1);
  const auto end = rest.find_first_of("?#");
  shown += rest.substr(0, end);
  if (end != rest.npos) shown += rest[end] + std::string{"***"};
  return shown;
}

bool begins_with_url(std::string_view url, std::string_view start) {
  constexpr std::string_view kMarks = "/?#";
  if (start.empty() || !url.starts_with(start)) return false;
  if (url.size() == start.size() || kMarks.find(url[start.size()]) != kMarks.npos) return true;
  return kMarks.find(start.back()) != kMarks.npos || start.find('?') != start.npos;
}

TopicRuleDestinationPtr TopicRuleDestinations::seen_now(TopicRuleDestinationPtr record) const {
  const bool late = record->status == DestinationStatus::in_progress &&
                    around_.clock.now() >= record->changed_at + kConfirmationTime;
  if (!late) return record;
  auto seen = std::make_shared<TopicRuleDestinationRecord>(*record);
  seen->status = DestinationStatus::error;
  seen->status_reason = "The confirmation timed out";
  return seen;
}

TopicRuleDestinationPtr TopicRuleDestinations::by_url(std::string_view confirmation_url) const {
  const auto page = table_.page({.size = 1}, [&](const TopicRuleDestinationRecord& record) {
    return !record.vpc && record.confirmation_url == confirmation_url;
  });
  return page && !page->items.empty() ? page->items.front() : nullptr;
}

void TopicRuleDestinations::ask(TopicRuleDestinationRecord& record) {
  record.changed_at = around_.clock.now();
  record.status_reason.clear();
  if (!around_.options.confirm_destinations) {
    record.status = DestinationStatus::enabled;
    return;
  }
  record.status = DestinationStatus::in_progress;
  record.status_reason = "Awaiting confirmation. Confirmation message sent on " + record.confirmation_url;
  // It lets in whoever knows it: as with keys, the seed of a test must not tell it.
  record.token = SystemRandom{}.hex(32) + "." + around_.realm.account + "." + around_.realm.region;
}

void TopicRuleDestinations::tell(const TopicRuleDestinationRecord& record) {
  if (record.status != DestinationStatus::in_progress) return;
  around_.bus.publish(DestinationConfirmationDue{.realm = around_.realm,
                                                 .arn = record.arn,
                                                 .confirmation_url = record.confirmation_url,
                                                 .token = record.token});
}

Status TopicRuleDestinations::store(TopicRuleDestinationRecord record) {
  const TopicRuleDestinationPtr done{std::make_shared<TopicRuleDestinationRecord>(std::move(record))};
  const Change change{done};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved;
  table_.put(done);
  return Ok{};
}

Result<TopicRuleDestinationPtr> TopicRuleDestinations::add_http(const std::string& confirmation_url) {
  if (table_.size() >= around_.options.topic_rule_destinations) {
    // The operation models no LimitExceededException.
    return invalid("An account has at most " + std::to_string(around_.options.topic_rule_destinations) +
                   " topic rule destinations");
  }
  TopicRuleDestinationRecord record;
  record.arn = iot_arn(around_.realm, "ruledestination/http/" + around_.random.uuid());
  record.confirmation_url = confirmation_url;
  ask(record);
  record.created_at = record.changed_at;
  if (auto stored = store(record); !stored) return stored.error();
  tell(record);
  return table_.find(record.arn);
}

Result<TopicRuleDestinationPtr> TopicRuleDestinations::create_http(const std::string& confirmation_url) {
  const std::lock_guard write{around_.write_mutex};
  if (const auto known = by_url(confirmation_url)) {
    return Error{.code = Errc::already_exists,
                 .message = "A topic rule destination with the confirmation URL " + confirmation_url +
                            " already exists",
                 .resource_id = known->arn,
                 .resource_arn = known->arn};
  }
  return add_http(confirmation_url);
}

Status TopicRuleDestinations::ensure_http(const std::string& confirmation_url) {
  const std::lock_guard write{around_.write_mutex};
  if (by_url(confirmation_url)) return Ok{};
  if (auto added = add_http(confirmation_url); !added) return added.error();
  return Ok{};
}

Result<TopicRuleDestinationPtr> TopicRuleDestinations::create_vpc(VpcDestination vpc) {
  const std::lock_guard write{around_.write_mutex};
  if (table_.size() >= around_.options.topic_rule_destinations) {
    return invalid("An account has at most " + std::to_string(around_.options.topic_rule_destinations) +
                   " topic rule destinations");
  }
  TopicRuleDestinationRecord record;
  record.arn = iot_arn(around_.realm, "ruledestination/vpc/" + around_.random.uuid());
  // differs: no network interfaces are made, so there is nothing to wait for.
  record.status = DestinationStatus::enabled;
  record.vpc = std::move(vpc);
  record.created_at = record.changed_at = around_.clock.now();
  const auto arn = record.arn;
  if (auto stored = store(std::move(record)); !stored) return stored.error();
  return table_.find(arn);
}

Result<TopicRuleDestinationPtr> TopicRuleDestinations::get(const std::string& arn) const {
  auto found = table_.find(arn);
  if (!found) return access_denied(arn);
  return seen_now(std::move(found));
}

Result<Page<TopicRuleDestinationPtr>> TopicRuleDestinations::list(const PageRequest& page) const {
  auto listed = table_.page(page);
  if (!listed) return listed;
  for (auto& record : listed->items) record = seen_now(std::move(record));
  return listed;
}

Status TopicRuleDestinations::set_status(const std::string& arn, DestinationStatus status) {
  const std::lock_guard write{around_.write_mutex};
  const auto old = table_.find(arn);
  if (!old) return access_denied(arn);
  auto next = *old;
  if (status == DestinationStatus::error) {
    return invalid("The status of a destination can be set to ENABLED, DISABLED or IN_PROGRESS");
  }
  if (status == DestinationStatus::in_progress) {
    if (next.vpc) return invalid("A destination in a VPC is confirmed by nobody");
    ask(next);
  } else {
    const bool confirmed =
        next.status == DestinationStatus::enabled || next.status == DestinationStatus::disabled;
    if (!confirmed) {
      return invalid("Topic rule destination '" + arn + "' is " + std::string{to_text(next.status)} +
                     ": only one that has been confirmed can be ENABLED or DISABLED");
    }
    next.status = status;
    next.status_reason.clear();
    next.changed_at = around_.clock.now();
  }
  if (auto stored = store(next); !stored) return stored;
  tell(next);
  return Ok{};
}

Status TopicRuleDestinations::remove(const std::string& arn) {
  const std::lock_guard write{around_.write_mutex};
  if (!table_.find(arn)) return access_denied(arn);
  const Change change{Erased{.kind = RecordKind::topic_rule_destination, .key = arn}};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved;
  table_.erase(arn);
  return Ok{};
}

Error TopicRuleDestinations::unknown_token() {
  return invalid("No topic rule destination waits for this confirmation token");
}

Status TopicRuleDestinations::confirm(std::string_view token) {
  const std::lock_guard write{around_.write_mutex};
  const auto page = table_.page({.size = 1}, [&](const TopicRuleDestinationRecord& record) {
    return !record.token.empty() && record.token == token;
  });
  const auto found = page && !page->items.empty() ? seen_now(page->items.front()) : nullptr;
  // The link may be opened twice.
  if (found && found->status == DestinationStatus::enabled) return Ok{};
  if (!found || found->status != DestinationStatus::in_progress) {
    return unknown_token();
  }
  auto next = *found;
  next.status = DestinationStatus::enabled;
  next.status_reason.clear();
  next.changed_at = around_.clock.now();
  return store(std::move(next));
}

void TopicRuleDestinations::note_unreachable(const std::string& arn, const std::string& token,
                                             const std::string& why) {
  const std::lock_guard write{around_.write_mutex};
  const auto found = table_.find(arn);
  if (!found || found->token != token || found->status != DestinationStatus::in_progress) return;
  auto next = *found;
  next.status = DestinationStatus::error;
  next.status_reason = why;
  next.changed_at = around_.clock.now();
  (void)store(std::move(next));  // what cannot be kept stays IN_PROGRESS, and ends when its time does
}

Status TopicRuleDestinations::may_send(const std::string& url, const std::string& confirmation_url) const {
  if (!confirmation_url.empty() && !begins_with_url(url, confirmation_url)) {
    return invalid("the URL " + shown_url(url) + " does not begin with the confirmation URL " +
                   shown_url(confirmation_url));
  }
  if (!around_.options.confirm_destinations) return Ok{};
  const auto& wanted = confirmation_url.empty() ? url : confirmation_url;
  TopicRuleDestinationPtr nearest;
  const auto covering = table_.page({.size = 1}, [&](const TopicRuleDestinationRecord& record) {
    if (record.vpc || record.confirmation_url != wanted) return false;
    nearest = std::make_shared<TopicRuleDestinationRecord>(record);
    return record.status == DestinationStatus::enabled;
  });
  if (!covering) return covering.error();
  if (!covering->items.empty()) return Ok{};
  if (!nearest) {
    return invalid("there is no topic rule destination for " + shown_url(wanted) +
                   "; aws iot create-topic-rule-destination --destination-configuration "
                   "httpUrlConfiguration={confirmationUrl=" +
                   shown_url(wanted) + "} makes one");
  }
  nearest = seen_now(nearest);
  return invalid("the topic rule destination " + nearest->arn + " is " +
                 std::string{to_text(nearest->status)} + cure_of(*nearest));
}

}  // namespace iotemu::registry
