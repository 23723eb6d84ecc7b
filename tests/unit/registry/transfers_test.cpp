// Transfers between two registries (P2.10). What the API shows is told by the clients' story; here is what
// only the registries can show: that no failure and no race leaves them half-way.

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

class Transfers : public RegistryTest {
 protected:
  CertificateId sent() {
    const auto id = register_device("d" + std::to_string(++made_), CertificateStatus::inactive)->id;
    EXPECT_THAT(registry.transfer_certificate(id, other, "m"), IsOk());
    return id;
  }

  /// Exactly one account holds the certificate, and only the owner does.
  void expect_whole(const CertificateId& id, CertificateStatus status) {
    const auto mine = registry.certificate(id);
    const auto theirs = other.certificate(id);
    EXPECT_NE(mine.ok(), theirs.ok()) << id.hex();
    const auto& held = mine.ok() ? mine : theirs;
    if (!held) return;
    EXPECT_EQ((*held)->status, status);
    EXPECT_EQ((*held)->owned_by, mine.ok() ? registry.realm().account : other.realm().account);
  }

  MemoryStore other_memory;
  FailingStore other_store{other_memory};
  EventBus other_bus;
  Registry other{{.account = "210987654321"}, clock, random, other_store, other_bus};

 private:
  int made_{0};
};

TEST_F(Transfers, StoreThatFailsOnEitherSideLeavesBothAsTheyWere) {
  const auto id = register_device("d", CertificateStatus::inactive)->id;
  for (FailingStore* failing : {&store, &other_store}) {
    failing->fail_after(0);
    EXPECT_FALSE(registry.transfer_certificate(id, other, "").ok());
    expect_whole(id, CertificateStatus::inactive);
  }
  ASSERT_THAT(registry.transfer_certificate(id, other, ""), IsOk());
  for (FailingStore* failing : {&store, &other_store}) {
    for (const auto& act :
         std::vector<std::function<Status()>>{[&] { return other.accept_transfer(id, registry, true); },
                                              [&] { return other.reject_transfer(id, registry, "no"); },
                                              [&] { return registry.cancel_transfer(id, other); }}) {
      failing->fail_after(0);
      EXPECT_FALSE(act().ok());
      EXPECT_EQ((*registry.certificate(id))->status, CertificateStatus::pending_transfer);
      EXPECT_EQ((*other.certificate(id))->status, CertificateStatus::pending_transfer);
    }
  }
  EXPECT_THAT(other.accept_transfer(id, registry, true), IsOk());
  expect_whole(id, CertificateStatus::active);
}

TEST_F(Transfers, OfAcceptRejectAndCancelExactlyOneWins) {
  for (int round = 0; round < 60; ++round) {
    const auto id = sent();
    std::atomic<int> won{0};
    std::atomic<int> waiting{3};
    const std::vector<std::function<Status()>> acts{
        [&] { return other.accept_transfer(id, registry, false); },
        [&] { return other.reject_transfer(id, registry, "no"); },
        [&] { return registry.cancel_transfer(id, other); }};
    std::vector<std::thread> threads;
    for (const auto& act : acts) {
      threads.emplace_back([&] {
        --waiting;
        while (waiting > 0) std::this_thread::yield();
        const auto done = act();
        if (done) {
          ++won;
        } else {
          EXPECT_EQ(done.error().code, Errc::transfer_already_completed);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
    expect_whole(id, CertificateStatus::inactive);
  }
}

TEST_F(Transfers, CrossingTransfersDoNotWaitForEachOther) {
  std::vector<CertificateId> mine;
  std::vector<CertificateId> theirs;
  for (int i = 0; i < 40; ++i) {
    mine.push_back(register_device("m" + std::to_string(i), CertificateStatus::inactive)->id);
    theirs.push_back(
        (*other.register_certificate_without_ca({.pem = new_device(loose_ca, "t" + std::to_string(i)).pem()}))
            ->id);
  }
  const auto move = [](Registry& from, Registry& to, const std::vector<CertificateId>& ids) {
    for (const auto& id : ids) {
      EXPECT_THAT(from.transfer_certificate(id, to, ""), IsOk());
      EXPECT_THAT(to.accept_transfer(id, from, false), IsOk());
    }
  };
  std::thread there{[&] { move(registry, other, mine); }};
  move(other, registry, theirs);
  there.join();
  for (const auto& id : mine) EXPECT_THAT(other.certificate(id), IsOk());
  for (const auto& id : theirs) EXPECT_THAT(registry.certificate(id), IsOk());
}

TEST_F(Transfers, CertificateOnItsWayIsProvisionedByNobody) {
  const auto id = sent();
  for (Registry* side : {&registry, &other}) {
    const auto done =
        side->provision({.certificate = {{.logical_name = "c", .source = id}}}, Leftovers::nothing);
    EXPECT_THAT(done, FailsWith(Errc::resource_registration_failure, "PENDING_TRANSFER"));
  }
}

}  // namespace
}  // namespace iotemu::registry
