#pragma once

// The resource ARNs that device actions are checked against (P7.4), built without allocation.

#include <string>
#include <string_view>

#include "base/realm.h"

namespace iotemu::registry::policy {

/// Writes ARNs into one buffer that it reuses: each view is valid until the next call. One per thread.
class ResourceNames {
 public:
  explicit ResourceNames(const Realm& realm);

  [[nodiscard]] std::string_view client(std::string_view client_id) { return build("client/", client_id); }
  [[nodiscard]] std::string_view topic(std::string_view topic) { return build("topic/", topic); }
  [[nodiscard]] std::string_view topic_filter(std::string_view filter) {
    return build("topicfilter/", filter);
  }
  /// A thing, or a named shadow as `<thing>/<shadow>`.
  [[nodiscard]] std::string_view thing(std::string_view name) { return build("thing/", name); }

 private:
  std::string_view build(std::string_view kind, std::string_view name);

  std::string buffer_{};
  std::size_t prefix_{};  // length of `arn:<partition>:iot:<region>:<account>:`
};

}  // namespace iotemu::registry::policy
