#pragma once

// Greengrass version 1 as records: definitions of cores and of loggers, groups that name versions of both,
// and the roles that belong to them. Nothing is deployed. What other definitions there are is refused by
// name. Thread-safe.

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/realm.h"
#include "emulator/neighbours/service.h"

namespace iotemu::neighbours {

class Greengrass final : public Service {
 public:
  Greengrass(const Clock& clock, Random& random);

  void reset() override;

 private:
  /// What one family of records is called on the wire.
  struct Family {
    std::string_view kind;        ///< `CoreDefinition`
    std::string_view path;        ///< below `/greengrass/`
    std::string_view id;          ///< the member that names one
    std::string_view version_id;  ///< the member that names a version
    std::string_view versions;    ///< what its list operation calls all of them
  };
  static const Family kCores;
  static const Family kLoggers;
  static const Family kGroups;

  struct Version {
    std::string id{};
    Json content{};
    Time created{};
  };
  struct Role {
    std::string arn{};  ///< empty: there is none
    Time associated{};
  };
  struct Definition {
    std::string id{};
    std::string name{};
    std::vector<Version> versions{};  ///< oldest first
    std::map<std::string, std::string> tags{};
    Time created{};
    Time changed{};
    Role role{};  ///< of a group
  };
  using Definitions = std::map<std::string, Definition>;
  struct Home {
    std::map<std::string_view, Definitions> families{};  ///< by kind, then by id
    std::map<std::string, std::string> tokens{};         ///< ids by kind and client token
    Role service_role{};
  };

  /// The rows of one family; its content is checked by `check_content`.
  template <const Family& family>
  void add_family(std::string_view create, std::string_view create_version, std::string_view get,
                  std::string_view get_version, std::string_view list, std::string_view list_versions,
                  std::string_view update, std::string_view remove);

  template <const Family& family>
  Answer<Json> create(const Question& question);
  template <const Family& family>
  Answer<Json> create_version(const Question& question);
  template <const Family& family>
  Answer<Json> get(const Question& question);
  template <const Family& family>
  Answer<Json> get_version(const Question& question);
  template <const Family& family>
  Answer<Json> list(const Question& question);
  template <const Family& family>
  Answer<Json> list_versions(const Question& question);
  template <const Family& family>
  Answer<Json> update(const Question& question);
  template <const Family& family>
  Answer<Json> remove(const Question& question);

  Answer<Json> associate_role(const Question& question);
  Answer<Json> get_role(const Question& question);
  Answer<Json> disassociate_role(const Question& question);
  Answer<Json> associate_service_role(const Question& question);
  Answer<Json> get_service_role(const Question& question);
  Answer<Json> disassociate_service_role(const Question& question);

  // All of these are called under the lock.
  Answer<Home*> home_to_fill(const Realm& realm);
  Answer<Definition*> definition(const Question& question, const Family& family);
  [[nodiscard]] Done check_content(const Home& home, const Realm& realm, const Family& family,
                                   const Json& content) const;
  Done add_version(const Question& question, const Family& family, Definition& definition, Json content);
  [[nodiscard]] static Json description(const Realm& realm, const Family& family,
                                        const Definition& definition);
  [[nodiscard]] static Json version_json(const Realm& realm, const Family& family,
                                         const Definition& definition, const Version& version);
  Answer<Json> create_in(const Question& question, const Family& family);
  Answer<Json> list_in(const Question& question, const Family& family);
  Answer<Json> list_versions_of(const Question& question, const Family& family);

  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::map<Realm, Home> homes_;
};

}  // namespace iotemu::neighbours
