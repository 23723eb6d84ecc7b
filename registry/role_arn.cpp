#include "registry/role_arn.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace iotemu::registry {
namespace {

constexpr std::size_t kAccountDigits = 12;
constexpr std::size_t kShown = 256;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// IAM's characters of paths and names.
bool is_name_character(char c) {
  constexpr std::string_view kOthers = "_+=,.@-/";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || kOthers.find(c) != kOthers.npos;
}

bool is_role_arn(std::string_view text) {
  std::array<std::string_view, 5> parts;  // arn, partition, service, region, account
  for (auto& part : parts) {
    const auto colon = text.find(':');
    if (colon == text.npos) return false;
    part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  const auto& [arn, partition, service, region, account] = parts;
  if (arn != "arn" || service != "iam" || !region.empty()) return false;
  if (partition != "aws" && !partition.starts_with("aws-")) return false;
  if (account.size() != kAccountDigits || !std::all_of(account.begin(), account.end(), is_digit))
    return false;

  constexpr std::string_view kRole = "role/";
  if (!text.starts_with(kRole)) return false;
  text.remove_prefix(kRole.size());
  return !text.empty() && text.back() != '/' && std::all_of(text.begin(), text.end(), is_name_character);
}

}  // namespace

Status check_role_arn(std::string_view text) {
  if (is_role_arn(text)) return Ok{};
  return Error{Errc::invalid_request, "'" + std::string{front_characters(text, kShown)} +
                                          "' is not the ARN of a role: arn:aws:iam::<account>:role/<name>"};
}

Status check_own_role_arn(std::string_view text, const Realm& realm) {
  if (auto checked = check_role_arn(text); !checked) return checked;
  if (text.find("::" + realm.account + ":role/") != text.npos) return Ok{};
  return Error{Errc::invalid_request, "'" + std::string{front_characters(text, kShown)} +
                                          "' is a role of another account than " + realm.account};
}

}  // namespace iotemu::registry
