#include "emulator/quotas/account_rates.h"

namespace iotemu::quotas {

bool AccountRates::take(const Realm& realm, std::string_view what, std::size_t per_second) {
  if (!on_) return true;
  std::string key = realm.account;
  key.append("/").append(realm.region).append("/").append(what);
  const std::lock_guard lock{mutex_};
  return windows_[std::move(key)].take(clock_.tick(), per_second);
}

}  // namespace iotemu::quotas
