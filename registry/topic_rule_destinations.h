#pragma once

// Destinations of topic rules (RU-30). Owned by the registry; any thread. Who is to ask an owner for a
// confirmation is told by the bus (DestinationConfirmationDue).

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/realm.h"
#include "registry/records/topic_rule_destination.h"
#include "registry/surroundings.h"
#include "registry/table.h"

namespace iotemu::registry {

using TopicRuleDestinationPtr = std::shared_ptr<const TopicRuleDestinationRecord>;

class TopicRuleDestinations {
 public:
  /// How long an owner may take. The service's own time is not documented.
  static constexpr std::chrono::hours kConfirmationTime{24};

  explicit TopicRuleDestinations(const Surroundings& surroundings) : around_{surroundings} {}

  /// The caller has checked the URL. Errc::already_exists: one with this URL; Errc::invalid_request beyond
  /// what an account has.
  Result<TopicRuleDestinationPtr> create_http(const std::string& confirmation_url);
  Result<TopicRuleDestinationPtr> create_vpc(VpcDestination vpc);
  /// As `create_http`, where there is none yet: what a new rule's action needs.
  Status ensure_http(const std::string& confirmation_url);
  /// Of an unknown one this and the rest of them say Errc::unauthorized: the operations model no 404.
  [[nodiscard]] Result<TopicRuleDestinationPtr> get(const std::string& arn) const;
  [[nodiscard]] Result<Page<TopicRuleDestinationPtr>> list(const PageRequest& page) const;
  /// IN_PROGRESS asks for a new confirmation. Errc::invalid_request: ERROR; ENABLED or DISABLED where it is
  /// neither.
  Status set_status(const std::string& arn, DestinationStatus status);
  Status remove(const std::string& arn);
  /// Errc::invalid_request: no destination waits for this token.
  Status confirm(std::string_view token);
  /// The owner could not be asked: ERROR, unless it has changed since the token was made.
  void note_unreachable(const std::string& arn, const std::string& token, const std::string& why);

  /// Whoever shows such a token is told no more.
  [[nodiscard]] static Error unknown_token();

  /// Errc::invalid_request while no destination is ENABLED for the URL: the one of `confirmation_url`, with
  /// which the URL must begin, or without one the URL's own (RU-30).
  [[nodiscard]] Status may_send(const std::string& url, const std::string& confirmation_url) const;

  [[nodiscard]] std::size_t size() const { return table_.size(); }
  /// Under the writer lock.
  void clear() { table_.clear(); }

 private:
  /// Under the writer lock, as all below.
  Result<TopicRuleDestinationPtr> add_http(const std::string& confirmation_url);
  Status store(TopicRuleDestinationRecord record);
  void ask(TopicRuleDestinationRecord& record);
  void tell(const TopicRuleDestinationRecord& record);

  /// As it is now: a confirmation that has taken too long is an ERROR.
  [[nodiscard]] TopicRuleDestinationPtr seen_now(TopicRuleDestinationPtr record) const;
  [[nodiscard]] TopicRuleDestinationPtr by_url(std::string_view confirmation_url) const;

  const Surroundings around_;
  Table<std::string, TopicRuleDestinationRecord> table_;
};

/// Whether `url` lies under `start`: it ends there or goes on with a new part. Another host or path that only
/// begins with the same letters does not (http://10.0.0.1 and http://10.0.0.10).
[[nodiscard]] bool begins_with_url(std::string_view url, std::string_view start);

/// The URL for logs and records: without user name and query, which may hold a secret.
[[nodiscard]] std::string shown_url(std::string_view url);

/// The realm that a token names; nothing if it is none.
[[nodiscard]] std::optional<Realm> realm_of_token(std::string_view token);

}  // namespace iotemu::registry
