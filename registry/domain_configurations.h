#pragma once

// Domain configurations (D-1…6): the four of the service itself, and the account's. Owned by the registry;
// any thread. The door asks `by_name` at every connect: one atomic load while there is no name to find.

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "registry/authorizers.h"
#include "registry/records/domain_configuration.h"
#include "registry/surroundings.h"
#include "registry/table.h"

namespace iotemu::registry {

class Neighbours;

using DomainConfigurationPtr = std::shared_ptr<const DomainConfigurationRecord>;

struct CreateDomainConfiguration {
  std::string domain_name{};  ///< Empty: the service chooses one (D-2).
  std::vector<std::string> server_certificate_arns{};
  std::string validation_certificate_arn{};
  std::optional<AuthorizerConfig> authorizer_config{};
  std::string service_type{"DATA"};
  std::string security_policy{};  ///< Empty: the default one.
  std::optional<ServerCertificateConfig> server_certificate_config{};
  std::string authentication_type{"DEFAULT"};
  std::string application_protocol{"DEFAULT"};
  std::optional<std::string> client_certificate_callback{};
  Tags tags{};
};

/// What is absent stays as it is.
struct UpdateDomainConfiguration {
  std::optional<AuthorizerConfig> authorizer_config{};
  bool remove_authorizer_config{false};
  std::optional<bool> enabled{};
  std::optional<std::string> security_policy{};
  std::optional<ServerCertificateConfig> server_certificate_config{};
  std::optional<std::string> authentication_type{};
  std::optional<std::string> application_protocol{};
  std::optional<std::string> client_certificate_callback{};
};

/// Whether the host name, in any letter case, is the service's own: localhost, a name that AWS gives, or one
/// of `endpoint_names`.
[[nodiscard]] bool is_service_name(std::string_view host, const std::vector<std::string>& endpoint_names);

class DomainConfigurations {
 public:
  /// `neighbours` may be null: no other account exists.
  DomainConfigurations(const Surroundings& surroundings, const Authorizers& authorizers,
                       const Neighbours* neighbours);

  /// Errc::invalid_request: a pair of protocol and authentication that does not exist (D-4), a host name that
  /// is none or the service's own, a name without certificate, an authorizer that does not exist.
  /// Errc::already_exists: the configuration, or its domain name here or in another realm;
  /// Errc::limit_exceeded.
  Result<DomainConfigurationPtr> create(const DomainConfigurationName& name,
                                        const CreateDomainConfiguration& request);
  [[nodiscard]] Result<DomainConfigurationPtr> get(const DomainConfigurationName& name) const;
  Result<DomainConfigurationPtr> update(const DomainConfigurationName& name,
                                        const UpdateDomainConfiguration& request);
  /// Errc::invalid_request while it is ENABLED (D-3).
  Status remove(const DomainConfigurationName& name);
  /// `service_type` empty: all.
  [[nodiscard]] Result<Page<DomainConfigurationPtr>> list(const PageRequest& page,
                                                          const std::string& service_type = {}) const;

  /// The account's configuration for a host name in any letter case; null if there is none.
  [[nodiscard]] DomainConfigurationPtr by_name(std::string_view host) const;

  /// For tags. Written under the writer lock.
  [[nodiscard]] Table<DomainConfigurationName, DomainConfigurationRecord>& table() { return table_; }
  [[nodiscard]] const Table<DomainConfigurationName, DomainConfigurationRecord>& table() const {
    return table_;
  }
  /// Under the writer lock: the service's own come back as they were.
  void clear();

 private:
  void add_own();
  [[nodiscard]] Status check(const DomainConfigurationRecord& record) const;
  /// Errc::already_exists. Under the writer lock and, with neighbours, under that of their domain names.
  [[nodiscard]] Status check_domain_name(const std::string& host) const;
  [[nodiscard]] Status check_authorizer(const std::optional<AuthorizerConfig>& config) const;

  const Surroundings around_;
  const Authorizers& authorizers_;
  const Neighbours* const neighbours_;
  Table<DomainConfigurationName, DomainConfigurationRecord> table_;
  std::atomic<std::size_t> names_{0};      ///< How many hosts_ has.
  mutable std::shared_mutex hosts_mutex_;  ///< Guards hosts_.
  std::map<std::string, DomainConfigurationName, std::less<>> hosts_;
};

}  // namespace iotemu::registry
