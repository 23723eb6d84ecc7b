#pragma once

// IAM (P9.6): roles and policies as records, of an account and not of a region. No right is ever checked with
// them but who may assume a role (sts.h).

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "emulator/neighbours/service.h"

namespace iotemu::neighbours {

struct IamRole {
  std::string name{};
  std::string path{};
  std::string id{};
  std::string arn{};
  std::string trust{};  ///< AssumeRolePolicyDocument, as given
  std::string description{};
  std::int64_t max_session{3600};
  std::string boundary{};
  Json tags = Json::array();
  Time created{};
  std::set<std::string> attached{};              ///< ARNs of managed policies
  std::map<std::string, std::string> inlined{};  ///< documents by name
};

struct IamPolicy {
  std::string name{};
  std::string path{};
  std::string id{};
  std::string arn{};
  std::string document{};
  std::string description{};
  Json tags = Json::array();
  Time created{};
};

class Iam final : public Service {
 public:
  Iam(const Clock& clock, Random& random);

  void reset() override;
  /// Of any account; nothing if there is none.
  [[nodiscard]] std::optional<IamRole> role_by_arn(std::string_view arn) const;

 private:
  struct Home {
    std::map<std::string, IamRole> roles{};       ///< by name in lower case: names differ in more than case
    std::map<std::string, IamPolicy> policies{};  ///< by ARN
  };

  Answer<Json> create_role(const Question& question);
  Answer<Json> get_role(const Question& question);
  Answer<Json> delete_role(const Question& question);
  Answer<Json> list_roles(const Question& question);
  Answer<Json> update_trust(const Question& question);
  Answer<Json> attach(const Question& question);
  Answer<Json> detach(const Question& question);
  Answer<Json> list_attached(const Question& question);
  Answer<Json> put_inline(const Question& question);
  Answer<Json> get_inline(const Question& question);
  Answer<Json> delete_inline(const Question& question);
  Answer<Json> list_inline(const Question& question);
  Answer<Json> create_policy(const Question& question);
  Answer<Json> get_policy(const Question& question);
  Answer<Json> get_policy_version(const Question& question);
  Answer<Json> delete_policy(const Question& question);
  Answer<Json> list_policies(const Question& question);

  /// An empty one if the account has none; under the lock.
  [[nodiscard]] const Home& home(const Realm& realm) const;
  Answer<Home*> home_to_fill(const Realm& realm);  ///< made if it is new; under the lock
  /// The role that RoleName names; under the lock.
  Answer<IamRole*> role(const Question& question);
  Answer<IamPolicy*> policy(const Question& question);
  [[nodiscard]] static std::int64_t attachments(const Home& home, const std::string& arn);
  [[nodiscard]] static Json policy_json(const Home& home, const IamPolicy& policy, bool in_list);

  const Clock& clock_;
  Random& random_;
  mutable std::mutex mutex_;
  std::map<std::string, Home> homes_;  ///< by account
};

}  // namespace iotemu::neighbours
