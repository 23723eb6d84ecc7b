#include "bench/measure.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

namespace iotemu::bench {

double seconds_since(WallClock::time_point begin) {
  return std::chrono::duration<double>(WallClock::now() - begin).count();
}

std::string ServerProcess::read(const std::string& name) const {
  std::ifstream file{"/proc/" + std::to_string(pid_) + "/" + name};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

double ServerProcess::cpu_seconds() const {
  if (pid_ == 0) return 0;
  const std::string text = read("stat");
  const auto name_end = text.rfind(')');  // the name before it may hold anything
  if (name_end == text.npos) fail("process " + std::to_string(pid_) + " is gone");
  std::istringstream fields{text.substr(name_end + 1)};
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double ServerProcess::resident_bytes() const {
  if (pid_ == 0) return 0;
  const std::string rollup = read("smaps_rollup");
  if (const auto at = rollup.find("Rss:"); at != rollup.npos) {
    return std::strtod(rollup.c_str() + at + 4, nullptr) * 1024;
  }
  std::istringstream pages{read("statm")};
  double size = 0;
  double resident = 0;
  if (!(pages >> size >> resident)) fail("process " + std::to_string(pid_) + " is gone");
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void ServerProcess::wait_until_idle() const {
  if (pid_ == 0) return;
  const auto begin = WallClock::now();
  for (double before = -1, now = cpu_seconds(); now - before > 0.025 && seconds_since(begin) < 10;
       now = cpu_seconds()) {
    before = now;
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
}

void Latencies::put_into(Json& result, const std::string& prefix) {
  if (all_.empty()) return;
  std::sort(all_.begin(), all_.end());
  const auto at = [&](double part) {
    return all_[static_cast<std::size_t>(part * static_cast<double>(all_.size() - 1))] * 1000;
  };
  result[prefix + "_p50"] = at(0.5);
  result[prefix + "_p99"] = at(0.99);
  result[prefix + "_max"] = at(1);
}

void fail(const std::string& sentence) {
  std::cerr << sentence << std::endl;
  std::_Exit(1);
}

}  // namespace iotemu::bench
