#pragma once

// The storage port. The registry holds its records in memory and writes each change here before it makes it
// visible; a store that fails, fails the call. Shaped for a store that groups commits on a thread of its own:
// `write` may only queue, and what promises durability waits for `when_durable`.

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <variant>

#include "base/result.h"
#include "registry/records/authorizer.h"
#include "registry/records/billing_group.h"
#include "registry/records/ca_certificate.h"
#include "registry/records/certificate.h"
#include "registry/records/domain_configuration.h"
#include "registry/records/event_configuration.h"
#include "registry/records/indexing_configuration.h"
#include "registry/records/logging.h"
#include "registry/records/policy.h"
#include "registry/records/provisioning_template.h"
#include "registry/records/role_alias.h"
#include "registry/records/thing.h"
#include "registry/records/thing_group.h"
#include "registry/records/topic_rule.h"
#include "registry/records/topic_rule_destination.h"

namespace iotemu::registry {

/// The code that proves possession of a CA's key; empty: forgotten.
struct RegistrationCode {
  std::string code{};
};
struct PolicyAttachment {
  PolicyName policy{};
  std::string target{};
  bool attached{true};
};
struct ThingAttachment {
  ThingName thing{};
  std::string principal{};
  ThingPrincipalType type{ThingPrincipalType::non_exclusive};
  bool attached{true};
};
struct GroupMembership {
  ThingName thing{};
  ThingGroupName group{};
  bool member{true};
};
/// The account's; empty: there is none.
struct DefaultAuthorizer {
  AuthorizerName name{};
};
enum class RecordKind {
  certificate,
  ca_certificate,
  policy,
  thing,
  thing_type,
  provisioning_template,
  thing_group,
  billing_group,
  role_alias,
  authorizer,
  domain_configuration,
  topic_rule,
  topic_rule_destination
};
struct Erased {
  RecordKind kind{};
  std::string key{};
};
struct ErasedAll {
  bool keep_ca{false};
};

/// One row to save or erase. Records are shared, so that a store's own thread can write them later.
using Change =
    std::variant<std::shared_ptr<const CertificateRecord>, std::shared_ptr<const CaCertificateRecord>,
                 std::shared_ptr<const PolicyRecord>, std::shared_ptr<const ProvisioningTemplateRecord>,
                 std::shared_ptr<const ThingRecord>, std::shared_ptr<const ThingTypeRecord>,
                 std::shared_ptr<const ThingGroupRecord>, std::shared_ptr<const BillingGroupRecord>,
                 std::shared_ptr<const RoleAliasRecord>, std::shared_ptr<const AuthorizerRecord>,
                 std::shared_ptr<const DomainConfigurationRecord>, std::shared_ptr<const TopicRuleRecord>,
                 std::shared_ptr<const TopicRuleDestinationRecord>,
                 std::shared_ptr<const EventConfigurationRecord>, std::shared_ptr<const LoggingRecord>,
                 std::shared_ptr<const IndexingConfiguration>, DefaultAuthorizer, RegistrationCode,
                 PolicyAttachment, ThingAttachment, GroupMembership, Erased, ErasedAll>;

class Store {
 public:
  virtual ~Store() = default;
  /// All changes or none. Called under the registry's writer lock, so in the order of the writes.
  virtual Status write(std::span<const Change> changes) = 0;
  /// Calls back, on any thread, once everything written so far survives a crash (or never will).
  virtual void when_durable(std::function<void(Status)> done) = 0;
};

/// The default: the registry's own memory is all there is, and nothing survives the process.
class MemoryStore final : public Store {
 public:
  Status write(std::span<const Change> changes) override;
  void when_durable(std::function<void(Status)> done) override;
};

/// The twin for tests: fails the n-th write from now on (0 = the next one), once.
class FailingStore final : public Store {
 public:
  explicit FailingStore(Store& inner) : inner_{inner} {}
  void fail_after(int writes);
  Status write(std::span<const Change> changes) override;
  void when_durable(std::function<void(Status)> done) override;

 private:
  Store& inner_;
  std::mutex mutex_;
  int countdown_{-1};
};

}  // namespace iotemu::registry
