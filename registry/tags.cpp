// Tags of whatever carries them (P8.8).

#include <algorithm>
#include <type_traits>

#include "base/utf8.h"
#include "registry/authorizers.h"
#include "registry/domain_configurations.h"
#include "registry/errors.h"
#include "registry/registry.h"
#include "registry/role_aliases.h"
#include "registry/topic_rules.h"

namespace iotemu::registry {
namespace {

Error no_such_resource(std::string_view arn) {
  return does_not_exist("Resource " + std::string{front_characters(arn, 256)});
}

}  // namespace

// The one place that knows whose ARN is whose record: a kind that carries tags is a line here.
template <class Self, class Visit>
Result<Tags> Registry::visit_tagged(Self& self, std::string_view arn, Visit visit) {
  const auto resource = iot_resource(self.realm_, arn);
  const auto slash = std::min(resource.find('/'), resource.size());
  const auto kind = resource.substr(0, slash);
  const auto name = resource.substr(std::min(slash + 1, resource.size()));
  if (kind == "cacert") return visit(self.cas_, CertificateId::parse(name));
  if (kind == "policy") return visit(self.policies_, PolicyName::parse(name));
  if (kind == "thingtype") return visit(self.thing_types_, ThingTypeName::parse(name));
  if (kind == "thinggroup") return visit(self.thing_groups_, ThingGroupName::parse(name));
  if (kind == "billinggroup") return visit(self.billing_groups_, BillingGroupName::parse(name));
  if (kind == "provisioningtemplate") return visit(self.provisioning_templates_, TemplateName::parse(name));
  if (kind == "rolealias") return visit(self.role_aliases().table(), RoleAliasName::parse(name));
  if (kind == "authorizer") return visit(self.authorizers().table(), AuthorizerName::parse(name));
  if (kind == "rule") return visit(self.topic_rules().table(), TopicRuleName::parse(name));
  if (kind == "domainconfiguration") {  // …/<name>/<id>
    return visit(self.domain_configurations().table(),
                 DomainConfigurationName::parse(name.substr(0, name.find('/'))));
  }
  if (kind == "thing" || kind == "cert") {
    return invalid("Things and device certificates carry no tags: " + std::string{arn});
  }
  return no_such_resource(arn);
}

Result<Tags> Registry::tags_of(std::string_view arn) const {
  return visit_tagged(*this, arn, [&](const auto& table, const auto& key) -> Result<Tags> {
    const auto record = key ? table.find(*key) : nullptr;
    if (!record || record->arn != arn) return no_such_resource(arn);
    return record->tags;
  });
}

Status Registry::change_tags(std::string_view arn, const std::function<Result<Tags>(Tags)>& changed) {
  const Writing write{write_mutex_};
  const auto done = visit_tagged(*this, arn, [&](auto& table, const auto& key) -> Result<Tags> {
    const auto record = key ? table.find(*key) : nullptr;
    if (!record || record->arn != arn) return no_such_resource(arn);
    auto tags = changed(record->tags);
    if (!tags) return tags;
    using Record = std::remove_cvref_t<decltype(*record)>;
    auto next = std::make_shared<Record>(*record);
    next->tags = *tags;
    const std::shared_ptr<const Record> saved_record{std::move(next)};
    const Change change{saved_record};
    if (auto saved = store_.write({&change, 1}); !saved) return saved.error();
    table.put(saved_record);
    if constexpr (std::is_same_v<Record, CaCertificateRecord>) {
      if (const auto certificate = pki::Certificate::from_pem(saved_record->pem)) {
        put_issuer(saved_record, *certificate);
      }
    }
    return tags;
  });
  if (!done) return done.error();
  return Ok{};
}

Status Registry::tag(std::string_view arn, const Tags& tags) {
  if (auto checked = check_tags(tags, tags.size()); !checked) return checked;
  return change_tags(arn, [&](Tags all) -> Result<Tags> {
    for (const auto& tag : tags) {
      const auto known =
          std::find_if(all.begin(), all.end(), [&](const Tag& other) { return other.key == tag.key; });
      if (known != all.end()) {
        known->value = tag.value;
      } else {
        all.push_back(tag);
      }
    }
    if (all.size() > options_.tags_per_resource) {
      return Error{Errc::limit_exceeded, "A resource has at most " +
                                             std::to_string(options_.tags_per_resource) + " tags; " +
                                             std::string{arn} + " would have " + std::to_string(all.size())};
    }
    return all;
  });
}

Status Registry::untag(std::string_view arn, const std::set<std::string>& keys) {
  return change_tags(arn, [&](Tags all) -> Result<Tags> {
    std::erase_if(all, [&](const Tag& tag) { return keys.contains(tag.key); });
    return all;
  });
}

}  // namespace iotemu::registry
