#pragma once

// What several operations of ACM PCA refuse with (P9.2).

#include <string>
#include <string_view>

#include "base/clock.h"
#include "emulator/neighbours/fault.h"
#include "emulator/neighbours/pca_records.h"

namespace iotemu::neighbours {

[[nodiscard]] inline Fault invalid_state(const PcaAuthority& authority, Time now, std::string_view needed) {
  return {"InvalidStateException", "The CA " + authority.arn + " is in the state " +
                                       std::string{shown_state(authority, now)} + "; " + std::string{needed}};
}

[[nodiscard]] inline Fault no_authority(const std::string& name) {
  return {"ResourceNotFoundException", "The certificate authority " + name + " does not exist"};
}

}  // namespace iotemu::neighbours
