#include "registry/registry.h"

#include "registry/authorizers.h"
#include "registry/domain_configurations.h"
#include "registry/event_configurations.h"
#include "registry/events.h"
#include "registry/logging_options.h"
#include "registry/role_aliases.h"
#include "registry/topic_rule_destinations.h"
#include "registry/topic_rules.h"

namespace iotemu::registry {

Registry::Registry(Realm realm, const Clock& clock, Random& random, Store& store, EventBus& bus,
                   RegistryOptions options, const Neighbours* neighbours)
    : realm_{std::move(realm)},
      clock_{clock},
      random_{random},
      store_{store},
      bus_{bus},
      options_{std::move(options)},
      neighbours_{neighbours},
      service_ca_{options_.service_ca ? options_.service_ca : std::make_shared<ServiceCa>()} {
  const Surroundings around{realm_, clock_, random_, store_, bus_, options_, write_mutex_};
  authorizers_ = std::make_unique<Authorizers>(around);
  domain_configurations_ = std::make_unique<DomainConfigurations>(around, *authorizers_, neighbours_);
  event_configurations_ = std::make_unique<EventConfigurations>(around);
  logging_options_ = std::make_unique<LoggingOptions>(around);
  role_aliases_ = std::make_unique<RoleAliases>(around);
  topic_rule_destinations_ = std::make_unique<TopicRuleDestinations>(around);
  topic_rules_ = std::make_unique<TopicRules>(around);
}

Registry::~Registry() = default;

Error Registry::already_exists(std::string message, std::string id, std::string arn) const {
  return {.code = Errc::already_exists,
          .message = std::move(message),
          .resource_id = std::move(id),
          .resource_arn = std::move(arn)};
}

Status Registry::reset(bool keep_ca) {
  const Writing write{write_mutex_};
  const auto kept = keep_ca ? templates_named_by_cas() : std::vector<ProvisioningTemplatePtr>{};
  std::vector<Change> changes{ErasedAll{.keep_ca = keep_ca}};
  changes.insert(changes.end(), kept.begin(), kept.end());
  if (auto saved = store_.write(changes); !saved) return saved;
  certificates_.clear();
  certificates_by_ca_.clear();
  ended_transfers_.clear();
  policies_.clear();
  provisioning_templates_.clear();
  for (const auto& record : kept) provisioning_templates_.put(record);
  things_.clear();
  thing_types_.clear();
  things_by_type_.clear();
  things_by_attribute_.clear();
  thing_groups_.clear();
  child_groups_.clear();
  group_links_.clear();
  dynamic_groups_.clear();
  index_.clear();
  billing_groups_.clear();
  billing_links_.clear();
  billing_group_count_ = 0;
  policy_links_.clear();
  thing_links_.clear();
  ownership_tokens_.clear();
  claims_.clear();
  claims_by_expiry_.clear();
  authorizers_->clear();
  domain_configurations_->clear();
  event_configurations_->clear();
  logging_options_->clear();
  role_aliases_->clear();
  topic_rule_destinations_->clear();
  topic_rules_->clear();
  if (!keep_ca) {
    registration_code_.clear();
    cas_.clear();
    issuers_.clear();
  }
  verdicts_changed();
  bus_.publish(RegistryReset{.realm = realm_, .kept_ca = keep_ca});
  return Ok{};
}

}  // namespace iotemu::registry
