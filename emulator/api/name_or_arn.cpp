#include "emulator/api/name_or_arn.h"

#include "base/realm.h"
#include "base/utf8.h"
#include "registry/errors.h"

namespace iotemu::api {
namespace {

using registry::invalid;

constexpr std::size_t kShown = 256;

}  // namespace

Result<std::string> name_of(const Call& call, const NameOrArn& members) {
  const std::string name_member{members.name};
  const std::string arn_member{members.arn};
  const auto name = call.str(members.name);
  const auto arn = call.str(members.arn);
  if (arn.empty()) {
    if (name.empty()) return invalid("One of " + name_member + " and " + arn_member + " must be given");
    return name;
  }
  const auto shown = "'" + std::string{front_characters(arn, kShown)} + "'";
  const auto resource = iot_resource(call.registry.realm(), arn);
  if (!resource.starts_with(members.resource)) {
    const bool elsewhere = resource.empty() && arn.starts_with("arn:") &&
                           arn.find(':' + std::string{members.resource}) != arn.npos;
    if (elsewhere) return Error{Errc::not_found, shown + " does not exist in this account and region"};
    return invalid("The " + arn_member + " " + shown + " is no ARN of a " + std::string{members.resource} +
                   " resource");
  }
  const std::string named{resource.substr(members.resource.size())};
  if (!name.empty() && name != named) {
    return invalid("The " + name_member + " '" + name + "' and the " + arn_member + " " + shown +
                   " name different resources");
  }
  return named;
}

}  // namespace iotemu::api
