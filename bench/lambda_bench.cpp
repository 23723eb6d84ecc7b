// Lambda functions as processes: the time from invoke to its answer, by a process that is warm (one event at
// a time, and many at once) and by one that is started for it.
//
//   build/release/bench/lambda_bench

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "emulator/runtime/pool.h"

namespace iotemu::runtime {
namespace {

using Clock = std::chrono::steady_clock;

class Bench {
 public:
  Bench() {
    std::string name = "/tmp/iotemu-bench-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) folder_ = name;
    pool_ = std::make_unique<Pool>(PoolOptions{.temporary_folder = folder_}, work_);
  }
  ~Bench() {
    pool_.reset();
    std::filesystem::remove_all(folder_);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  std::shared_ptr<Function> function(const std::string& runtime) {
    auto made = std::make_shared<Function>();
    made->name = runtime;
    made->arn = "arn:" + runtime;
    made->runtime = runtime;
    made->handler = "index.handler";
    made->timeout = std::chrono::seconds{60};
    made->folder = (folder_ / runtime).string();
    std::filesystem::create_directories(made->folder);
    std::ofstream{made->folder + "/index.js"} << "exports.handler = async (event) => event;";
    std::ofstream{made->folder + "/index.py"} << "def handler(event, context): return event";
    return made;
  }
  void post(const std::shared_ptr<Function>& function) {
    pool_->invoke(function, {.request_id = std::to_string(++events_), .payload = R"({"a":1})"},
                  [this](const Result<Outcome>& outcome) {
                    if (!outcome || !outcome->function_error.empty()) failed_ = true;
                  });
  }
  bool settle() { return work_.wait_idle(std::chrono::minutes{5}) && !failed_; }

 private:
  std::filesystem::path folder_;
  WorkCounter work_;
  std::unique_ptr<Pool> pool_;
  int events_{0};
  bool failed_{false};
};

void warm(benchmark::State& state, const std::string& runtime) {
  Bench bench;
  const auto function = bench.function(runtime);
  bench.post(function);
  if (!bench.settle()) return state.SkipWithError("the function failed");
  std::vector<double> times;
  for (auto unused : state) {
    const auto from = Clock::now();
    bench.post(function);
    if (!bench.settle()) return state.SkipWithError("the function failed");
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - from).count());
  }
  std::sort(times.begin(), times.end());
  state.counters["p50_us"] = times[times.size() / 2];
  state.counters["p99_us"] = times[times.size() * 99 / 100];
}

void cold(benchmark::State& state, const std::string& runtime) {
  Bench bench;
  const auto function = bench.function(runtime);
  int revision = 0;
  for (auto unused : state) {
    const auto changed = std::make_shared<Function>(*function);
    changed->revision = std::to_string(++revision);
    bench.post(changed);
    if (!bench.settle()) return state.SkipWithError("the function failed");
  }
}

/// 500 events at once, processes included.
void storm(benchmark::State& state) {
  for (auto unused : state) {
    Bench bench;
    const auto function = bench.function("nodejs20.x");
    for (int i = 0; i < 500; ++i) bench.post(function);
    if (!bench.settle()) return state.SkipWithError("a function failed");
  }
  state.SetItemsProcessed(state.iterations() * 500);
}

BENCHMARK_CAPTURE(warm, node, "nodejs20.x")->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK_CAPTURE(warm, python, "python3.12")->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK_CAPTURE(cold, node, "nodejs20.x")->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(20);
BENCHMARK_CAPTURE(cold, python, "python3.12")->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(20);
BENCHMARK(storm)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace iotemu::runtime
