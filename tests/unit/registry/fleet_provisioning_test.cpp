// Fleet provisioning in the registry: certificates that wait for a template, their tokens, temporary claims
// (P6.2, P6.3, P6.5).

#include <gmock/gmock.h>

#include <atomic>
#include <cctype>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "registry/events.h"
#include "registry/pki/csr.h"
#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class FleetRegistryTest : public RegistryTest {
 protected:
  FleetRegistryTest() {
    bus.subscribe<ExpiryAhead>(queue, [this](const ExpiryAhead& ahead) { ahead_.push_back(ahead.due); });
  }

  /// Without the slow RSA key.
  OwnedCertificate create(const std::string& name) {
    return *registry.create_owned_certificate(*pki::make_csr({{.name = "CN", .value = name}}, key));
  }
  provisioning::Plan plan_for(const OwnedCertificate& owned, const std::string& thing) {
    return {.thing = provisioning::ThingPlan{.logical_name = "thing", .name = thing_name(thing)},
            .certificate = provisioning::CertificatePlan{.logical_name = "certificate",
                                                         .source = owned.certificate->id}};
  }
  std::optional<CertificateStatus> status(const OwnedCertificate& owned) {
    const auto found = registry.certificate(owned.certificate->id);
    return found ? std::optional{(*found)->status} : std::nullopt;
  }
  std::vector<Tick> expiries() {
    queue.run();
    return ahead_;
  }

  pki::PrivateKey key{*pki::PrivateKey::generate(pki::KeyKind::ec_p256)};
  QueueExecutor queue;

 private:
  std::vector<Tick> ahead_;
};

TEST_F(FleetRegistryTest, CertificateThatNobodyWantsAnyMoreIsNotStored) {
  const auto nobody = [] { return false; };
  const std::string csr = *pki::make_csr({{.name = "CN", .value = "d"}}, key);
  EXPECT_THAT(registry.create_owned_certificate(csr, nobody), FailsWith(Errc::unavailable));
  EXPECT_THAT(registry.create_owned_keys_and_certificate(nobody), FailsWith(Errc::unavailable));
  EXPECT_THAT(registry.list_certificates({})->items, SizeIs(0));
  EXPECT_THAT(expiries(), SizeIs(0)) << "nor a token";
  EXPECT_TRUE(registry.create_owned_certificate(csr, [] { return true; }));
}

TEST_F(FleetRegistryTest, CertificateComesPendingWithATokenOfItsOwn) {
  const auto owned = create("d");
  EXPECT_EQ(owned.certificate->status, CertificateStatus::pending_activation);
  EXPECT_FALSE(owned.certificate->ca_id);
  EXPECT_TRUE(owned.private_key_pem.text().empty());
  EXPECT_THAT(owned.ownership_token, SizeIs(344));
  EXPECT_THAT(std::vector<char>(owned.ownership_token.begin(), owned.ownership_token.end()),
              Each(::testing::Truly([](char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; })));
  EXPECT_NE(create("d").ownership_token, owned.ownership_token);
  EXPECT_EQ((*registry.owned_certificate(owned.ownership_token))->id, owned.certificate->id);
}

TEST_F(FleetRegistryTest, KeysAreAnsweredAndBelongToTheCertificate) {
  const auto owned = registry.create_owned_keys_and_certificate();
  ASSERT_THAT(owned, IsOk());
  const auto own_key = pki::PrivateKey::from_pem(owned->private_key_pem.text());
  ASSERT_THAT(own_key, IsOk());
  EXPECT_EQ(pki::Certificate::from_pem(owned->certificate->pem)->public_key_der(), own_key->public_key_der());
}

TEST_F(FleetRegistryTest, ProvisioningUsesTheTokenUp) {
  const auto owned = create("d");
  ASSERT_THAT(registry.provision_owned(owned.ownership_token, plan_for(owned, "t")), IsOk());
  EXPECT_EQ(status(owned), CertificateStatus::active);
  EXPECT_THAT(registry.provision_owned(owned.ownership_token, plan_for(owned, "u")),
              FailsWith(Errc::not_found));
  EXPECT_THAT(registry.thing(thing_name("u")), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.provision_owned("", plan_for(owned, "u")), FailsWith(Errc::not_found));
}

TEST_F(FleetRegistryTest, FailureLeavesNothingBehindAndTheTokenGood) {
  const auto owned = create("d");
  auto plan = plan_for(owned, "t");
  plan.policies.push_back({.logical_name = "policy", .name = policy_name("missing")});
  EXPECT_THAT(registry.provision_owned(owned.ownership_token, plan),
              FailsWith(Errc::resource_registration_failure));
  EXPECT_THAT(registry.thing(thing_name("t")), FailsWith(Errc::not_found));
  store.fail_after(0);
  EXPECT_FALSE(registry.provision_owned(owned.ownership_token, plan_for(owned, "t")));
  EXPECT_THAT(registry.provision_owned(owned.ownership_token, plan_for(owned, "t")), IsOk());
}

TEST_F(FleetRegistryTest, TokenEndsAfterAnHourAndTakesAnUntouchedCertificateAlong) {
  const auto owned = create("d");
  EXPECT_THAT(expiries(), ::testing::ElementsAre(clock.tick() + 1h));
  clock.advance(1h - 1ms);
  registry.forget_expired();
  EXPECT_THAT(registry.owned_certificate(owned.ownership_token), IsOk());
  clock.advance(1ms);
  EXPECT_THAT(registry.owned_certificate(owned.ownership_token), FailsWith(Errc::not_found))
      << "expired is expired, whoever sweeps";
  EXPECT_THAT(registry.provision_owned(owned.ownership_token, plan_for(owned, "t")),
              FailsWith(Errc::not_found));
  EXPECT_TRUE(status(owned));
  registry.forget_expired();
  EXPECT_FALSE(status(owned));
}

TEST_F(FleetRegistryTest, ResetForgetsTokensAndClaims) {
  const auto owned = create("d");
  ASSERT_THAT(registry.reset(true), IsOk());
  EXPECT_THAT(registry.owned_certificate(owned.ownership_token), FailsWith(Errc::not_found));
  clock.advance(2h);
  registry.forget_expired();
}

TEST_F(FleetRegistryTest, ManyWhoShareATokenProvisionOnce) {
  constexpr int kThreads = 8;
  for (int round = 0; round < 10; ++round) {
    const auto owned = create("d");
    std::atomic<int> waiting{kThreads};
    std::atomic<int> succeeded{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        --waiting;
        while (waiting > 0) std::this_thread::yield();
        const auto name = "t" + std::to_string(round) + "-" + std::to_string(i);
        const auto done = registry.provision_owned(owned.ownership_token, plan_for(owned, name));
        if (done) ++succeeded;
        if (!done && done.error().code == Errc::not_found) ++refused;
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(succeeded, 1);
    EXPECT_EQ(refused, kThreads - 1);
  }
  EXPECT_THAT(registry.list_things({})->items, SizeIs(10));
}

class ClaimTest : public FleetRegistryTest {
 protected:
  void create_template(const std::string& name, bool enabled, TemplateType type) {
    constexpr auto kBody = R"({"Resources": {"certificate": {"Type": "AWS::IoT::Certificate",
        "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}}}})";
    ASSERT_THAT(registry.create_provisioning_template(*TemplateName::parse(name),
                                                      {.body = kBody,
                                                       .type = type,
                                                       .enabled = enabled,
                                                       .role_arn = "arn:aws:iam::123456789012:role/fleet"}),
                IsOk());
  }
  Result<CreatedKeysAndCertificate> claim(const std::string& name) {
    return registry.create_provisioning_claim(*TemplateName::parse(name));
  }
};

TEST_F(ClaimTest, IsKnownAtTheDoorWithItsOwnPolicyAndNowhereElse) {
  create_template("fleet", true, TemplateType::fleet_provisioning);
  const auto made = claim("fleet");
  ASSERT_THAT(made, IsOk());
  const CertificateId id = made->certificate->id;
  EXPECT_EQ(made->certificate->not_after, clock.now() + 5min);
  EXPECT_EQ(registry.find_at_door(id), made->certificate);
  EXPECT_THAT(registry.certificate(id), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.list_certificates({})->items, SizeIs(0));
  const auto view = registry.principal_view(id);
  ASSERT_TRUE(view);
  ASSERT_THAT(view->policies, SizeIs(1));
  EXPECT_EQ(view->policies[0].name, "claim for template fleet");
  EXPECT_EQ(view->claim_for, *TemplateName::parse("fleet"));
}

TEST_F(ClaimTest, IsForgottenAfterFiveMinutes) {
  create_template("fleet", true, TemplateType::fleet_provisioning);
  const CertificateId first = claim("fleet")->certificate->id;
  clock.advance(1min);
  const CertificateId second = claim("fleet")->certificate->id;
  EXPECT_THAT(expiries(), SizeIs(2));
  const auto generation = registry.generation();
  clock.advance(4min);
  registry.forget_expired();
  EXPECT_FALSE(registry.find_at_door(first));
  EXPECT_FALSE(registry.principal_view(first));
  EXPECT_GT(registry.generation(), generation) << "live connections look again";
  EXPECT_TRUE(registry.find_at_door(second));
}

TEST_F(ClaimTest, NeedsAnEnabledFleetTemplate) {
  create_template("off", false, TemplateType::fleet_provisioning);
  create_template("jitp", true, TemplateType::jitp);
  EXPECT_THAT(claim("missing"), FailsWith(Errc::not_found));
  EXPECT_THAT(claim("off"), FailsWith(Errc::invalid_request));
  const auto refused = claim("jitp");
  ASSERT_THAT(refused, FailsWith(Errc::invalid_request));
  EXPECT_THAT(refused.error().message, HasSubstr("is of type JITP"));
}

}  // namespace
}  // namespace iotemu::registry
