// Threads that meet in the registry. The assertions hold in every order; ThreadSanitizer watches the rest.

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

constexpr int kThreads = 8;
constexpr int kRounds = 50;

using Races = RegistryTest;

/// Runs `body(thread)` on several threads that start together.
void together(const std::function<void(int)>& body) {
  std::atomic<int> waiting{kThreads};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      body(i);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_F(Races, ManyFirstConnectsMakeExactlyOneRecord) {  // P3.4, C.3 line 49
  const auto ca = new_ca("Factory");
  const auto record = register_active(ca);
  for (int round = 0; round < kRounds / 5; ++round) {
    const auto leaf = new_device(ca, "d" + std::to_string(round));
    std::atomic<int> created{0};
    std::atomic<int> failed{0};
    together([&](int) {
      const auto done = registry.auto_register(leaf, *record);
      if (!done) {
        ++failed;
      } else if (done->created) {
        ++created;
      }
    });
    EXPECT_EQ(created, 1);
    EXPECT_EQ(failed, 0);
  }
  EXPECT_EQ(registry.list_certificates_by_ca(record->id, {})->items.size(), kRounds / 5U);
}

TEST_F(Races, PolicyLimitHoldsAgainstManyAttachers) {
  const auto device = register_device("d");
  for (int i = 0; i < 16; ++i) {
    ASSERT_THAT(registry.create_policy(policy_name("p" + std::to_string(i)), kAllowAll), IsOk());
  }
  together([&](int thread) {
    for (int i = 0; i < 16; ++i) {
      const auto attached =
          registry.attach_policy(policy_name("p" + std::to_string((i + thread) % 16)), device->arn);
      if (!attached) {
        EXPECT_THAT(attached, FailsWith(Errc::limit_exceeded));
      }
    }
  });
  EXPECT_EQ(registry.attached_policies(device->arn, {})->items.size(), 10U);
}

TEST_F(Races, ExclusiveThingHasOneWinner) {  // P7.6
  ASSERT_THAT(registry.create_thing(thing_name("t"), {}), IsOk());
  std::vector<std::string> devices;
  for (int i = 0; i < kThreads; ++i) devices.push_back(register_device("d" + std::to_string(i))->arn);
  std::atomic<int> won{0};
  together([&](int thread) {
    const auto& device = devices[static_cast<std::size_t>(thread)];
    if (registry.attach_thing_principal(thing_name("t"), device, ThingPrincipalType::exclusive)) ++won;
  });
  EXPECT_EQ(won, 1);
}

TEST_F(Races, ReadersSeeWholeRecordsWhileWritersWork) {
  const auto ca = new_ca("Factory");
  const auto record = register_active(ca);
  const auto leaf = new_device(ca, "d");
  const auto device = *registry.register_certificate({.pem = leaf.pem()});
  const auto p = policy_name("p");
  const auto t = thing_name("t");
  ASSERT_THAT(registry.create_policy(p, kAllowAll), IsOk());
  ASSERT_THAT(registry.create_thing(t, {}), IsOk());
  together([&](int thread) {
    for (int i = 0; i < kRounds; ++i) {
      switch (thread) {
        case 0:
          EXPECT_THAT(registry.set_certificate_status(
                          device->id, i % 2 == 0 ? CertificateStatus::active : CertificateStatus::inactive),
                      IsOk());
          break;
        case 1:
          EXPECT_THAT(registry.attach_policy(p, device->arn), IsOk());
          EXPECT_THAT(registry.detach_policy(p, device->arn), IsOk());
          break;
        case 2:
          EXPECT_THAT(registry.attach_thing_principal(t, device->arn), IsOk());
          EXPECT_THAT(registry.update_thing(t, {}), IsOk());
          EXPECT_THAT(registry.detach_thing_principal(t, device->arn), IsOk());
          break;
        case 3:
          EXPECT_THAT(registry.update_ca(record->id, {.auto_registration = i % 2 == 0}), IsOk());
          break;
        case 4:
          EXPECT_THAT(registry.list_certificates({.size = 1}), IsOk());
          EXPECT_THAT(registry.list_certificates_by_ca(record->id, {}), IsOk());
          break;
        default: {
          const auto view = registry.principal_view(device->id);
          ASSERT_NE(view, nullptr);
          EXPECT_LE(view->policies.size(), 1U);
          EXPECT_LE(view->things.size(), 1U);
          EXPECT_EQ(registry.find_issuer(leaf, {}).chosen->id, record->id);
          EXPECT_GE(registry.generation(), 1U);
        }
      }
    }
  });
  EXPECT_EQ((*registry.certificate(device->id))->version, kRounds + 1);
  EXPECT_EQ((*registry.thing(t))->version, kRounds + 1);
}

}  // namespace
}  // namespace iotemu::registry
