#include "registry/policy/resource.h"

namespace iotemu::registry::policy {

ResourceNames::ResourceNames(const Realm& realm) : buffer_{iot_arn(realm, "")}, prefix_{buffer_.size()} {
  buffer_.reserve(prefix_ + 512);  // a kind and a topic of at most 256 bytes
}

std::string_view ResourceNames::build(std::string_view kind, std::string_view name) {
  buffer_.resize(prefix_);
  buffer_ += kind;
  buffer_ += name;
  return buffer_;
}

}  // namespace iotemu::registry::policy
