// What one operation of the API costs when the registry is small and when it is large: everything from the
// operation's name and JSON input to its JSON answer, without HTTP. The argument is how many things and
// certificates there are already; each thing has a type, two attributes and a group, each certificate a thing
// and a policy.

#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/many_certificates.h"
#include "iotemu/emulator.h"

namespace {

using iotemu::Emulator;
using iotemu::Json;
using iotemu::Options;

std::string name_of(std::int64_t number) {
  return "thing-" + std::to_string(number);
}
std::string serial_of(std::int64_t number) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "SN-%07d", static_cast<int>(number));
  return text.data();
}

/// With the machine's clock: in life no hundred thousand things are created in one instant.
Options options() {
  auto options = Options::for_tests();
  options.clock = iotemu::ClockMode::real;
  return options;
}

/// An emulator with `count` things and certificates.
class Fleet {
 public:
  explicit Fleet(std::int64_t count) : count_{count} {
    call("CreateThingType", {{"thingTypeName", "lamp"}});
    call("CreateThingType", {{"thingTypeName", "rare"}});
    call("CreateThingGroup", {{"thingGroupName", "hall"}});
    for (const auto* name : {"all", "more"}) {
      call(
          "CreatePolicy",
          {{"policyName", name},
           {"policyDocument",
            R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]})"}});
    }
    for (std::int64_t number = 0; number < count; ++number) {
      create_thing(number);
      certificates_.push_back(register_certificate(number));
      call("AttachPolicy", {{"policyName", "all"}, {"target", arn_of(number)}});
      call("AttachThingPrincipal", {{"thingName", name_of(number)}, {"principal", arn_of(number)}});
    }
    for (int number = 0; number < 5; ++number) {
      call("CreateThing", {{"thingName", "rare-" + std::to_string(number)}, {"thingTypeName", "rare"}});
    }
  }

  void create_thing(std::int64_t number) {
    call("CreateThing",
         {{"thingName", name_of(number)},
          {"thingTypeName", "lamp"},
          {"attributePayload", {{"attributes", {{"serial", serial_of(number)}, {"site", "north"}}}}}});
    call("AddThingToThingGroup", {{"thingName", name_of(number)}, {"thingGroupName", "hall"}});
  }
  /// Both answer the ARN of a certificate that is INACTIVE.
  std::string register_certificate(std::int64_t number) {
    return call(
               "RegisterCertificateWithoutCA",
               {{"certificatePem", many_.number(static_cast<std::uint64_t>(number))}, {"status", "INACTIVE"}})
        .at("certificateArn");
  }
  std::string create_certificate() {
    return call("CreateCertificateFromCsr",
                {{"certificateSigningRequest", iotemu::bench::ManyCertificates::kRequest}})
        .at("certificateArn");
  }

  Json call(std::string_view operation, const Json& input) {
    auto done = emulator_.api(operation, input);
    if (!done) throw std::runtime_error{std::string{operation} + ": " + done.message};
    return std::move(done.body);
  }

  [[nodiscard]] std::int64_t count() const { return count_; }
  /// Of the certificate with this number.
  [[nodiscard]] const std::string& arn_of(std::int64_t number) const {
    return certificates_[static_cast<std::size_t>(number)];
  }
  /// A number that was not used before.
  std::int64_t next() { return count_ + ++used_; }

 private:
  const std::int64_t count_;
  std::int64_t used_{0};
  Emulator emulator_{options()};
  iotemu::bench::ManyCertificates many_{
      call("CreateCertificateFromCsr",
           {{"certificateSigningRequest", iotemu::bench::ManyCertificates::kRequest}})
          .at("certificatePem")
          .get<std::string>()};
  std::vector<std::string> certificates_;
};

std::string id_of(const std::string& arn) {
  return arn.substr(arn.find('/') + 1);
}

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

/// `make(fleet)` answers what `unmake(fleet, made)` takes away again, not timed, so that the fleet stays
/// about as large as it says.
template <class Make, class Unmake>
void measure_making(benchmark::State& state, Make make, Unmake unmake) {
  constexpr std::size_t kKept = 100;
  auto& plant = fleet(state.range(0));
  std::vector<decltype(make(plant))> made;
  const auto take_away = [&] {
    for (const auto& each : made) unmake(plant, each);
    made.clear();
  };
  for (auto _ : state) {
    made.push_back(make(plant));
    if (made.size() < kKept) continue;
    state.PauseTiming();
    take_away();
    state.ResumeTiming();
  }
  take_away();
}

/// The things and certificates in no order that memory knows.
class Anyone {
 public:
  std::int64_t operator()(const Fleet& plant) { return number_++ * 7919 % plant.count(); }

 private:
  std::int64_t number_{0};
};

void sizes(benchmark::internal::Benchmark* bench) {
  bench->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);
}

void create_thing(benchmark::State& state) {
  measure_making(
      state,
      [](Fleet& plant) {
        const auto number = plant.next();
        plant.create_thing(number);
        return number;
      },
      [](Fleet& plant, std::int64_t number) {
        plant.call("DeleteThing", {{"thingName", name_of(number)}});
      });
}
BENCHMARK(create_thing)->Apply(sizes);

void delete_certificate(Fleet& plant, const std::string& arn) {
  plant.call("DeleteCertificate", {{"certificateId", id_of(arn)}});
}
void create_certificate_from_csr(benchmark::State& state) {
  measure_making(
      state, [](Fleet& plant) { return plant.create_certificate(); }, delete_certificate);
}
BENCHMARK(create_certificate_from_csr)->Apply(sizes);

void register_certificate(benchmark::State& state) {
  measure_making(
      state, [](Fleet& plant) { return plant.register_certificate(plant.next()); }, delete_certificate);
}
BENCHMARK(register_certificate)->Apply(sizes);

void update_thing(benchmark::State& state) {
  measure(state, [anyone = Anyone{}](Fleet& plant) mutable {
    plant.call("UpdateThing", {{"thingName", name_of(anyone(plant))},
                               {"attributePayload", {{"attributes", {{"site", "south"}}}, {"merge", true}}}});
  });
}
BENCHMARK(update_thing)->Apply(sizes);

void update_certificate(benchmark::State& state) {
  measure(state, [anyone = Anyone{}, turn = std::int64_t{0}](Fleet& plant) mutable {
    plant.call("UpdateCertificate", {{"certificateId", id_of(plant.arn_of(anyone(plant)))},
                                     {"newStatus", turn++ / plant.count() % 2 == 0 ? "ACTIVE" : "INACTIVE"}});
  });
}
BENCHMARK(update_certificate)->Apply(sizes);

void describe_thing(benchmark::State& state) {
  measure(state, [anyone = Anyone{}](Fleet& plant) mutable {
    plant.call("DescribeThing", {{"thingName", name_of(anyone(plant))}});
  });
}
BENCHMARK(describe_thing)->Apply(sizes);

void describe_certificate(benchmark::State& state) {
  measure(state, [anyone = Anyone{}](Fleet& plant) mutable {
    plant.call("DescribeCertificate", {{"certificateId", id_of(plant.arn_of(anyone(plant)))}});
  });
}
BENCHMARK(describe_certificate)->Apply(sizes);

void attach_and_detach_a_policy(benchmark::State& state) {
  measure(state, [anyone = Anyone{}](Fleet& plant) mutable {
    const Json attachment{{"policyName", "more"}, {"target", plant.arn_of(anyone(plant))}};
    plant.call("AttachPolicy", attachment);
    plant.call("DetachPolicy", attachment);
  });
}
BENCHMARK(attach_and_detach_a_policy)->Apply(sizes);

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
  list(state, "ListThings", {{"attributeName", "serial"}, {"attributeValue", serial_of(77)}}, "nextToken",
       "nextToken");
}
BENCHMARK(list_things_by_a_rare_attribute)->Apply(sizes);

void list_things_by_a_rare_prefix(benchmark::State& state) {
  const auto ten_of_them = serial_of(77).substr(0, serial_of(77).size() - 1);
  list(state, "ListThings",
       {{"attributeName", "serial"}, {"attributeValue", ten_of_them}, {"usePrefixAttributeValue", true}},
       "nextToken", "nextToken");
}
BENCHMARK(list_things_by_a_rare_prefix)->Apply(sizes);

void list_things_by_a_common_prefix(benchmark::State& state) {
  list(state, "ListThings",
       {{"attributeName", "serial"}, {"attributeValue", "SN-"}, {"usePrefixAttributeValue", true}},
       "nextToken", "nextToken");
}
BENCHMARK(list_things_by_a_common_prefix)->Apply(sizes);

void list_things_by_attribute_and_type(benchmark::State& state) {
  list(state, "ListThings",
       {{"attributeName", "serial"}, {"attributeValue", serial_of(77)}, {"thingTypeName", "lamp"}},
       "nextToken", "nextToken");
}
BENCHMARK(list_things_by_attribute_and_type)->Apply(sizes);

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
  measure(state, [anyone = Anyone{}](Fleet& plant) mutable {
    plant.call("ListAttachedPolicies", {{"target", plant.arn_of(anyone(plant))}});
  });
}
BENCHMARK(list_attached_policies)->Apply(sizes);

}  // namespace
