#include "registry/domain_configurations.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "base/hex.h"
#include "registry/errors.h"
#include "registry/function_name.h"
#include "registry/registry.h"

namespace iotemu::registry {
namespace {

struct OwnConfiguration {
  std::string_view name;
  std::string_view service_type;
};
/// D-1: what every account has.
constexpr std::array kOwn{OwnConfiguration{"iot:CredentialProvider", "CREDENTIAL_PROVIDER"},
                          OwnConfiguration{"iot:Data", "DATA"}, OwnConfiguration{"iot:Data-ATS", "DATA"},
                          OwnConfiguration{"iot:Jobs", "JOBS"}};

struct Pair {
  std::string_view protocol;
  std::string_view authentication;
};
/// D-4.
constexpr std::array kPairs{
    Pair{"DEFAULT", "DEFAULT"},         Pair{"SECURE_MQTT", "AWS_X509"},
    Pair{"SECURE_MQTT", "CUSTOM_AUTH"}, Pair{"SECURE_MQTT", "CUSTOM_AUTH_X509"},
    Pair{"MQTT_WSS", "AWS_SIGV4"},      Pair{"MQTT_WSS", "CUSTOM_AUTH"},
    Pair{"HTTPS", "AWS_X509"},          Pair{"HTTPS", "AWS_SIGV4"},
    Pair{"HTTPS", "CUSTOM_AUTH"},       Pair{"HTTPS", "CUSTOM_AUTH_X509"},
};

/// T-9.
constexpr std::array<std::string_view, 5> kSecurityPolicies{
    "IoTSecurityPolicy_TLS13_1_3_2022_10", "IoTSecurityPolicy_TLS13_1_2_2022_10",
    "IoTSecurityPolicy_TLS12_1_2_2022_10", "IoTSecurityPolicy_TLS12_1_0_2016_01",
    "IoTSecurityPolicy_TLS12_1_0_2015_01"};
constexpr std::string_view kDefaultSecurityPolicy = kSecurityPolicies[1];

/// Dot-separated labels of letters, digits and inner hyphens.
bool is_host_name(std::string_view text) {
  const auto is_letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  for (;;) {
    const auto dot = std::min(text.find('.'), text.size());
    const auto label = text.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::ranges::all_of(label, [&](char c) { return is_letter_or_digit(c) || c == '-'; })) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

std::string_view callback_pairs(const DomainConfigurationRecord& record) {
  const bool certificate =
      record.authentication_type == "AWS_X509" || record.authentication_type == "CUSTOM_AUTH_X509";
  const bool protocol =
      record.application_protocol == "SECURE_MQTT" || record.application_protocol == "HTTPS";
  if (certificate && protocol) return {};
  return "clientCertificateConfig needs the authentication type AWS_X509 or CUSTOM_AUTH_X509 with the "
         "application "
         "protocol SECURE_MQTT or HTTPS";
}

}  // namespace

std::string_view to_text(DomainType type) {
  switch (type) {
    case DomainType::endpoint:
      return "ENDPOINT";
    case DomainType::aws_managed:
      return "AWS_MANAGED";
    case DomainType::customer_managed:
      return "CUSTOMER_MANAGED";
  }
  return {};
}

bool is_service_name(std::string_view host, const std::vector<std::string>& endpoint_names) {
  const std::string lower = lowercase(host);
  return lower == "localhost" || lower.ends_with(".localhost") ||
         (lower.find(".iot.") != lower.npos && lower.ends_with(".amazonaws.com")) ||
         std::ranges::any_of(endpoint_names, [&](const std::string& own) { return lowercase(own) == lower; });
}

DomainConfigurations::DomainConfigurations(const Surroundings& surroundings, const Authorizers& authorizers,
                                           const Neighbours* neighbours)
    : around_{surroundings}, authorizers_{authorizers}, neighbours_{neighbours} {
  add_own();
}

void DomainConfigurations::add_own() {
  for (const auto& own : kOwn) {
    auto record = std::make_shared<DomainConfigurationRecord>();
    record->name = *DomainConfigurationName::parse(own.name);
    record->arn = iot_arn(around_.realm, "domainconfiguration/" + std::string{own.name});
    record->service_type = own.service_type;
    record->security_policy = kDefaultSecurityPolicy;
    record->created_at = record->status_changed_at = around_.clock.now();
    table_.put(record);
  }
}

Status DomainConfigurations::check(const DomainConfigurationRecord& record) const {
  const bool known_pair = std::ranges::any_of(kPairs, [&](const Pair& pair) {
    return pair.protocol == record.application_protocol && pair.authentication == record.authentication_type;
  });
  if (!known_pair) {
    return invalid("The application protocol " + record.application_protocol +
                   " does not go with the authentication type " + record.authentication_type);
  }
  if (std::ranges::find(kSecurityPolicies, record.security_policy) == kSecurityPolicies.end()) {
    return invalid("There is no security policy '" + record.security_policy + "'");
  }
  if (record.client_certificate_callback) {
    if (const auto pairs = callback_pairs(record); !pairs.empty()) return invalid(std::string{pairs});
    if (const auto function = FunctionName::parse(*record.client_certificate_callback); !function) {
      return function.error();
    }
  }
  return Ok{};
}

Status DomainConfigurations::check_domain_name(const std::string& host) const {
  if (const auto other = by_name(host)) {
    return Error{
        .code = Errc::already_exists,
        .message = "Domain configuration " + other->name.text() + " has the domain name " + host + " already",
        .resource_id = other->name.text(),
        .resource_arn = other->arn};
  }
  if (neighbours_ != nullptr && neighbours_->domain_owned_elsewhere(around_.realm, host)) {
    return Error{Errc::already_exists,
                 "A domain configuration of another account or region has the domain name " + host};
  }
  return Ok{};
}

Status DomainConfigurations::check_authorizer(const std::optional<AuthorizerConfig>& config) const {
  if (!config || config->default_authorizer.empty()) return Ok{};
  const auto name = AuthorizerName::parse(config->default_authorizer);
  if (!name) return name.error();
  // No operation on domain configurations models a 404 of something else.
  if (const auto found = authorizers_.get(*name); !found) return invalid(found.error().message);
  return Ok{};
}

Result<DomainConfigurationPtr> DomainConfigurations::create(const DomainConfigurationName& name,
                                                            const CreateDomainConfiguration& request) {
  if (auto checked = check_tags(request.tags, around_.options.tags_per_resource); !checked) {
    return checked.error();
  }
  auto record = std::make_shared<DomainConfigurationRecord>();
  record->name = name;
  record->type = request.domain_name.empty() ? DomainType::aws_managed : DomainType::customer_managed;
  record->domain_name = lowercase(request.domain_name);
  record->service_type = request.service_type;
  record->server_certificate_arns = request.server_certificate_arns;
  record->validation_certificate_arn = request.validation_certificate_arn;
  record->authorizer_config = request.authorizer_config;
  record->security_policy =
      request.security_policy.empty() ? std::string{kDefaultSecurityPolicy} : request.security_policy;
  record->server_certificate_config = request.server_certificate_config;
  record->authentication_type = request.authentication_type;
  record->application_protocol = request.application_protocol;
  record->client_certificate_callback = request.client_certificate_callback;
  record->tags = request.tags;
  if (record->type == DomainType::customer_managed) {
    if (!is_host_name(request.domain_name)) {
      return invalid("The domain name '" + request.domain_name + "' is no host name");
    }
    if (is_service_name(record->domain_name, around_.options.endpoint_names)) {
      return invalid("The domain name '" + request.domain_name + "' is the service's own");
    }
    if (request.server_certificate_arns.empty()) {
      return invalid(
          "A domain configuration with a domainName needs its certificate in serverCertificateArns");
    }
  } else if (!request.server_certificate_arns.empty()) {
    return invalid(
        "serverCertificateArns go with a domainName; without one the service has its own certificate");
  }

  const std::lock_guard write{around_.write_mutex};
  if (auto checked = check(*record); !checked) return checked.error();
  if (auto checked = check_authorizer(record->authorizer_config); !checked) return checked.error();
  if (const auto known = table_.find(name)) {
    return Error{.code = Errc::already_exists,
                 .message = "Domain configuration " + name.text() + " already exists",
                 .resource_id = name.text(),
                 .resource_arn = known->arn};
  }
  std::unique_lock<std::mutex> names;
  if (!record->domain_name.empty()) {
    if (neighbours_ != nullptr) names = std::unique_lock{neighbours_->domain_names_mutex()};
    if (auto checked = check_domain_name(record->domain_name); !checked) return checked.error();
  }
  if (table_.size() - kOwn.size() >= around_.options.domain_configurations) {
    return Error{Errc::limit_exceeded, "An account has at most " +
                                           std::to_string(around_.options.domain_configurations) +
                                           " domain configurations"};
  }
  if (record->domain_name.empty()) {
    record->domain_name =
        "d" + around_.random.hex(10) + "-ats.iot." + around_.realm.region + ".amazonaws.com";
  }
  record->arn =
      iot_arn(around_.realm, "domainconfiguration/" + name.text() + "/" + around_.random.hex(3).substr(0, 5));
  record->created_at = record->status_changed_at = around_.clock.now();
  const DomainConfigurationPtr done{std::move(record)};
  const Change change{done};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved.error();
  table_.put(done);
  const std::unique_lock lock{hosts_mutex_};
  hosts_.emplace(done->domain_name, name);
  names_ = hosts_.size();
  return done;
}

Result<DomainConfigurationPtr> DomainConfigurations::get(const DomainConfigurationName& name) const {
  auto found = table_.find(name);
  if (!found) return does_not_exist(name);
  return found;
}

Result<DomainConfigurationPtr> DomainConfigurations::update(const DomainConfigurationName& name,
                                                            const UpdateDomainConfiguration& request) {
  if (request.authorizer_config && request.remove_authorizer_config) {
    return invalid("removeAuthorizerConfig and authorizerConfig exclude each other");
  }
  const std::lock_guard write{around_.write_mutex};
  const auto old = table_.find(name);
  if (!old) return does_not_exist(name);
  auto next = std::make_shared<DomainConfigurationRecord>(*old);
  if (request.authorizer_config) next->authorizer_config = request.authorizer_config;
  if (request.remove_authorizer_config) next->authorizer_config.reset();
  if (request.security_policy) next->security_policy = *request.security_policy;
  if (request.server_certificate_config) next->server_certificate_config = request.server_certificate_config;
  if (request.authentication_type) next->authentication_type = *request.authentication_type;
  if (request.application_protocol) next->application_protocol = *request.application_protocol;
  if (request.client_certificate_callback) {
    // The empty text takes the callback away.
    next->client_certificate_callback =
        request.client_certificate_callback->empty() ? std::nullopt : request.client_certificate_callback;
  }
  if (request.enabled && *request.enabled != old->enabled) {
    next->enabled = *request.enabled;
    next->status_changed_at = around_.clock.now();
  }
  if (auto checked = check(*next); !checked) return checked.error();
  if (auto checked = check_authorizer(request.authorizer_config); !checked) return checked.error();
  const DomainConfigurationPtr done{std::move(next)};
  const Change change{done};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved.error();
  table_.put(done);
  return done;
}

Status DomainConfigurations::remove(const DomainConfigurationName& name) {
  const std::lock_guard write{around_.write_mutex};
  const auto old = table_.find(name);
  if (!old) return does_not_exist(name);
  if (old->type == DomainType::endpoint) {
    return invalid("Domain configuration " + name.text() + " is the service's own and stays");
  }
  if (old->enabled) {
    return invalid("Domain configuration " + name.text() + " is ENABLED; disable it before it is deleted");
  }
  const Change change{Erased{.kind = RecordKind::domain_configuration, .key = name.text()}};
  if (auto saved = around_.store.write({&change, 1}); !saved) return saved;
  table_.erase(name);
  const std::unique_lock lock{hosts_mutex_};
  hosts_.erase(old->domain_name);
  names_ = hosts_.size();
  return Ok{};
}

Result<Page<DomainConfigurationPtr>> DomainConfigurations::list(const PageRequest& page,
                                                                const std::string& service_type) const {
  return table_.page(page, [&](const DomainConfigurationRecord& record) {
    return service_type.empty() || record.service_type == service_type;
  });
}

DomainConfigurationPtr DomainConfigurations::by_name(std::string_view host) const {
  if (names_.load(std::memory_order_relaxed) == 0 || host.empty()) return nullptr;
  const std::string lower = lowercase(host);
  DomainConfigurationName name;
  {
    const std::shared_lock lock{hosts_mutex_};
    const auto found = hosts_.find(lower);
    if (found == hosts_.end()) return nullptr;
    name = found->second;
  }
  return table_.find(name);
}

void DomainConfigurations::clear() {
  table_.clear();
  {
    const std::unique_lock lock{hosts_mutex_};
    hosts_.clear();
    names_ = 0;
  }
  add_own();
}

}  // namespace iotemu::registry
