// What one operation of the API costs when the registry is small and when it is large: everything from the
// operation's name and JSON input to its JSON answer, without HTTP. The argument is how many things and
// certificates there are already; each thing has a type, two attributes and a group, each certificate a thing
// and a policy.

#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "iotemu/emulator.h"

namespace {

using iotemu::Emulator;
using iotemu::Json;
using iotemu::Options;

std::string name_of(std::int64_t number) {
  return "thing-" + std::to_string(number);
}

/// An emulator with `count` things and certificates.
class Fleet {
 public:
  explicit Fleet(std::int64_t count) : count_{count} {
    call("CreateThingType", {{"thingTypeName", "lamp"}});
    call("CreateThingType", {{"thingTypeName", "rare"}});
    call("CreateThingGroup", {{"thingGroupName", "hall"}});
    call("CreatePolicy",
         {{"policyName", "all"},
          {"policyDocument",
           R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]})"}});
    for (std::int64_t number = 0; number < count; ++number) {
      create_thing(number);
      certificate_ = create_certificate();
      call("AttachPolicy", {{"policyName", "all"}, {"target", certificate_.at("certificateArn")}});
      call("AttachThingPrincipal",
           {{"thingName", name_of(number)}, {"principal", certificate_.at("certificateArn")}});
    }
    for (int number = 0; number < 5; ++number) {
      call("CreateThing", {{"thingName", "rare-" + std::to_string(number)}, {"thingTypeName", "rare"}});
    }
  }

  void create_thing(std::int64_t number) {
    call("CreateThing",
         {{"thingName", name_of(number)},
          {"thingTypeName", "lamp"},
          {"attributePayload", {{"attributes", {{"serial", std::to_string(number)}, {"site", "north"}}}}}});
    call("AddThingToThingGroup", {{"thingName", name_of(number)}, {"thingGroupName", "hall"}});
  }
  Json create_certificate() {
    return call("CreateCertificateFromCsr", {{"certificateSigningRequest", csr_}});
  }

  Json call(std::string_view operation, const Json& input) {
    auto done = emulator_.api(operation, input);
    if (!done) throw std::runtime_error{std::string{operation} + ": " + done.message};
    return std::move(done.body);
  }

  [[nodiscard]] std::int64_t count() const { return count_; }
  /// The certificate made last.
  [[nodiscard]] const Json& certificate() const { return certificate_; }
  /// A name that was not used before.
  std::int64_t next() { return count_ + ++used_; }

 private:
  const std::int64_t count_;
  std::int64_t used_{0};
  Emulator emulator_{Options::for_tests()};
  // The key of this request was made for this file and is thrown away.
  const std::string csr_{R"(-----BEGIN CERTIFICATE REQUEST-----
MIHLMHICAQAwEDEOMAwGA1UEAwwFYmVuY2gwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAAQasFspu1XZGQyho7TFvjVsoXztVqVxDV5HyxMrBbY9LhpkCTwsnIzeH9Ey
6iqzD7RzbsnCJvnv8PLjw+9UAe55oAAwCgYIKoZIzj0EAwIDSQAwRgIhAIcXgcgo
izp558quokmhUp3e+LJ1TCgJDc60ssq8HgOxAiEAupfYQZXgrd9j2vag4kl7uzij
s6oWg5Sv1sOUliX2OjE=
-----END CERTIFICATE REQUEST-----
)"};
  Json certificate_;
};

/// Made once for each size: a large one takes a while.
Fleet& fleet(std::int64_t count) {
  static std::map<std::int64_t, std::unique_ptr<Fleet>> made;
  auto& found = made[count];
  if (!found) found = std::make_unique<Fleet>(count);
  return *found;
}

/// Runs `once(fleet)` in a loop.
template <class Once>
void measure(benchmark::State& state, Once once) {
  auto& plant = fleet(state.range(0));
  for (auto _ : state) once(plant);
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);
}

void create_thing(benchmark::State& state) {
  measure(state, [](Fleet& plant) { plant.create_thing(plant.next()); });
}
BENCHMARK(create_thing)->Apply(sizes);

void create_certificate_from_csr(benchmark::State& state) {
  measure(state, [](Fleet& plant) { benchmark::DoNotOptimize(plant.create_certificate()); });
}
BENCHMARK(create_certificate_from_csr)->Apply(sizes);

void update_thing(benchmark::State& state) {
  measure(state, [number = 0](Fleet& plant) mutable {
    plant.call("UpdateThing", {{"thingName", name_of(number++ % plant.count())},
                               {"attributePayload", {{"attributes", {{"site", "south"}}}, {"merge", true}}}});
  });
}
BENCHMARK(update_thing)->Apply(sizes);

void describe_thing(benchmark::State& state) {
  measure(state, [number = 0](Fleet& plant) mutable {
    plant.call("DescribeThing", {{"thingName", name_of(number++ % plant.count())}});
  });
}
BENCHMARK(describe_thing)->Apply(sizes);

void describe_certificate(benchmark::State& state) {
  measure(state, [](Fleet& plant) {
    plant.call("DescribeCertificate", {{"certificateId", plant.certificate().at("certificateId")}});
  });
}
BENCHMARK(describe_certificate)->Apply(sizes);

/// A page after another, from the start again after the last.
void list(benchmark::State& state, const char* operation, const Json& query, const char* token,
          const char* next) {
  Json input = query;
  measure(state, [&](Fleet& plant) {
    const Json page = plant.call(operation, input);
    input = query;
    if (page.contains(next)) input[token] = page.at(next);
  });
}
void list_things(benchmark::State& state) {
  list(state, "ListThings", Json::object(), "nextToken", "nextToken");
}
BENCHMARK(list_things)->Apply(sizes);

void list_things_of_a_rare_type(benchmark::State& state) {
  list(state, "ListThings", {{"thingTypeName", "rare"}}, "nextToken", "nextToken");
}
BENCHMARK(list_things_of_a_rare_type)->Apply(sizes);

void list_things_by_a_rare_attribute(benchmark::State& state) {
  list(state, "ListThings", {{"attributeName", "serial"}, {"attributeValue", "77"}}, "nextToken",
       "nextToken");
}
BENCHMARK(list_things_by_a_rare_attribute)->Apply(sizes);

void list_certificates(benchmark::State& state) {
  list(state, "ListCertificates", Json::object(), "marker", "nextMarker");
}
BENCHMARK(list_certificates)->Apply(sizes);

void list_things_in_a_group(benchmark::State& state) {
  list(state, "ListThingsInThingGroup", {{"thingGroupName", "hall"}}, "nextToken", "nextToken");
}
BENCHMARK(list_things_in_a_group)->Apply(sizes);

void list_targets_of_a_policy(benchmark::State& state) {
  list(state, "ListTargetsForPolicy", {{"policyName", "all"}}, "marker", "nextMarker");
}
BENCHMARK(list_targets_of_a_policy)->Apply(sizes);

void list_attached_policies(benchmark::State& state) {
  measure(state, [](Fleet& plant) {
    plant.call("ListAttachedPolicies", {{"target", plant.certificate().at("certificateArn")}});
  });
}
BENCHMARK(list_attached_policies)->Apply(sizes);

}  // namespace
