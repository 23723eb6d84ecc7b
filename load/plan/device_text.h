#pragma once

// Names made from a device: subjects, client ids, topics. "${serial}" and its like stand for what differs.
// Pure.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace iotemu::load {

/// What a template may name.
struct DeviceText {
  std::uint64_t index{};
  std::string_view serial{};
  std::string_view client_id{};
  std::string_view certificate_id{};
};

/// Replaces ${index}, ${serial}, ${clientId} and ${certificateId}.
[[nodiscard]] std::string fill(std::string_view pattern, const DeviceText& device);

/// Every ${…} of the template is one of `allowed` ("serial", "index" …). Errc::invalid_request with a
/// sentence.
Status check_template(std::string_view pattern, std::span<const std::string_view> allowed);

/// "<prefix>-000017": the serial number of a device, as wide as the plan's last one needs.
[[nodiscard]] std::string serial_of(std::string_view prefix, std::uint64_t index, std::uint64_t devices);

}  // namespace iotemu::load
