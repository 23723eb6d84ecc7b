#pragma once

// The devices' certificates and keys: made before the plan begins, on several threads, so that no key is
// generated while anything is measured; or read from a folder.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "fixtures/authority.h"
#include "load/client/identity.h"
#include "load/plan/arrivals.h"

namespace iotemu::load {

/// One device before it comes to life.
struct DeviceIdentity {
  ClientIdentity tls;
  std::string serial{};
  std::string certificate_id{};
};

/// What identities are made from.
struct IdentitySource {
  /// Signs the certificates; its own certificate is sent along unless `leaf_only`.
  const fixtures::Authority* authority{};
  /// PEM of what stands between the authority and its root, and is sent along too; empty: nothing does.
  std::string ca_chain_pem{};
  bool leaf_only{false};
  fixtures::KeyKind key{fixtures::KeyKind::ec_p256};
  /// OpenSSL's form, with ${serial} and ${index}.
  std::string subject{"/CN=${serial}/serialNumber=${serial}"};
  std::string serial_prefix{"load"};
  /// NAME.crt, NAME-chain.crt and NAME.key of each are written there; empty: nowhere.
  std::filesystem::path save_to{};
};

/// Errc::invalid_request if the subject's template or one of its attributes cannot be used.
Status check(const IdentitySource& source, std::uint64_t devices);

/// One identity for each device of this shard, in its order. `made` counts up meanwhile, and a `cancelled`
/// that turns true ends the work with Errc::unavailable. Blocks; uses `threads` threads.
Result<std::vector<DeviceIdentity>> make_identities(const IdentitySource& source, std::uint64_t devices,
                                                    const Arrivals& arrivals, std::size_t threads,
                                                    std::atomic<std::uint64_t>& made,
                                                    const std::atomic<bool>& cancelled);

/// How many identities a folder holds: files NAME.key beside NAME-chain.crt or NAME.crt. CAs are not counted.
Result<std::vector<std::string>> identity_names(const std::filesystem::path& folder);

/// The same from a folder, in the order of their names; the name without its extension is the serial number.
Result<std::vector<DeviceIdentity>> read_identities(const std::filesystem::path& folder,
                                                    const std::vector<std::string>& names,
                                                    const Arrivals& arrivals);

}  // namespace iotemu::load
