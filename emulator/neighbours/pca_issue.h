#pragma once

// One certificate, by a template, from a request (P9.2, P9.3). Pure but for the signature; takes milliseconds
// with RSA, so it is never called under a lock.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/realm.h"
#include "emulator/neighbours/fault.h"
#include "emulator/neighbours/pca_records.h"
#include "registry/pki/issue.h"

namespace iotemu::neighbours {

struct PcaOrder {
  const PcaAuthority& authority;
  const Realm& realm;
  std::string_view template_arn{};
  std::string csr_pem{};
  std::string signing_algorithm{};
  Json validity{};
  Json validity_not_before{};
  Json api_passthrough{};
  std::string serial{};  ///< raw bytes
  Time now{};
};

struct PcaIssued {
  std::string pem{};
  bool self_signed{false};
};

[[nodiscard]] Answer<PcaIssued> issue_certificate(const PcaOrder& order);

/// The digest of `SHA256WITHRSA` and its like; nothing if the algorithm does not go with the key.
[[nodiscard]] std::optional<registry::pki::Digest> digest_for(std::string_view signing_algorithm,
                                                              bool elliptic);

}  // namespace iotemu::neighbours
