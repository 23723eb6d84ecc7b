// Just-in-time provisioning in the registry (P5.1, P5.3, P5.7, P3.5 row 8).

#include <atomic>
#include <thread>
#include <vector>

#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr auto kRole = "arn:aws:iam::123456789012:role/jitp";
constexpr auto kTemplate = R"({
  "Resources": {
    "thing": {"Type": "AWS::IoT::Thing",
              "Properties": {"ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"}}},
    "certificate": {"Type": "AWS::IoT::Certificate",
                    "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"},
                                   "Status": "ACTIVE"}}}})";

class JustInTime : public RegistryTest {
 protected:
  /// A device that its CA auto-registered.
  CertificatePtr waiting(const std::string& name) {
    return registry.auto_register(new_device(identity_, name), *ca)->certificate;
  }

  void update(const UpdateCa& request) { ASSERT_THAT(registry.update_ca(ca->id, request), IsOk()); }

 private:
  pki::Identity identity_{new_ca("Factory")};

  CaCertificatePtr register_factory() {
    auto request = request_for(identity_);
    request.set_active = true;
    request.allow_auto_registration = true;
    request.registration_config = RegistrationConfig{.template_body = kTemplate, .role_arn = kRole};
    return *registry.register_ca(request);
  }

 protected:
  CaCertificatePtr ca{register_factory()};
};

TEST_F(JustInTime, MakesWhatTheTemplateOfTheCaAsksFor) {
  const auto certificate = waiting("dev-1");
  const auto done = registry.provision_just_in_time(certificate->id);
  ASSERT_THAT(done, IsOk());
  EXPECT_FALSE(done->left_alone);
  EXPECT_EQ(done->certificate->status, CertificateStatus::active);
  EXPECT_THAT(done->resource_arns,
              ElementsAre(Pair("certificate", certificate->arn),
                          Pair("thing", "arn:aws:iot:us-east-1:123456789012:thing/dev-1")));
}

// P3.5 row 8: whoever calls, at once or later.
TEST_F(JustInTime, OfAnInactiveCaRunsNoTemplate) {
  const auto certificate = waiting("dev-1");
  update({.status = CaStatus::inactive});
  EXPECT_THAT(
      registry.provision_just_in_time(certificate->id),
      FailsWith(Errc::resource_registration_failure,
                "its CA certificate " + ca->id.hex() + " is INACTIVE, so no template runs (P3.5 row 8)"));
  EXPECT_THAT(registry.thing(thing_name("dev-1")), FailsWith(Errc::not_found));
}

TEST_F(JustInTime, OfACaWithoutAutoRegistrationRunsNoTemplate) {
  const auto certificate = waiting("dev-1");
  update({.auto_registration = false});
  EXPECT_THAT(registry.provision_just_in_time(certificate->id),
              FailsWith(Errc::resource_registration_failure,
                        "its CA certificate " + ca->id.hex() +
                            " has autoRegistrationStatus DISABLE, so no template runs (P3.5 row 8)"));
  EXPECT_THAT(registry.thing(thing_name("dev-1")), FailsWith(Errc::not_found));
}

TEST_F(JustInTime, OfADeletedCaRunsNoTemplate) {
  const auto certificate = waiting("dev-1");
  update({.status = CaStatus::inactive});
  ASSERT_THAT(registry.delete_ca(ca->id), IsOk());
  EXPECT_THAT(registry.provision_just_in_time(certificate->id),
              FailsWith(Errc::resource_registration_failure, "is not registered any more"));
}

// P5.7: provisioning runs as an IAM role.
TEST_F(JustInTime, WithoutARoleRunsNoTemplate) {
  const auto certificate = waiting("dev-1");
  update({.registration_config = RegistrationConfig{.template_body = kTemplate}});
  EXPECT_THAT(registry.provision_just_in_time(certificate->id),
              FailsWith(Errc::resource_registration_failure, "the registrationConfig names no roleArn"));
}

class JustInTimeTooLate : public JustInTime, public testing::WithParamInterface<CertificateStatus> {};

// P5.1: the template is for a certificate that waits.
TEST_P(JustInTimeTooLate, LeavesTheCertificateAlone) {
  const auto certificate = waiting("dev-1");
  ASSERT_THAT(registry.set_certificate_status(certificate->id, GetParam()), IsOk());
  const auto done = registry.provision_just_in_time(certificate->id);
  ASSERT_THAT(done, IsOk());
  EXPECT_TRUE(done->left_alone);
  EXPECT_EQ(done->certificate->status, GetParam());
  EXPECT_THAT(done->resource_arns, IsEmpty());
  EXPECT_THAT(registry.thing(thing_name("dev-1")), FailsWith(Errc::not_found));
}

INSTANTIATE_TEST_SUITE_P(P5_1, JustInTimeTooLate,
                         testing::Values(CertificateStatus::active, CertificateStatus::inactive,
                                         CertificateStatus::revoked),
                         [](const auto& each) { return std::string{to_text(each.param)}; });

// Two connects of one device: one provisions, and the other finds the certificate as that one left it.
TEST_F(JustInTime, RunsTheTemplateOnceForConnectsAtTheSameTime) {
  const auto certificate = waiting("dev-1");
  constexpr int kConnects = 8;
  std::atomic<int> made{0};
  std::atomic<int> left_alone{0};
  std::vector<std::thread> connects;
  for (int i = 0; i < kConnects; ++i) {
    connects.emplace_back([&] {
      const auto done = registry.provision_just_in_time(certificate->id);
      if (done.ok()) ++(done->left_alone ? left_alone : made);
    });
  }
  for (auto& connect : connects) connect.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(left_alone, kConnects - 1);
}

}  // namespace
}  // namespace iotemu::registry
