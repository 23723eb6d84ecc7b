#pragma once

// Tags given to a resource when it is created (P8.8).

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"

namespace iotemu::registry {

struct Tag {
  std::string key{};
  std::string value{};
  friend auto operator<=>(const Tag&, const Tag&) = default;
};
using Tags = std::vector<Tag>;

/// At most `limit` tags, keys 1..128 of the service's pattern and not starting with `aws:`, no key twice,
/// values up to 256 characters; else Errc::invalid_request.
Status check_tags(const Tags& tags, std::size_t limit);

/// In whatever order.
[[nodiscard]] bool same_tags(Tags a, Tags b);

}  // namespace iotemu::registry
