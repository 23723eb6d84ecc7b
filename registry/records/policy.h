#pragma once

// A policy with its versions (P7.2). Immutable once stored: a change makes a new record.

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "registry/ids.h"
#include "registry/records/tag.h"

namespace iotemu::registry {

namespace policy {
struct Document;
}

struct PolicyVersion {
  int id{1};
  std::string text{};  ///< The document as given.
  std::shared_ptr<const policy::Document> document{};
  Time created_at{};
};

struct PolicyRecord {
  PolicyName name{};
  std::string arn{};
  std::map<int, std::shared_ptr<const PolicyVersion>> versions{};
  int default_version{1};
  int next_version{2};  ///< Version ids are never reused.
  Time created_at{};
  Time changed_at{};
  std::string generation_id{};
  Tags tags{};

  [[nodiscard]] const PolicyVersion& effective() const { return *versions.at(default_version); }
  [[nodiscard]] const PolicyName& key() const { return name; }
  [[nodiscard]] const std::string& key_text() const { return name.text(); }
};

}  // namespace iotemu::registry
