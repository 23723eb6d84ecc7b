// Just-in-time provisioning without the door: where the time of one device goes, step by step, and all steps
// together. The same template as in a walkthrough: thing with attributes, an inline policy, the certificate.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/event_bus.h"
#include "base/manual_clock.h"
#include "base/seeded_random.h"
#include "registry/pki/issue.h"
#include "registry/provisioning/certificate_parameters.h"
#include "registry/registry.h"

namespace {

using namespace iotemu;  // NOLINT(google-build-using-namespace): a program of its own
using namespace iotemu::registry;

constexpr Time kNotBefore{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};
constexpr Time kNotAfter{std::chrono::sys_days{std::chrono::year{2035} / 1 / 1}};

constexpr auto kTemplate = R"({
  "Parameters": {
    "AWS::IoT::Certificate::CommonName": {"Type": "String"},
    "AWS::IoT::Certificate::Country": {"Type": "String", "Default": "none"},
    "AWS::IoT::Certificate::Id": {"Type": "String"}},
  "Resources": {
    "thing": {"Type": "AWS::IoT::Thing",
      "Properties": {
        "ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"},
        "AttributePayload": {"country": {"Ref": "AWS::IoT::Certificate::Country"},
                             "label": {"Fn::Join": ["-", ["unit", {"Ref": "AWS::IoT::Certificate::CommonName"}]]}}},
      "OverrideSettings": {"AttributePayload": "MERGE"}},
    "certificate": {"Type": "AWS::IoT::Certificate",
      "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"}},
    "policy": {"Type": "AWS::IoT::Policy",
      "Properties": {"PolicyDocument": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iot:*\",\"Resource\":\"arn:aws:iot:us-east-1:123456789012:topic/${iot:Connection.Thing.ThingName}/*\"}]}"}}}})";

pki::Certificate device(const pki::Identity& ca, const std::string& name) {
  return pki::issue(pki::device_profile({{.name = "CN", .value = name}}, kNotBefore, kNotAfter), ca)
      ->certificate;
}

/// A registry with one CA that provisions by kTemplate.
struct Plant {
  ManualClock clock;
  SeededRandom random{7};
  MemoryStore store;
  EventBus bus;
  Registry registry{Realm{}, clock, random, store, bus};
  pki::Identity ca{*pki::make_ca(pki::ca_profile({{.name = "CN", .value = "Plant"}}, kNotBefore, kNotAfter))};
  CaCertificatePtr record{*registry.register_ca(
      {.ca_pem = ca.certificate.pem(),
       .mode = CertificateMode::sni_only,
       .set_active = true,
       .allow_auto_registration = true,
       .registration_config = RegistrationConfig{.template_body = kTemplate,
                                                 .role_arn = "arn:aws:iam::123456789012:role/JITPRole"}})};
};

std::vector<pki::Certificate> strangers(const Plant& plant, benchmark::IterationCount count) {
  std::vector<pki::Certificate> devices;
  for (benchmark::IterationCount i = 0; i < count; ++i)
    devices.push_back(device(plant.ca, "d-" + std::to_string(i)));
  return devices;
}

void parse_template(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(provisioning::parse_template(kTemplate));
}
BENCHMARK(parse_template);

void read_certificate(benchmark::State& state) {
  const Plant plant;
  const auto pem = device(plant.ca, "d").pem();
  for (auto _ : state) benchmark::DoNotOptimize(pki::Certificate::from_pem(pem));
}
BENCHMARK(read_certificate);

void parameters_of_certificate(benchmark::State& state) {
  const Plant plant;
  const auto certificate = device(plant.ca, "d");
  for (auto _ : state) benchmark::DoNotOptimize(provisioning::certificate_parameters(certificate, true));
}
BENCHMARK(parameters_of_certificate);

void evaluate_template(benchmark::State& state) {
  const Plant plant;
  const auto document = *provisioning::parse_template(kTemplate);
  const provisioning::Supplied supplied{
      .parameters = provisioning::certificate_parameters(device(plant.ca, "d"), true),
      .from_certificate = true};
  for (auto _ : state) benchmark::DoNotOptimize(provisioning::evaluate(*document, supplied));
}
BENCHMARK(evaluate_template);

/// The registry's part of a first connect: registered, evaluated, thing, policy and attachments made, ACTIVE.
void provision_new_device(benchmark::State& state) {
  Plant plant;
  const auto devices = strangers(plant, state.max_iterations);
  std::size_t next = 0;
  for (auto _ : state) {
    const auto& certificate = devices[next++];
    if (!plant.registry.auto_register(certificate, *plant.record)) state.SkipWithError("not registered");
    const auto done = plant.registry.provision_just_in_time(certificate.id(), &certificate);
    if (!done) state.SkipWithError(done.error().message.c_str());
  }
  state.counters["devices"] = {static_cast<double>(state.iterations()), benchmark::Counter::kIsRate};
}
BENCHMARK(provision_new_device)->Iterations(5000);

/// The same without a template: what JITR asks of the registry.
void register_new_device(benchmark::State& state) {
  Plant plant;
  const auto devices = strangers(plant, state.max_iterations);
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(plant.registry.auto_register(devices[next++], *plant.record));
  state.counters["devices"] = {static_cast<double>(state.iterations()), benchmark::Counter::kIsRate};
}
BENCHMARK(register_new_device)->Iterations(5000);

}  // namespace
