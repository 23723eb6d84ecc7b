#include "emulator/metrics/call_measures.h"

#include <algorithm>
#include <string_view>

#include "emulator/metrics/exposition.h"

namespace iotemu::metrics {
namespace {

constexpr std::array<std::string_view, kHandlerKinds> kNames{"callback", "webhook", "command", "lambda"};

void expose_latencies(Exposition& exposition, std::string_view kind, const CallMeasures& calls) {
  std::uint64_t so_far = 0;
  for (std::size_t at = 0; at < CallMeasures::kBuckets.size(); ++at) {
    so_far += calls.in_bucket(at);
    const auto end = Exposition::text_of(static_cast<double>(CallMeasures::kBuckets[at]) / 1000);
    exposition.part("_bucket", so_far, {{"kind", kind}, {"le", end}});
  }
  // The sum of what was read, not of what was counted meanwhile: buckets never exceed their count.
  so_far += calls.in_bucket(CallMeasures::kBuckets.size());
  exposition.part("_bucket", so_far, {{"kind", kind}, {"le", "+Inf"}});
  exposition.part("_sum", static_cast<double>(calls.total().count()) / 1000, {{"kind", kind}});
  exposition.part("_count", so_far, {{"kind", kind}});
}

}  // namespace

void CallMeasures::record(Duration took, bool failed) noexcept {
  const auto ms = std::max<Duration::rep>(took.count(), 0);
  const auto bucket = std::ranges::lower_bound(kBuckets, ms) - kBuckets.begin();
  buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  total_ms_.fetch_add(static_cast<std::uint64_t>(ms), std::memory_order_relaxed);
  (failed ? failed_ : well_).fetch_add(1, std::memory_order_relaxed);
}

void HandlerMeasures::expose(Exposition& exposition) const {
  exposition.counter("iotemu_handler_invocations_total", "Calls of the user's code that have ended");
  for (std::size_t i = 0; i < kHandlerKinds; ++i) {
    exposition.sample(measures_[i].ended_well(), {{"kind", kNames[i]}, {"outcome", "ok"}});
    exposition.sample(measures_[i].failed(), {{"kind", kNames[i]}, {"outcome", "error"}});
  }
  exposition.histogram("iotemu_handler_duration_seconds",
                       "From the call of the user's code to its end, waiting for a turn included");
  for (std::size_t i = 0; i < kHandlerKinds; ++i) expose_latencies(exposition, kNames[i], measures_[i]);
}

}  // namespace iotemu::metrics
