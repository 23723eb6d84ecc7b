#pragma once

// A provisioning template with its versions (P5.10). Immutable once stored: a change makes a new record.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "registry/ids.h"
#include "registry/records/tag.h"

namespace iotemu::registry {

namespace provisioning {
class Template;
}

/// Who uses a template; fixed when it is created.
enum class TemplateType { fleet_provisioning, jitp };
/// `FLEET_PROVISIONING`, `JITP`.
[[nodiscard]] std::string_view to_text(TemplateType type);
/// Nothing for another word.
[[nodiscard]] std::optional<TemplateType> parse_template_type(std::string_view text);

/// The function that is asked before a device is provisioned (P5.11).
struct ProvisioningHook {
  std::string payload_version{"2020-04-01"};
  std::string target_arn{};
  friend bool operator==(const ProvisioningHook&, const ProvisioningHook&) = default;
};

struct ProvisioningTemplateVersion {
  int id{1};
  std::string body{};  ///< The document as given.
  std::shared_ptr<const provisioning::Template> document{};
  Time created_at{};
};

struct ProvisioningTemplateRecord {
  TemplateName name{};
  std::string arn{};
  TemplateType type{TemplateType::fleet_provisioning};
  std::string description{};  ///< Empty: absent.
  bool enabled{false};
  std::string role_arn{};
  std::optional<ProvisioningHook> hook{};
  std::map<int, std::shared_ptr<const ProvisioningTemplateVersion>> versions{};
  int default_version{1};
  int next_version{2};  ///< Version ids are never reused.
  Time created_at{};
  Time changed_at{};
  Tags tags{};

  /// The version that runs: at a device's first connect, for a claim.
  [[nodiscard]] const ProvisioningTemplateVersion& effective() const { return *versions.at(default_version); }
  [[nodiscard]] const TemplateName& key() const { return name; }
  [[nodiscard]] const std::string& key_text() const { return name.text(); }
};

}  // namespace iotemu::registry
