#pragma once

// Letter case of policy texts: ASCII's.

#include <string>
#include <string_view>

namespace iotemu::registry::policy {

[[nodiscard]] std::string lower(std::string_view text);

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace iotemu::registry::policy
