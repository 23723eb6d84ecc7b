#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include "load/results.h"

namespace iotemu::load {
namespace {

std::string processor() {
  std::ifstream file{"/proc/cpuinfo"};
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

std::string gibibytes(double bytes) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%.1f GiB", bytes / (1024.0 * 1024 * 1024));
  return text.data();
}

}  // namespace

std::string machine_line() {
  std::string line;
  const auto add = [&line](const std::string& part) {
    if (!part.empty()) line.append(line.empty() ? "" : ", ").append(part);
  };
  add(processor());
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  if (cores > 0) add(std::to_string(cores) + (cores == 1 ? " core" : " cores"));
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0) add(gibibytes(static_cast<double>(pages) * static_cast<double>(page)));
  utsname system{};
  if (uname(&system) == 0) add(std::string{system.sysname} + " " + system.release);
  return line;
}

}  // namespace iotemu::load
