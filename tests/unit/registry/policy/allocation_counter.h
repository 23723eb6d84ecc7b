#pragma once

namespace iotemu::registry::policy::testing {

/// How often this thread has asked operator new for memory. The test executable's operators count.
[[nodiscard]] long allocations();

}  // namespace iotemu::registry::policy::testing
