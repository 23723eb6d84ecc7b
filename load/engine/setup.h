#pragma once

// `--setup jitp|jitr`: makes an emulator on this machine ready for a run in one step. A new CA, registered
// with auto-registration; with jitp a template that names things by their serial number and allows
// everything. Blocks.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fixtures/authority.h"
#include "load/engine/api_client.h"

namespace iotemu::load {

enum class Setup : std::uint8_t { none, jitp, jitr };
[[nodiscard]] std::optional<Setup> setup_named(std::string_view name);

/// Makes the CA and registers it. `run_name` is part of its name.
Result<fixtures::Authority> set_up(ApiClient& api, Setup kind, std::string_view run_name);

/// What an emulator tells of itself.
struct EmulatorFacts {
  std::uint16_t mqtt_port{};
  std::string server_ca_pem{};
};
Result<EmulatorFacts> facts_of(ApiClient& api);

}  // namespace iotemu::load
