#include "registry/ownership_tokens.h"

#include <array>
#include <cstdint>

namespace iotemu::registry {
namespace {

constexpr std::size_t kCharacters = 344;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

Error no_such_token() {
  return {Errc::not_found, "The certificate ownership token is unknown, has expired or was used"};
}

std::string OwnershipTokens::issue(const CertificateId& certificate, Tick now, Random& random) {
  std::array<std::uint8_t, kCharacters> bytes{};
  random.fill(bytes);
  std::string token;
  for (const std::uint8_t byte : bytes) token += kAlphabet[byte % kAlphabet.size()];
  live_[token] = {.certificate = certificate, .expires_at = now + kLifetime};
  by_expiry_.emplace_back(now + kLifetime, token);
  return token;
}

std::optional<CertificateId> OwnershipTokens::find(const std::string& token, Tick now) const {
  const auto found = live_.find(token);
  if (found == live_.end() || found->second.expires_at <= now) return std::nullopt;
  return found->second.certificate;
}

std::vector<CertificateId> OwnershipTokens::take_expired(Tick now) {
  std::vector<CertificateId> certificates;
  while (!by_expiry_.empty() && by_expiry_.front().first <= now) {
    if (const auto found = live_.find(by_expiry_.front().second); found != live_.end()) {
      certificates.push_back(found->second.certificate);
      live_.erase(found);
    }
    by_expiry_.pop_front();
  }
  return certificates;
}

void OwnershipTokens::clear() {
  live_.clear();
  by_expiry_.clear();
}

}  // namespace iotemu::registry
