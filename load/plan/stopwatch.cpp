#include "load/plan/instant.h"

namespace iotemu::load {

Instant SystemStopwatch::now() const {
  return std::chrono::steady_clock::now();
}

}  // namespace iotemu::load
