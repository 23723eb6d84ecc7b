#include "emulator/metrics/process_use.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace iotemu::metrics {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ProcessUse process_use() {
  ProcessUse use;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0)
    use.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  // Pages: the whole size, then what is resident.
  std::ifstream file{"/proc/self/statm"};
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  const long page = ::sysconf(_SC_PAGESIZE);
  if (file >> size >> resident && page > 0) use.resident_bytes = resident * static_cast<std::uint64_t>(page);
  return use;
}

}  // namespace iotemu::metrics
