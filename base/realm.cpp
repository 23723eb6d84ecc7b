#include "base/realm.h"

namespace iotemu {

std::string_view partition(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

std::string iot_arn(const Realm& realm, std::string_view resource) {
  std::string arn{"arn:"};
  arn += partition(realm.region);
  arn += ":iot:";
  arn += realm.region;
  arn += ':';
  arn += realm.account;
  arn += ':';
  arn += resource;
  return arn;
}

std::string_view iot_resource(const Realm& realm, std::string_view arn) {
  const auto prefix = iot_arn(realm, "");
  return arn.starts_with(prefix) ? arn.substr(prefix.size()) : std::string_view{};
}

}  // namespace iotemu
