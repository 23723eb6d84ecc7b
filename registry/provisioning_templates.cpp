// Provisioning templates and their versions (P5.10).

#include <charconv>
#include <limits>

#include "registry/errors.h"
#include "registry/function_name.h"
#include "registry/registry.h"
#include "registry/role_arn.h"

namespace iotemu::registry {
namespace {

Error no_such_version(const TemplateName& name, int version) {
  return {Errc::not_found,
          "Provisioning template " + name.text() + " has no version " + std::to_string(version)};
}

/// P5.11.
Status check_hook(TemplateType type, const std::optional<ProvisioningHook>& hook) {
  if (!hook) return Ok{};
  if (type != TemplateType::fleet_provisioning) {
    return invalid("A preProvisioningHook is for templates of type FLEET_PROVISIONING, not JITP");
  }
  if (hook->payload_version != ProvisioningHook{}.payload_version) {
    return invalid("The payloadVersion of a preProvisioningHook is " + ProvisioningHook{}.payload_version +
                   ", not '" + hook->payload_version + "'");
  }
  if (const auto function = FunctionName::parse(hook->target_arn); !function) {
    return invalid("The targetArn of a preProvisioningHook: " + function.error().message);
  }
  return Ok{};
}

/// A template that devices run knows its certificate by what the connection or the token says (P5.5).
Result<provisioning::TemplatePtr> read_body(std::string_view body) {
  auto document = provisioning::parse_template(body);
  if (!document) return document;
  if (!provisioning::has_certificate(**document)) {
    return invalid("Invalid registration template. It needs a resource of type AWS::IoT::Certificate");
  }
  if (!provisioning::names_certificate_by_id(**document)) {
    return invalid(
        "Invalid registration template. Its certificate must be given by CertificateId "
        "({\"Ref\": \"AWS::IoT::Certificate::Id\"}), not by a request or a PEM text");
  }
  return document;
}

TemplateVersion summary(const ProvisioningTemplateRecord& record,
                        const ProvisioningTemplateVersionPtr& version) {
  return {.version = version, .is_default = version->id == record.default_version};
}

/// The version id that a page ended with.
Result<int> last_version(const std::string& marker) {
  const auto key = from_marker(marker);
  if (!key) return key.error();
  int id = 0;
  const auto [end, error] = std::from_chars(key->name.data(), key->name.data() + key->name.size(), id);
  if (error != std::errc{} || end != key->name.data() + key->name.size()) {
    return invalid("The token is not one of this list's");
  }
  return id;
}

}  // namespace

Status Registry::store_provisioning_template(std::shared_ptr<ProvisioningTemplateRecord> next) {
  const ProvisioningTemplatePtr done{std::move(next)};
  const Change change{done};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  provisioning_templates_.put(done);
  return Ok{};
}

bool Registry::named_by_ca(const TemplateName& name) const {
  const auto cas = list_cas({.size = 1}, name.text());
  return cas && !cas->items.empty();
}

std::vector<ProvisioningTemplatePtr> Registry::templates_named_by_cas() const {
  auto named = provisioning_templates_.page(
      PageRequest{.size = std::numeric_limits<std::size_t>::max()},
      [&](const ProvisioningTemplateRecord& record) { return named_by_ca(record.name); });
  return named ? std::move(named->items) : std::vector<ProvisioningTemplatePtr>{};
}

Result<ProvisioningTemplatePtr> Registry::create_provisioning_template(
    const TemplateName& name, const CreateProvisioningTemplate& request) {
  if (auto checked = check_tags(request.tags, options_.tags_per_resource); !checked) return checked.error();
  if (auto checked = check_role_arn(request.role_arn); !checked) return checked.error();
  if (auto checked = check_hook(request.type, request.hook); !checked) return checked.error();
  auto document = read_body(request.body);
  if (!document) return document.error();

  const Writing write{write_mutex_};
  const auto arn = provisioning_template_arn(realm_, name);
  if (provisioning_templates_.find(name)) {
    return already_exists("Template with name " + name.text() + " already exists", name.text(), arn);
  }
  const auto limit = options_.provisioning_templates;
  if (const auto page = provisioning_templates_.page({.size = limit}); page && page->items.size() >= limit) {
    return Error{Errc::limit_exceeded, "The account has the maximum number of provisioning templates (" +
                                           std::to_string(limit) + ")"};
  }
  const auto now = clock_.now();
  auto record = std::make_shared<ProvisioningTemplateRecord>();
  record->name = name;
  record->arn = arn;
  record->type = request.type;
  record->description = request.description;
  record->enabled = request.enabled;
  record->role_arn = request.role_arn;
  record->hook = request.hook;
  record->versions.emplace(
      1, std::make_shared<const ProvisioningTemplateVersion>(ProvisioningTemplateVersion{
             .id = 1, .body = request.body, .document = std::move(*document), .created_at = now}));
  record->created_at = record->changed_at = now;
  record->tags = request.tags;
  if (auto saved = store_provisioning_template(record); !saved) return saved.error();
  return ProvisioningTemplatePtr{std::move(record)};
}

Result<ProvisioningTemplatePtr> Registry::provisioning_template(const TemplateName& name) const {
  auto found = provisioning_templates_.find(name);
  if (!found) return does_not_exist(name);
  return found;
}

Status Registry::update_provisioning_template(const TemplateName& name,
                                              const UpdateProvisioningTemplate& request) {
  if (request.remove_hook && request.hook) {
    return invalid("removePreProvisioningHook and preProvisioningHook exclude each other");
  }
  if (request.role_arn) {
    if (auto checked = check_role_arn(*request.role_arn); !checked) return checked;
  }
  const Writing write{write_mutex_};
  const auto old = provisioning_templates_.find(name);
  if (!old) return does_not_exist(name);
  if (auto checked = check_hook(old->type, request.hook); !checked) return checked;
  if (request.default_version && !old->versions.contains(*request.default_version)) {
    return no_such_version(name, *request.default_version);
  }

  auto next = std::make_shared<ProvisioningTemplateRecord>(*old);
  if (request.description) next->description = *request.description;
  if (request.enabled) next->enabled = *request.enabled;
  if (request.default_version) next->default_version = *request.default_version;
  if (request.role_arn) next->role_arn = *request.role_arn;
  if (request.hook) next->hook = request.hook;
  if (request.remove_hook) next->hook.reset();
  next->changed_at = clock_.now();
  return store_provisioning_template(std::move(next));
}

Status Registry::delete_provisioning_template(const TemplateName& name) {
  const Writing write{write_mutex_};
  const auto old = provisioning_templates_.find(name);
  if (!old) return does_not_exist(name);
  if (old->versions.size() > 1) {
    return Error{Errc::delete_conflict, "Cannot delete provisioning template " + name.text() +
                                            ": it has versions besides the default one"};
  }
  if (named_by_ca(name)) {
    return Error{Errc::delete_conflict, "Cannot delete provisioning template " + name.text() +
                                            ": the registrationConfig of a CA certificate names it"};
  }
  const Change change{Erased{.kind = RecordKind::provisioning_template, .key = name.text()}};
  if (auto saved = store_.write({&change, 1}); !saved) return saved;
  provisioning_templates_.erase(name);
  return Ok{};
}

Result<Page<ProvisioningTemplatePtr>> Registry::list_provisioning_templates(const PageRequest& page) const {
  return provisioning_templates_.page(page);
}

Result<TemplateVersion> Registry::create_provisioning_template_version(const TemplateName& name,
                                                                       std::string_view body,
                                                                       bool set_as_default) {
  auto document = read_body(body);
  if (!document) return document.error();

  const Writing write{write_mutex_};
  const auto old = provisioning_templates_.find(name);
  if (!old) return does_not_exist(name);
  const auto limit = options_.versions_per_template;
  if (old->versions.size() >= limit) {
    return Error{Errc::versions_limit_exceeded, "Provisioning template " + name.text() +
                                                    " already has the maximum number of versions (" +
                                                    std::to_string(limit) + ")"};
  }
  auto next = std::make_shared<ProvisioningTemplateRecord>(*old);
  const int id = next->next_version++;
  next->changed_at = clock_.now();
  const auto version = std::make_shared<const ProvisioningTemplateVersion>(ProvisioningTemplateVersion{
      .id = id, .body = std::string{body}, .document = std::move(*document), .created_at = next->changed_at});
  next->versions.emplace(id, version);
  if (set_as_default) next->default_version = id;
  if (auto saved = store_provisioning_template(std::move(next)); !saved) return saved.error();
  return TemplateVersion{.version = version, .is_default = set_as_default};
}

Result<TemplateVersion> Registry::provisioning_template_version(const TemplateName& name, int version) const {
  const auto found = provisioning_templates_.find(name);
  if (!found) return does_not_exist(name);
  const auto at = found->versions.find(version);
  if (at == found->versions.end()) return no_such_version(name, version);
  return summary(*found, at->second);
}

Status Registry::delete_provisioning_template_version(const TemplateName& name, int version) {
  const Writing write{write_mutex_};
  const auto old = provisioning_templates_.find(name);
  if (!old) return does_not_exist(name);
  if (!old->versions.contains(version)) return no_such_version(name, version);
  if (old->default_version == version) {
    return Error{Errc::delete_conflict, "Cannot delete version " + std::to_string(version) +
                                            " of provisioning template " + name.text() +
                                            ": it is the default version"};
  }
  auto next = std::make_shared<ProvisioningTemplateRecord>(*old);
  next->versions.erase(version);
  next->changed_at = clock_.now();
  return store_provisioning_template(std::move(next));
}

Result<Page<TemplateVersion>> Registry::list_provisioning_template_versions(const TemplateName& name,
                                                                            const PageRequest& page) const {
  const auto found = provisioning_templates_.find(name);
  if (!found) return does_not_exist(name);
  auto at = found->versions.begin();
  if (!page.marker.empty()) {
    const auto last = last_version(page.marker);
    if (!last) return last.error();
    at = found->versions.upper_bound(*last);
  }
  Page<TemplateVersion> result;
  for (; at != found->versions.end(); ++at) {
    if (result.items.size() == page.size) {
      result.next_marker = to_marker({.name = std::to_string(result.items.back().version->id)});
      break;
    }
    result.items.push_back(summary(*found, at->second));
  }
  return result;
}

}  // namespace iotemu::registry
