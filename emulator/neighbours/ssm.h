#pragma once

// The Parameter Store of Systems Manager: what certificate generators leave there. A SecureString is kept as
// it is in this process's memory; undecrypted it is shown as a text that means nothing. No value is ever
// logged.

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/realm.h"
#include "emulator/neighbours/service.h"

namespace iotemu::neighbours {

struct SsmVersion {
  std::int64_t number{1};
  std::string value{};
  std::string sealed{};  ///< What a SecureString shows without decryption.
  std::string type{};
  std::string tier{};
  std::string key_id{};
  std::string description{};
  Time changed{};
};

class Ssm final : public Service {
 public:
  Ssm(const Clock& clock, Random& random);

  void reset() override;

 private:
  struct Home {
    std::map<std::string, std::deque<SsmVersion>> parameters{};        ///< versions by name, oldest first
    std::map<std::string, std::map<std::string, std::string>> tags{};  ///< by name of the parameter
  };

  Answer<Json> put(const Question& question);
  Answer<Json> get(const Question& question);
  Answer<Json> get_several(const Question& question);
  Answer<Json> get_by_path(const Question& question);
  Answer<Json> remove(const Question& question);
  Answer<Json> remove_several(const Question& question);
  Answer<Json> describe(const Question& question);
  Answer<Json> add_tags(const Question& question);
  Answer<Json> remove_tags(const Question& question);
  Answer<Json> list_tags(const Question& question);

  /// An empty one if the realm has none; under the lock.
  [[nodiscard]] const Home& home(const Realm& realm) const;
  /// The home of the parameter whose tags are meant; under the lock.
  Answer<Home*> tagged_home(const Question& question);
  bool erase(const Realm& realm, const std::string& name);
  [[nodiscard]] Answer<Json> read(const Home& home, const Realm& realm, const std::string& name,
                                  bool decrypt) const;
  [[nodiscard]] std::string sealed();

  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::map<Realm, Home> homes_;
};

}  // namespace iotemu::neighbours
