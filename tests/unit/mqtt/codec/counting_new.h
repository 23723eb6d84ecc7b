#pragma once

#include <cstddef>

namespace iotemu::mqtt::testing {

/// How often this thread has asked the heap for memory, in a binary that links counting_new.cpp.
[[nodiscard]] std::size_t allocations_so_far();

}  // namespace iotemu::mqtt::testing
