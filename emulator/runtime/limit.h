#pragma once

// One limit of the calling process, for good. Private to this folder.

#include <sys/resource.h>

#include <algorithm>

namespace iotemu::runtime {

/// What is lower already stays.
[[nodiscard]] inline bool set_limit(__rlimit_resource resource, rlim_t value) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) return false;
  const rlim_t wanted = std::min(value, now.rlim_max);
  const rlimit next{.rlim_cur = wanted, .rlim_max = wanted};
  return ::setrlimit(resource, &next) == 0;
}

}  // namespace iotemu::runtime
