#pragma once

// A plan as JSON, whole: what the cases of tests/golden/template expect. What a plan does not have is absent.

#include "base/json.h"
#include "registry/provisioning/plan.h"

namespace iotemu::registry::provisioning::testing {

[[nodiscard]] Json plan_json(const Plan& plan);

}  // namespace iotemu::registry::provisioning::testing
