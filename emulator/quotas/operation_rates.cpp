#include "emulator/quotas/operation_rates.h"

#include <algorithm>
#include <array>

namespace iotemu::quotas {
namespace {

/// What `kOthers` are stated for.
constexpr std::size_t kUsual = 10;

struct Rate {
  std::string_view operation;
  std::size_t per_second;
};

/// Whose rate is not 10 (M section 10, P10.8).
constexpr std::array kOthers{
    Rate{"AttachThingPrincipal", 100}, Rate{"CreateCertificateFromCsr", 15},
    Rate{"CreateThing", 100},          Rate{"CreateTopicRule", 5},
    Rate{"DeleteThing", 100},          Rate{"DescribeThing", 350},
    Rate{"DetachThingPrincipal", 100}, Rate{"GetTopicRule", 200},
    Rate{"ListTopicRules", 2},         Rate{"UpdateThing", 100},
};

/// Of the data plane.
constexpr std::array kConnections{
    Rate{"DeleteConnection", 100},
    Rate{"GetConnection", 100},
    Rate{"ListSubscriptions", 100},
};

template <std::size_t kSize>
std::optional<std::size_t> find(const std::array<Rate, kSize>& rates, std::string_view operation) {
  const auto found = std::ranges::find(rates, operation, &Rate::operation);
  if (found == rates.end()) return std::nullopt;
  return found->per_second;
}

}  // namespace

std::optional<std::size_t> requests_per_second(std::string_view operation, bool control_plane,
                                               std::size_t usual) {
  if (!control_plane) return find(kConnections, operation);
  const auto other = find(kOthers, operation);
  return std::max<std::size_t>(other.value_or(kUsual) * usual / kUsual, 1);
}

}  // namespace iotemu::quotas
