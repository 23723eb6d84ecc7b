#include <ostream>
#include <set>

#include "registry/events.h"
#include "registry/pki/verify.h"
#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using Status_ = CertificateStatus;
using Certificates = RegistryTest;

TEST_F(Certificates, RegisteredUnderTheirCaWithEachStatus) {  // C.2 line 15, P2.4
  const auto ca = new_ca("Factory");
  const auto ca_record = register_active(ca);
  struct Case {
    std::optional<Status_> status{};
    bool set_active{false};
    Status_ expected{};
  };
  const Case cases[] = {
      {{}, false, Status_::inactive},
      {{}, true, Status_::active},
      {Status_::active, false, Status_::active},
      {Status_::inactive, true, Status_::inactive},
      {Status_::revoked, false, Status_::revoked},
      {Status_::register_inactive, true, Status_::inactive},
  };
  for (const auto& each : cases) {
    const auto leaf = new_device(ca, "d");
    const auto record = registry.register_certificate(
        {.pem = leaf.pem(), .status = each.status, .set_active = each.set_active});
    ASSERT_THAT(record, IsOk());
    EXPECT_EQ((*record)->status, each.expected);
    EXPECT_EQ((*record)->id, leaf.id());
    EXPECT_EQ((*record)->ca_id, ca_record->id);
    EXPECT_EQ((*record)->mode, CertificateMode::default_mode);
    EXPECT_EQ((*record)->owned_by, "123456789012");
    EXPECT_EQ((*record)->version, 1);
    EXPECT_EQ((*record)->not_after, kNotAfter);
  }
}

TEST_F(Certificates, NobodyRegistersWithAStatusOfTheService) {  // C.2 line 15
  const auto pem = new_device(loose_ca, "d").pem();
  const auto* pending = "Not allowed to register certificate with PENDING_ACTIVATION status";
  EXPECT_THAT(registry.register_certificate({.pem = pem, .status = Status_::pending_activation}),
              FailsWith(Errc::certificate_state, pending));
  EXPECT_THAT(registry.register_certificate_without_ca({.pem = pem, .status = Status_::pending_activation}),
              FailsWith(Errc::certificate_state, pending));
  EXPECT_THAT(registry.register_certificate({.pem = pem, .status = Status_::pending_transfer}),
              FailsWith(Errc::certificate_state, "with PENDING_TRANSFER status"));
}

TEST_F(Certificates, WithoutCaTheyAreSniOnlyWhoeverIssuedThem) {  // C.2 line 16, P2.5
  const auto ca = new_ca("Factory");
  register_active(ca);
  const auto record = *registry.register_certificate_without_ca({.pem = new_device(ca, "d").pem()});
  EXPECT_EQ(record->mode, CertificateMode::sni_only);
  EXPECT_FALSE(record->ca_id.has_value());
  EXPECT_EQ(record->status, Status_::inactive);
  EXPECT_THAT(registry.register_certificate_without_ca({.pem = loose_ca.certificate.pem()}), IsOk());
}

TEST_F(Certificates, TwoCasWithOneKeyMustBeToldApart) {  // C.2 line 17
  const auto key = *pki::PrivateKey::generate(pki::KeyKind::ec_p256);
  const auto profile = pki::ca_profile({{.name = "CN", .value = "Factory"}}, kNotBefore, kNotAfter);
  const pki::Identity old_ca{*pki::self_sign(profile, key), key};
  const pki::Identity renewed{*pki::self_sign(profile, key), key};
  register_active(old_ca);
  const auto renewed_record = register_active(renewed);
  const auto pem = new_device(old_ca, "d").pem();
  EXPECT_THAT(registry.register_certificate({.pem = pem}), FailsWith(Errc::certificate_conflict));
  const auto record = registry.register_certificate({.pem = pem, .ca_pem = renewed.certificate.pem()});
  ASSERT_THAT(record, IsOk());
  EXPECT_EQ((*record)->ca_id, renewed_record->id);
}

TEST_F(Certificates, SeveralCasWithOneSubjectAreToldApartByTheirKeys) {  // P2.4
  const auto first = new_ca("Factory");
  const auto second = new_ca("Factory");
  register_active(first);
  const auto second_record = register_active(second);
  const auto record = registry.register_certificate({.pem = new_device(second, "d").pem()});
  ASSERT_THAT(record, IsOk());
  EXPECT_EQ((*record)->ca_id, second_record->id);
}

TEST_F(Certificates, NeedACaThatIsRegisteredAndSignedThem) {  // P2.4
  const auto ca = new_ca("Factory");
  const auto pem = new_device(ca, "d").pem();
  EXPECT_THAT(registry.register_certificate({.pem = pem}),
              FailsWith(Errc::certificate_validation, "issuer is 'CN=Factory'"));
  EXPECT_THAT(registry.register_certificate({.pem = pem, .ca_pem = ca.certificate.pem()}),
              FailsWith(Errc::certificate_validation, "is not registered"));
  const auto other = new_ca("Factory");
  register_active(other);
  EXPECT_THAT(registry.register_certificate({.pem = pem}), FailsWith(Errc::certificate_validation));
  EXPECT_THAT(registry.register_certificate({.pem = pem, .ca_pem = other.certificate.pem()}),
              FailsWith(Errc::certificate_validation, "did not sign"));
  EXPECT_THAT(registry.register_certificate({.pem = pem, .ca_pem = "junk"}),
              FailsWith(Errc::certificate_validation));
  EXPECT_THAT(registry.register_certificate({.pem = "junk"}), FailsWith(Errc::certificate_validation));
}

TEST_F(Certificates, NeedAnActiveCaWhateverItsAutoRegistration) {  // P2.4
  const auto ca = new_ca("Factory");
  const auto id = (*registry.register_ca(request_for(ca)))->id;
  const auto pem = new_device(ca, "d").pem();
  EXPECT_THAT(registry.register_certificate({.pem = pem}), FailsWith(Errc::certificate_state));
  EXPECT_THAT(registry.update_ca(id, {.status = CaStatus::active}), IsOk());
  EXPECT_THAT(registry.register_certificate({.pem = pem}), IsOk());
}

TEST_F(Certificates, TakeTheModeOfTheirCa) {  // P2.4
  const auto ca = new_ca("Factory");
  EXPECT_THAT(registry.register_ca(
                  {.ca_pem = ca.certificate.pem(), .mode = CertificateMode::sni_only, .set_active = true}),
              IsOk());
  EXPECT_EQ((*registry.register_certificate({.pem = new_device(ca, "d").pem()}))->mode,
            CertificateMode::sni_only);
}

TEST_F(Certificates, SameCertificateAgainAlreadyExists) {  // P2.4
  const auto record = register_device("d");
  const auto again = registry.register_certificate_without_ca({.pem = "text\n" + record->pem});
  ASSERT_THAT(again, FailsWith(Errc::already_exists, "The certificate is already provisioned or registered"));
  EXPECT_EQ(again.error().resource_id, record->id.hex());
  EXPECT_EQ(again.error().resource_arn, record->arn);
}

struct Transition {
  Status_ from{};
  Status_ to{};
  bool allowed{};
  Status_ result{};
};

void PrintTo(const Transition& each, std::ostream* out) {
  *out << to_text(each.from) << " to " << to_text(each.to);
}

/// C.2 line 18: the whole matrix of P2.7. PENDING_TRANSFER as origin cannot be reached without transfers.
const Transition kTransitions[] = {
    {Status_::inactive, Status_::active, true, Status_::active},
    {Status_::inactive, Status_::inactive, true, Status_::inactive},
    {Status_::inactive, Status_::revoked, true, Status_::revoked},
    {Status_::inactive, Status_::pending_activation, false, {}},
    {Status_::inactive, Status_::pending_transfer, false, {}},
    {Status_::inactive, Status_::register_inactive, true, Status_::inactive},
    {Status_::active, Status_::active, true, Status_::active},
    {Status_::active, Status_::inactive, true, Status_::inactive},
    {Status_::active, Status_::revoked, true, Status_::revoked},
    {Status_::active, Status_::pending_activation, false, {}},
    {Status_::active, Status_::pending_transfer, false, {}},
    {Status_::active, Status_::register_inactive, true, Status_::inactive},
    {Status_::pending_activation, Status_::active, true, Status_::active},
    {Status_::pending_activation, Status_::inactive, true, Status_::inactive},
    {Status_::pending_activation, Status_::revoked, true, Status_::revoked},
    {Status_::pending_activation, Status_::pending_activation, false, {}},
    {Status_::pending_activation, Status_::pending_transfer, false, {}},
    {Status_::pending_activation, Status_::register_inactive, true, Status_::inactive},
    {Status_::revoked, Status_::active, false, {}},
    {Status_::revoked, Status_::inactive, false, {}},
    {Status_::revoked, Status_::revoked, true, Status_::revoked},
    {Status_::revoked, Status_::pending_activation, false, {}},
    {Status_::revoked, Status_::pending_transfer, false, {}},
    {Status_::revoked, Status_::register_inactive, false, {}},
};

class CertificateTransitions : public RegistryTest, public testing::WithParamInterface<Transition> {
 protected:
  CertificatePtr certificate_with(Status_ status) {
    if (status != Status_::pending_activation) return register_device("d", status);
    const auto ca = new_ca("Factory");
    const auto record = register_active(ca);
    return registry.auto_register(new_device(ca, "d"), *record)->certificate;
  }
};

TEST_P(CertificateTransitions, FollowTheMatrix) {
  const auto& wanted = GetParam();
  const auto before = certificate_with(wanted.from);
  ASSERT_EQ(before->status, wanted.from);
  const auto changed = registry.set_certificate_status(before->id, wanted.to);
  const auto after = *registry.certificate(before->id);
  if (!wanted.allowed) {
    EXPECT_THAT(changed, FailsWith(Errc::certificate_state));
    EXPECT_EQ(after, before);
    return;
  }
  EXPECT_THAT(changed, IsOk());
  EXPECT_EQ(after->status, wanted.result);
  EXPECT_EQ(after->version, wanted.result == wanted.from ? 1 : 2);
}

INSTANTIATE_TEST_SUITE_P(Matrix, CertificateTransitions, testing::ValuesIn(kTransitions),
                         [](const auto& test) {
                           return std::string{to_text(test.param.from)} + "_to_" +
                                  std::string{to_text(test.param.to)};
                         });

class CertificatesWithRevocableRevocation : public RegistryTest {
 protected:
  CertificatesWithRevocableRevocation() : RegistryTest{{.revoked_is_final = false}} {}
};

TEST_F(CertificatesWithRevocableRevocation, RevokedOnesMayComeBack) {  // P2.7, switch revoked_is_final
  const auto id = register_device("d", Status_::revoked)->id;
  EXPECT_THAT(registry.set_certificate_status(id, Status_::active), IsOk());
}

TEST_F(Certificates, StatusChangesAreToldInOrderAndNoOpsAreNot) {
  QueueExecutor events;
  std::string told;
  bus.subscribe<CertificateStatusChanged>(events, [&](const CertificateStatusChanged& e) {
    told += std::string{to_text(e.from)} + ">" + std::string{to_text(e.to)} + " ";
  });
  bus.subscribe<CertificateDeleted>(events, [&](const CertificateDeleted&) { told += "deleted"; });
  const auto id = register_device("d")->id;
  EXPECT_THAT(registry.set_certificate_status(id, Status_::active), IsOk());
  EXPECT_THAT(registry.set_certificate_status(id, Status_::inactive), IsOk());
  EXPECT_THAT(registry.set_certificate_status(id, Status_::revoked), IsOk());
  EXPECT_THAT(registry.delete_certificate(id, false), IsOk());
  events.run();
  EXPECT_EQ(told, "ACTIVE>INACTIVE INACTIVE>REVOKED deleted");
}

TEST_F(Certificates, UnknownOneIsNotFound) {
  const auto id = *CertificateId::parse(std::string(64, '0'));
  EXPECT_THAT(registry.certificate(id), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.set_certificate_status(id, Status_::active), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.delete_certificate(id, true), FailsWith(Errc::not_found));
}

TEST_F(Certificates, ActiveOnesAreNeverDeleted) {  // C.2 line 19, P2.8
  const auto id = register_device("d")->id;
  const auto form = "Certificate must be deactivated (not ACTIVE) before deletion. " + id.hex();
  EXPECT_THAT(registry.delete_certificate(id, false), FailsWith(Errc::certificate_state, form));
  EXPECT_THAT(registry.delete_certificate(id, true), FailsWith(Errc::certificate_state, form));
}

TEST_F(Certificates, AttachedThingStopsDeletionEvenByForce) {  // C.2 line 19
  const auto record = register_device("d", Status_::inactive);
  EXPECT_THAT(registry.create_thing(thing_name("t"), {}), IsOk());
  EXPECT_THAT(registry.attach_thing_principal(thing_name("t"), record->arn), IsOk());
  const auto form = "Things must be detached before deletion (arn: " + record->arn + ")";
  EXPECT_THAT(registry.delete_certificate(record->id, false), FailsWith(Errc::delete_conflict, form));
  EXPECT_THAT(registry.delete_certificate(record->id, true), FailsWith(Errc::delete_conflict, form));
  EXPECT_THAT(registry.detach_thing_principal(thing_name("t"), record->arn), IsOk());
  EXPECT_THAT(registry.delete_certificate(record->id, false), IsOk());
}

TEST_F(Certificates, AttachedPolicyStopsDeletionUnlessForced) {  // C.2 line 19
  const auto record = register_device("d", Status_::revoked);
  EXPECT_THAT(registry.create_policy(policy_name("p"), kAllowAll), IsOk());
  EXPECT_THAT(registry.attach_policy(policy_name("p"), record->arn), IsOk());
  EXPECT_THAT(registry.delete_certificate(record->id, false),
              FailsWith(Errc::delete_conflict,
                        "Certificate policies must be detached before deletion (arn: " + record->arn + ")"));
  EXPECT_THAT(registry.delete_certificate(record->id, true), IsOk());
  EXPECT_TRUE(registry.targets_for_policy(policy_name("p"), {})->items.empty());
  EXPECT_THAT(registry.delete_policy(policy_name("p")), IsOk());
}

TEST_F(Certificates, PendingOnesAreDeletedAndForgottenByTheirCa) {  // P2.8
  const auto ca = new_ca("Factory");
  const auto record = register_active(ca);
  const auto leaf = new_device(ca, "d");
  EXPECT_THAT(registry.auto_register(leaf, *record), IsOk());
  EXPECT_THAT(registry.delete_certificate(leaf.id(), false), IsOk());
  EXPECT_TRUE(registry.list_certificates_by_ca(record->id, {})->items.empty());
  EXPECT_TRUE(registry.auto_register(leaf, *record)->created);
}

TEST_F(Certificates, AreListedInPages) {  // P2.9
  std::set<std::string> expected;
  for (int i = 0; i < 5; ++i) {
    expected.insert(register_device("d" + std::to_string(i))->id.hex());
    clock.advance(std::chrono::milliseconds{1});
  }
  std::set<std::string> seen;
  PageRequest request{.size = 2, .ascending = false};
  do {
    const auto page = registry.list_certificates(request);
    ASSERT_THAT(page, IsOk());
    for (const auto& each : page->items) EXPECT_TRUE(seen.insert(each->id.hex()).second);
    request.marker = page->next_marker;
  } while (!request.marker.empty());
  EXPECT_EQ(seen, expected);
}

/// One CA for all tests: its RSA key takes a while.
std::shared_ptr<ServiceCa> shared_service_ca() {
  static const auto ca = std::make_shared<ServiceCa>();
  return ca;
}

class CreatedCertificates : public RegistryTest {
 protected:
  CreatedCertificates() : RegistryTest{{.service_ca = shared_service_ca()}} {}
};

TEST_F(CreatedCertificates, ComeWithTheirKeyAndTheProfileOfTheService) {  // C.2 line 20, P2.2
  const auto created = registry.create_keys_and_certificate(true);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->certificate->status, Status_::active);
  EXPECT_EQ(created->certificate->mode, CertificateMode::default_mode);
  EXPECT_FALSE(created->certificate->ca_id.has_value());
  EXPECT_TRUE(created->private_key_pem.text().starts_with("-----BEGIN RSA PRIVATE KEY-----"));
  EXPECT_TRUE(created->public_key_pem.starts_with("-----BEGIN PUBLIC KEY-----"));

  const auto certificate = *pki::Certificate::from_pem(created->certificate->pem);
  const auto key = *pki::PrivateKey::from_pem(created->private_key_pem.text());
  EXPECT_EQ(certificate.public_key_der(), key.public_key_der());
  EXPECT_EQ(key.public_pem(), created->public_key_pem);
  EXPECT_EQ(certificate.version(), 3);
  EXPECT_EQ(certificate.key_type(), pki::KeyType::rsa);
  EXPECT_EQ(certificate.key_bits(), 2048);
  EXPECT_EQ(certificate.subject().text(), "CN=AWS IoT Certificate");
  EXPECT_EQ(certificate.issuer().text(),
            "OU=Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US");
  EXPECT_EQ(certificate.serial_hex().size(), 40U);
  EXPECT_EQ(certificate.not_before(), clock.now() - std::chrono::minutes{2});
  EXPECT_EQ(certificate.not_after(),
            Time{std::chrono::sys_days{std::chrono::year{2050} / 1 / 1}} - std::chrono::seconds{1});
  EXPECT_FALSE(certificate.is_ca());
  EXPECT_FALSE(certificate.subject_key_id().empty());
  EXPECT_FALSE(certificate.authority_key_id().empty());
  EXPECT_TRUE(pki::signed_by(certificate, shared_service_ca()->identity(clock.now())->certificate));
}

TEST_F(CreatedCertificates, FromOneRequestTwiceAreTwo) {  // C.2 line 20, P2.3
  const auto key = *pki::PrivateKey::generate(pki::KeyKind::ec_p256);
  const auto csr =
      *pki::make_csr({{.name = "CN", .value = "my device"}, {.name = "O", .value = "Acme"}}, key);
  const auto first = *registry.create_certificate_from_csr(csr, false);
  const auto second = *registry.create_certificate_from_csr(csr, true);
  EXPECT_NE(first->id, second->id);
  EXPECT_EQ(first->status, Status_::inactive);
  EXPECT_EQ(second->status, Status_::active);
  const auto certificate = *pki::Certificate::from_pem(first->pem);
  EXPECT_EQ(certificate.subject().text(), "CN=my device, O=Acme");
  EXPECT_EQ(certificate.public_key_der(), key.public_key_der());
}

TEST_F(CreatedCertificates, NeedAnHonestRequest) {  // P2.3
  EXPECT_THAT(registry.create_certificate_from_csr("junk", false), FailsWith(Errc::invalid_request));
}

}  // namespace
}  // namespace iotemu::registry
