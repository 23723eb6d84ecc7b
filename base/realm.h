#pragma once

// The boundary that nothing crosses: one account in one region. Every registry and every message space
// belongs to exactly one realm.

#include <functional>
#include <string>
#include <string_view>

namespace iotemu {

struct Realm {
  std::string account{"123456789012"};
  std::string region{"us-east-1"};

  friend auto operator<=>(const Realm&, const Realm&) = default;
};

/// `aws`, `aws-cn` or `aws-us-gov`, by the region's name.
[[nodiscard]] std::string_view partition(std::string_view region);

/// `arn:<partition>:iot:<region>:<account>:<resource>`, for example resource "cert/<id>" (P0.2).
[[nodiscard]] std::string iot_arn(const Realm& realm, std::string_view resource);

/// The part after `arn:<partition>:iot:<region>:<account>:` if `arn` is an IoT ARN of this realm; else empty.
[[nodiscard]] std::string_view iot_resource(const Realm& realm, std::string_view arn);

}  // namespace iotemu

template <>
struct std::hash<iotemu::Realm> {
  std::size_t operator()(const iotemu::Realm& realm) const noexcept {
    return std::hash<std::string>{}(realm.account) * 31 + std::hash<std::string>{}(realm.region);
  }
};
