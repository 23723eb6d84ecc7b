// Rules SQL: how long a statement takes for one message, by class, and how long it takes to compile one. The
// message has about 330 bytes, as a device sends it.

#include <benchmark/benchmark.h>

#include <string>

#include "base/seeded_random.h"
#include "rules/sql/statement.h"

namespace {

using namespace iotemu;
using namespace iotemu::rules;
using namespace iotemu::rules::sql;

constexpr std::string_view kPayload =
    R"({"deviceId":"sn-000001","seq":18446,"temperature":23.75,"humidity":41,"ok":true,"meta":{"fw":"1.4.2",)"
    R"("site":"plant-7","tags":["hall","north"]},"readings":[{"n":"t1","v":21.5},{"n":"t2","v":24.25},)"
    R"({"n":"t3","v":19},{"n":"t4","v":30.5}],"note":"all quiet on the line, nothing to report today"})";

constexpr auto kVersion = Version::v2016_03_23;
constexpr const char* kTypical =
    "SELECT deviceId, temperature, meta.site FROM 'plant/+/state' WHERE temperature > 20 AND humidity < 60";

const Message& message() {
  static const Message device{.topic = "plant/7/state", .payload = kPayload, .client_id = "sn-000001"};
  return device;
}

void evaluate(benchmark::State& state, std::string_view sql) {
  const auto statement = Statement::compile(sql, kVersion);
  if (!statement) return state.SkipWithError(statement.error().message.c_str());
  SeededRandom random{1};
  const Surroundings surroundings{
      .account = "123456789012", .region = "us-east-1", .now_ms = 1'577'836'800'000};
  for (auto _ : state) {
    Evaluation evaluation{*statement, message(), surroundings, random, nullptr};
    auto result = evaluation.run();
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_SelectAll(benchmark::State& state) {
  evaluate(state, "SELECT * FROM 'plant/+/state'");
}
BENCHMARK(BM_SelectAll);

void BM_ThreeMembersWhereNumbers(benchmark::State& state) {
  evaluate(state, kTypical);
}
BENCHMARK(BM_ThreeMembersWhereNumbers);

void BM_WhereSaysNo(benchmark::State& state) {
  evaluate(state, "SELECT * FROM 'plant/+/state' WHERE temperature > 90");
}
BENCHMARK(BM_WhereSaysNo);

void BM_WithoutThePayload(benchmark::State& state) {
  evaluate(state, "SELECT topic(2) AS machine, clientid() AS client FROM 'plant/+/state'");
}
BENCHMARK(BM_WithoutThePayload);

void BM_NestedQuery(benchmark::State& state) {
  evaluate(state,
           "SELECT (SELECT n, v * 9 / 5 + 32 AS f FROM readings WHERE v > 20) AS hot FROM 'plant/+/state'");
}
BENCHMARK(BM_NestedQuery);

void BM_Functions(benchmark::State& state) {
  evaluate(state,
           "SELECT upper(deviceId) AS id, concat(topic(2), '-', seq) AS name, round(temperature) AS t, "
           "regexp_matches(note, 'quiet.*today') AS quiet, md5(note) AS digest FROM 'plant/+/state'");
}
BENCHMARK(BM_Functions);

void BM_Template(benchmark::State& state) {
  const auto statement = Statement::compile("SELECT * FROM 'plant/+/state'", kVersion);
  const auto substitution = Template::compile("copies/${topic(2)}/${deviceId}/${meta.site}", *statement);
  SeededRandom random{1};
  const Surroundings surroundings;
  for (auto _ : state) {
    Evaluation evaluation{*statement, message(), surroundings, random, nullptr};
    benchmark::DoNotOptimize(substitution->text(evaluation));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Template);

void BM_Compile(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Statement::compile(kTypical, kVersion));
}
BENCHMARK(BM_Compile);

}  // namespace
