#include "tests/unit/registry/policy/allocation_counter.h"

#include <cstddef>
#include <cstdlib>
#include <new>

// Alone in this file: where the compiler can see both sides, it takes malloc under new for a mistake.

namespace {
thread_local long counted = 0;
}

void* operator new(std::size_t size) {
  ++counted;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace iotemu::registry::policy::testing {

long allocations() {
  return counted;
}

}  // namespace iotemu::registry::policy::testing
