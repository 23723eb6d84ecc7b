#pragma once

// What the registry's methods say again and again.

#include <string>
#include <utility>

#include "base/result.h"
#include "registry/ids.h"

namespace iotemu::registry {

[[nodiscard]] inline Error invalid(std::string what) {
  return {Errc::invalid_request, std::move(what)};
}

[[nodiscard]] inline Error does_not_exist(const std::string& what) {
  return {Errc::not_found, what + " does not exist"};
}
[[nodiscard]] inline Error does_not_exist(const CertificateId& device) {
  return does_not_exist("Certificate " + device.hex());
}
[[nodiscard]] inline Error does_not_exist(const ThingName& name) {
  return does_not_exist("Thing " + name.text());
}
[[nodiscard]] inline Error does_not_exist(const ThingTypeName& name) {
  return does_not_exist("Thing type " + name.text());
}
[[nodiscard]] inline Error does_not_exist(const ThingGroupName& name) {
  return does_not_exist("Thing group " + name.text());
}
[[nodiscard]] inline Error does_not_exist(const BillingGroupName& name) {
  return does_not_exist("Billing group " + name.text());
}
[[nodiscard]] inline Error does_not_exist(const PolicyName& name) {
  return does_not_exist("Policy " + name.text());
}
[[nodiscard]] inline Error does_not_exist(const TemplateName& name) {
  return does_not_exist("Provisioning template " + name.text());
}
[[nodiscard]] inline Error does_not_exist(const RoleAliasName& name) {
  return does_not_exist("Role alias " + name.text());
}
[[nodiscard]] inline Error does_not_exist(const AuthorizerName& name) {
  return does_not_exist("Authorizer " + name.text());
}
[[nodiscard]] inline Error does_not_exist(const DomainConfigurationName& name) {
  return does_not_exist("Domain configuration " + name.text());
}

[[nodiscard]] inline Error follows_its_query(const ThingGroupName& dynamic) {
  return invalid("Thing group " + dynamic.text() +
                 " is dynamic: its query alone decides which things are in it");
}

}  // namespace iotemu::registry
