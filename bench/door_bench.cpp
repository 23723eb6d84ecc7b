// The whole door under mutual TLS, registry and policies included: a device that is known and allowed in, and
// devices that knock for the first time. Clients and server share this process and its cores; `server_us` is
// the CPU time of everything but the client threads, for one connect.

#include <benchmark/benchmark.h>
#include <time.h>

#include <optional>
#include <string>
#include <vector>

#include "iotemu/device.h"
#include "iotemu/emulator.h"

namespace {

using iotemu::CaFixture;
using iotemu::ConnectOptions;
using iotemu::Device;
using iotemu::DeviceIdentity;
using iotemu::Emulator;
using iotemu::Options;

double cpu_us(clockid_t clock) {
  timespec spent{};
  clock_gettime(clock, &spent);
  return static_cast<double>(spent.tv_sec) * 1e6 + static_cast<double>(spent.tv_nsec) / 1e3;
}

/// Counts what the process spends beyond its client threads, from construction to `report`.
class ServerCpu {
 public:
  explicit ServerCpu(bool counts_process) : counts_process_{counts_process} {}

  void report(benchmark::State& state) const {
    const double process = counts_process_ ? cpu_us(CLOCK_PROCESS_CPUTIME_ID) - process_ : 0;
    const double client = cpu_us(CLOCK_THREAD_CPUTIME_ID) - thread_;
    state.counters["server_us"] = {process - client, benchmark::Counter::kAvgIterations};
    state.counters["connects"] = {static_cast<double>(state.iterations()), benchmark::Counter::kIsRate};
  }

 private:
  bool counts_process_;
  double process_{cpu_us(CLOCK_PROCESS_CPUTIME_ID)};
  double thread_{cpu_us(CLOCK_THREAD_CPUTIME_ID)};
};

/// What all benches share: an emulator in real time and one CA.
struct Factory {
  Emulator emulator{[] {
    auto options = Options::for_tests(0);
    options.clock = iotemu::ClockMode::real;
    return options;
  }()};
  CaFixture ca{emulator.register_ca({.auto_registration = true})};

  Factory() {
    emulator.api(
        "CreatePolicy",
        {{"policyName", "all"},
         {"policyDocument",
          R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})"}});
  }

  DeviceIdentity active_device(const std::string& name) {
    auto identity = ca.sign_device(name);
    const auto made = emulator.api("RegisterCertificate",
                                   {{"certificatePem", identity.certificate_pem}, {"status", "ACTIVE"}});
    emulator.api("AttachPolicy", {{"policyName", "all"}, {"target", made["certificateArn"]}});
    return identity;
  }
};

Factory& factory() {
  static Factory instance;
  return instance;
}

/// From nothing to ready, as each test of a user's suite begins.
void start(benchmark::State& state) {
  std::optional<Emulator> emulator;
  for (auto _ : state) {
    emulator.emplace(Options::for_tests());
    state.PauseTiming();
    emulator.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(start)->UseRealTime()->Unit(benchmark::kMillisecond);

void connect_known(benchmark::State& state) {
  auto& shared = factory();
  const auto name = "known-" + std::to_string(state.thread_index());
  const ConnectOptions options{.tls = state.range(0) == 12 ? ConnectOptions::Tls::v1_2
                                                           : ConnectOptions::Tls::v1_3};
  Device device{shared.emulator, shared.active_device(name)};
  const ServerCpu cpu{state.thread_index() == 0};
  for (auto _ : state) {
    const auto outcome = device.connect(options);
    if (!outcome.accepted) state.SkipWithError(outcome.text.c_str());
    device.drop();
  }
  cpu.report(state);
}
BENCHMARK(connect_known)->ArgName("tls")->Arg(12)->Arg(13)->ThreadRange(1, 4)->UseRealTime();

/// Devices of one CA that the emulator has never seen.
std::vector<Device> strangers(Emulator& emulator, const CaFixture& ca, benchmark::IterationCount count) {
  static int storm = 0;
  const auto round = std::to_string(++storm);
  std::vector<Device> devices;
  for (benchmark::IterationCount i = 0; i < count; ++i) {
    devices.emplace_back(emulator, ca.sign_device("new-" + round + "-" + std::to_string(i)));
  }
  return devices;
}

/// Refused, registered as PENDING_ACTIVATION, event published.
void first_knock(benchmark::State& state) {
  auto& shared = factory();
  auto devices = strangers(shared.emulator, shared.ca, state.max_iterations);
  std::size_t next = 0;
  const ServerCpu cpu{true};
  for (auto _ : state) {
    const auto outcome = devices[next++].connect();
    if (outcome.accepted) state.SkipWithError("an unknown device got in");
  }
  cpu.report(state);
}
BENCHMARK(first_knock)->Iterations(1000)->UseRealTime();

/// JITP: as above, and thing, attachments and ACTIVE status made before the close.
void first_knock_provisioned(benchmark::State& state) {
  auto& shared = factory();
  static const CaFixture ca = [&shared] {
    auto made = shared.emulator.register_ca({.common_name = "JITP CA", .auto_registration = true});
    shared.emulator.api("UpdateCACertificate", {{"certificateId", made.id()},
                                                {"registrationConfig",
                                                 {{"roleArn", "arn:aws:iam::123456789012:role/JITPRole"},
                                                  {"templateBody",
                                                   R"({"Resources": {
                "thing": {"Type": "AWS::IoT::Thing",
                          "Properties": {"ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"}}},
                "certificate": {"Type": "AWS::IoT::Certificate",
                                "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}},
                "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "all"}}}})"}}}});
    return made;
  }();
  auto devices = strangers(shared.emulator, ca, state.max_iterations);
  std::size_t next = 0;
  const ServerCpu cpu{true};
  for (auto _ : state) devices[next++].connect();
  cpu.report(state);
  for (auto& device : devices) {
    if (const auto outcome = device.connect(); !outcome.accepted) state.SkipWithError(outcome.text.c_str());
    device.drop();
  }
}
BENCHMARK(first_knock_provisioned)->Iterations(1000)->UseRealTime();

}  // namespace
