#pragma once

// Custom authorizers (A-1…13) and which of them is the account's default. Owned by the registry; any thread.
// Whoever plays custom authentication reads the record here and asks the function itself.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "registry/records/authorizer.h"
#include "registry/surroundings.h"
#include "registry/table.h"

namespace iotemu::registry {

using AuthorizerPtr = std::shared_ptr<const AuthorizerRecord>;

struct CreateAuthorizer {
  std::string function_arn{};
  std::string token_key_name{};
  std::map<std::string, std::string> public_keys{};
  bool active{false};
  bool signing_disabled{false};
  bool caching_for_http{false};
  Tags tags{};
};

/// What is absent stays as it is.
struct UpdateAuthorizer {
  std::optional<std::string> function_arn{};
  std::optional<std::string> token_key_name{};
  std::optional<std::map<std::string, std::string>> public_keys{};
  std::optional<bool> active{};
  std::optional<bool> caching_for_http{};
};

class Authorizers {
 public:
  explicit Authorizers(const Surroundings& surroundings) : around_{surroundings} {}

  /// Errc::invalid_request: what signing needs is missing, a key is no RSA key of 2048 bits or more, the
  /// function is no Lambda ARN. Errc::already_exists, Errc::limit_exceeded.
  Result<AuthorizerPtr> create(const AuthorizerName& name, const CreateAuthorizer& request);
  [[nodiscard]] Result<AuthorizerPtr> get(const AuthorizerName& name) const;
  Result<AuthorizerPtr> update(const AuthorizerName& name, const UpdateAuthorizer& request);
  /// Errc::delete_conflict while it is ACTIVE or the default.
  Status remove(const AuthorizerName& name);
  [[nodiscard]] Result<Page<AuthorizerPtr>> list(const PageRequest& page, std::optional<bool> active) const;

  /// Errc::already_exists while another one is the default.
  Result<AuthorizerPtr> set_default(const AuthorizerName& name);
  /// Errc::not_found: there is none.
  Status clear_default();
  [[nodiscard]] Result<AuthorizerPtr> get_default() const;

  /// For `connectionMetadata.id` of an authorizer's event.
  [[nodiscard]] std::string new_connection_id() const { return around_.random.uuid(); }

  /// For tags. Written under the writer lock.
  [[nodiscard]] Table<AuthorizerName, AuthorizerRecord>& table() { return table_; }
  [[nodiscard]] const Table<AuthorizerName, AuthorizerRecord>& table() const { return table_; }
  /// Under the writer lock.
  void clear();

 private:
  [[nodiscard]] Status check_active_limit() const;
  Status store(const AuthorizerPtr& record);
  [[nodiscard]] std::optional<AuthorizerName> default_name() const;
  Status store_default(const std::optional<AuthorizerName>& name);

  const Surroundings around_;
  Table<AuthorizerName, AuthorizerRecord> table_;
  mutable std::mutex default_mutex_;  ///< Guards default_.
  std::optional<AuthorizerName> default_;
};

}  // namespace iotemu::registry
