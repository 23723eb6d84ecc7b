#pragma once

// Whether a certificate may become that of an authority (P9.4). Pure.

#include <string_view>
#include <vector>

#include "base/clock.h"
#include "emulator/neighbours/fault.h"
#include "emulator/neighbours/pca_records.h"

namespace iotemu::neighbours {

struct PcaImport {
  registry::pki::Certificate certificate;
  std::vector<registry::pki::Certificate> chain{};
};

[[nodiscard]] Answer<PcaImport> check_import(const PcaAuthority& authority, std::string_view certificate_pem,
                                             std::string_view chain_pem, Time now);

}  // namespace iotemu::neighbours
