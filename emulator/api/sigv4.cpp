#include "emulator/api/sigv4.h"

#include <algorithm>
#include <array>

namespace iotemu::api {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Lowercase words and digits joined by hyphens. What is no region must not become the name of a realm.
bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= 32 && text.front() >= 'a' && text.front() <= 'z' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; });
}

bool is_account(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), is_digit);
}

std::optional<CredentialScope> parse_credential(std::string_view credential) {
  // From the back: an access key is opaque, the four parts behind it are not.
  std::array<std::string_view, 4> parts;
  for (auto& part : parts) {
    const auto slash = credential.rfind('/');
    if (slash == credential.npos) return std::nullopt;
    part = credential.substr(slash + 1);
    credential = credential.substr(0, slash);
  }
  if (parts[0] != "aws4_request" || parts[1].empty() || credential.empty()) return std::nullopt;
  return CredentialScope{std::string{credential}, std::string{parts[2]}, std::string{parts[1]}};
}

}  // namespace

std::optional<CredentialScope> credential_scope(const http::Request& request) {
  if (const auto* authorization = request.header("Authorization")) {
    static constexpr std::string_view kCredential = "Credential=";
    std::string_view text = *authorization;
    if (!text.starts_with("AWS4-")) return std::nullopt;
    const auto begin = text.find(kCredential);
    if (begin == text.npos) return std::nullopt;
    text.remove_prefix(begin + kCredential.size());
    return parse_credential(text.substr(0, text.find_first_of(", ")));
  }
  if (const auto* credential = request.parameter("X-Amz-Credential")) return parse_credential(*credential);
  return std::nullopt;
}

Realm realm_of(const std::optional<CredentialScope>& scope, const Realm& fallback) {
  Realm realm = fallback;
  if (!scope) return realm;
  if (is_account(scope->access_key)) realm.account = scope->access_key;
  if (is_region(scope->region)) realm.region = scope->region;
  return realm;
}

}  // namespace iotemu::api
