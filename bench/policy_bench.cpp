// The policy engine on the hot path: one decision per PUBLISH, SUBSCRIBE filter and delivery.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "registry/policy/explain.h"
#include "registry/policy/resource.h"

namespace {

using namespace iotemu;
using namespace iotemu::registry::policy;

constexpr const char* kTypical = R"({"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":"iot:Connect",
   "Resource":"arn:aws:iot:us-east-1:123456789012:client/${iot:Connection.Thing.ThingName}"},
  {"Effect":"Allow","Action":["iot:Publish","iot:Receive"],
   "Resource":["arn:aws:iot:us-east-1:123456789012:topic/$aws/things/${iot:Connection.Thing.ThingName}/*",
               "arn:aws:iot:us-east-1:123456789012:topic/device/${iot:ClientId}/*"]},
  {"Effect":"Allow","Action":"iot:Subscribe",
   "Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/device/${iot:ClientId}/*",
   "Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}},
  {"Effect":"Deny","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:123456789012:topic/*/config/?"}]})";

std::vector<NamedDocument> policies(const std::string& text) {
  return {{.name = "bench", .document = *parse(text)}};
}

Context device() {
  Context context;
  context.client_id = "sn-000001";
  context.is_attached = true;
  context.thing = std::make_shared<const AssociatedThing>(AssociatedThing{.name = "sn-000001"});
  return context;
}

void decide(benchmark::State& state, Action action, std::string_view topic) {
  const Compiled compiled{policies(kTypical), device()};
  ResourceNames resources{Realm{}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(compiled.decide(action, resources.topic(topic)));
  }
}

void BM_DecideAllowed(benchmark::State& state) {
  decide(state, Action::publish, "device/sn-000001/telemetry/temperature");
}
BENCHMARK(BM_DecideAllowed);

void BM_DecideDenied(benchmark::State& state) {
  decide(state, Action::publish, "device/sn-000002/telemetry/temperature");
}
BENCHMARK(BM_DecideDenied);

void BM_DecideReceive(benchmark::State& state) {
  decide(state, Action::receive, "device/sn-000001/commands");
}
BENCHMARK(BM_DecideReceive);

// Bound: 10 µs for a pattern of wildcards against 256 bytes.
void BM_HostilePattern(benchmark::State& state) {
  std::string source;
  const char* const pieces[]{"*a", "*a?", "*"};
  const int kind = static_cast<int>(state.range(0));
  if (kind < 2) {
    for (int i = 0; i < 100; ++i) source += pieces[kind];
    source += "b*";
  } else {
    source = "*" + std::string(127, kind == 2 ? 'a' : '?') + "b*";
  }
  const Pattern pattern = Pattern::from_wildcards(source);
  const std::string text(256, 'a');
  for (auto _ : state) benchmark::DoNotOptimize(pattern.matches(text));
}
BENCHMARK(BM_HostilePattern)->DenseRange(0, 3);

void BM_CompileForAConnection(benchmark::State& state) {
  const auto typical = policies(kTypical);
  const Context context = device();
  for (auto _ : state) benchmark::DoNotOptimize(Compiled{typical, context});
}
BENCHMARK(BM_CompileForAConnection);

void BM_ParseDocument(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse(kTypical));
}
BENCHMARK(BM_ParseDocument);

void BM_Explain(benchmark::State& state) {
  const auto typical = policies(kTypical);
  const Context context = device();
  ResourceNames resources{Realm{}};
  const Request request{Action::publish, resources.topic("device/sn-000002/x"), context};
  for (auto _ : state) benchmark::DoNotOptimize(explain(typical, request));
}
BENCHMARK(BM_Explain);

}  // namespace
