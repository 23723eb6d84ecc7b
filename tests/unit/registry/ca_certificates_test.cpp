#include "registry/events.h"
#include "registry/pki/verify.h"
#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using CaCertificates = RegistryTest;

const std::string kTemplate = R"({ "Resources": { } })";
const std::string kRole = "arn:aws:iam::123456789012:role/jitp";

/// C.1 line 1
TEST_F(CaCertificates, RegistrationCodeIsTheSameUntilItIsDeleted) {
  const auto code = *registry.registration_code();
  EXPECT_EQ(code.size(), 64U);
  EXPECT_EQ(code.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(*registry.registration_code(), code);
  EXPECT_THAT(registry.delete_registration_code(), IsOk());
  EXPECT_NE(*registry.registration_code(), code);
}

TEST_F(CaCertificates, DeletingARegistrationCodeThatWasNeverMadeIsNotFound) {  // P1.1
  EXPECT_THAT(registry.delete_registration_code(), FailsWith(Errc::not_found));
}

TEST_F(CaCertificates, OldRegistrationCodeProvesNothing) {  // C.1 line 1
  const auto ca = new_ca("Factory");
  const auto request = request_for(ca);
  EXPECT_THAT(registry.delete_registration_code(), IsOk());
  EXPECT_THAT(registry.register_ca(request), FailsWith(Errc::registration_code_validation));
  EXPECT_THAT(registry.registration_code(), IsOk());
  EXPECT_THAT(registry.register_ca(request), FailsWith(Errc::registration_code_validation));
}

TEST_F(CaCertificates, RegistrationCodeServesAnyNumberOfCas) {  // P1.1
  EXPECT_THAT(registry.register_ca(request_for(new_ca("One"))), IsOk());
  EXPECT_THAT(registry.register_ca(request_for(new_ca("Two"))), IsOk());
}

TEST_F(CaCertificates, RegisteredByDefaultAsInactiveWithoutAutoRegistration) {  // C.1 line 2
  const auto ca = new_ca("Factory");
  const auto record = *registry.register_ca(request_for(ca));
  EXPECT_EQ(record->id, CertificateId::of_der(ca.certificate.der()));
  EXPECT_EQ(record->arn, "arn:aws:iot:us-east-1:123456789012:cacert/" + record->id.hex());
  EXPECT_EQ(record->status, CaStatus::inactive);
  EXPECT_FALSE(record->auto_registration);
  EXPECT_EQ(record->mode, CertificateMode::default_mode);
  EXPECT_EQ(record->version, 1);
  EXPECT_EQ(record->owned_by, "123456789012");
  EXPECT_EQ(record->created_at, clock.now());
  EXPECT_EQ(record->not_before, kNotBefore);
  EXPECT_EQ(record->not_after, kNotAfter);
  EXPECT_EQ(record->generation_id.size(), 36U);
  EXPECT_EQ(*registry.ca(record->id), record);
}

TEST_F(CaCertificates, FlagsMakeItActiveAndEnabled) {  // C.1 line 3
  const auto record = register_active(new_ca("Factory"));
  EXPECT_EQ(record->status, CaStatus::active);
  EXPECT_TRUE(record->auto_registration);
}

TEST_F(CaCertificates, VerificationCertificateMustComeFromTheSameKey) {  // C.1 line 4
  const auto ca = new_ca("Factory");
  const auto impostor = new_ca("Factory");
  auto request = request_for(impostor);
  request.ca_pem = ca.certificate.pem();
  EXPECT_THAT(registry.register_ca(request),
              FailsWith(Errc::certificate_validation, "not signed with the key"));
  request = request_for(new_ca("Other"));
  request.ca_pem = ca.certificate.pem();
  EXPECT_THAT(registry.register_ca(request), FailsWith(Errc::certificate_validation, "issuer 'CN=Other'"));
  request.verification_pem = "junk";
  EXPECT_THAT(registry.register_ca(request), FailsWith(Errc::certificate_validation));
}

TEST_F(CaCertificates, VerificationCertificateMustNameTheCode) {  // C.1 line 4, P1.2 check 8
  const auto ca = new_ca("Factory");
  auto request = request_for(ca);
  request.verification_pem =
      pki::verification_certificate(std::string(64, '0'), ca, kNotBefore, kNotAfter)->pem();
  EXPECT_THAT(registry.register_ca(request), FailsWith(Errc::registration_code_validation));
}

TEST_F(CaCertificates, CodeIsComparedWithoutLetterCase) {  // P1.2 check 8
  const auto ca = new_ca("Factory");
  auto request = request_for(ca);
  auto code = *registry.registration_code();
  for (auto& c : code) c = static_cast<char>(std::toupper(c));
  request.verification_pem = pki::verification_certificate(code, ca, kNotBefore, kNotAfter)->pem();
  EXPECT_THAT(registry.register_ca(request), IsOk());
}

TEST_F(CaCertificates, VerificationCertificateMayBeVersionOneOrACaOrHaveMoreNames) {  // C.1 line 10
  const auto code = *registry.registration_code();
  const auto verified_by = [&](pki::Profile profile) {
    const auto ca = new_ca("Factory");
    return registry.register_ca(
        {.ca_pem = ca.certificate.pem(), .verification_pem = pki::issue(profile, ca)->certificate.pem()});
  };
  auto version_one = pki::device_profile({{.name = "CN", .value = code}}, kNotBefore, kNotAfter);
  version_one.version = 1;
  EXPECT_THAT(verified_by(version_one), IsOk());
  EXPECT_THAT(verified_by(pki::ca_profile({{.name = "CN", .value = code}}, kNotBefore, kNotAfter, 0)),
              IsOk());
  EXPECT_THAT(verified_by(pki::device_profile({{.name = "C", .value = "US"},
                                               {.name = "O", .value = "Acme"},
                                               {.name = "CN", .value = code},
                                               {.name = "CN", .value = "second"}},
                                              kNotBefore, kNotAfter)),
              IsOk());
}

TEST_F(CaCertificates, VerificationCertificateMustBeInItsWindow) {  // P1.2 check 7
  const auto ca = new_ca("Factory");
  auto request = request_for(ca);
  request.verification_pem = pki::verification_certificate(*registry.registration_code(), ca, kNotBefore,
                                                           clock.now() - std::chrono::days{1})
                                 ->pem();
  EXPECT_THAT(registry.register_ca(request), FailsWith(Errc::certificate_validation, "expired"));
}

TEST_F(CaCertificates, ModeSaysWhetherAVerificationCertificateIsNeeded) {  // C.1 line 5
  const auto ca = new_ca("Factory");
  auto request = request_for(ca);
  auto without = request;
  without.verification_pem.clear();
  EXPECT_THAT(registry.register_ca(without), FailsWith(Errc::invalid_request));
  request.mode = CertificateMode::sni_only;
  EXPECT_THAT(registry.register_ca(request), FailsWith(Errc::invalid_request));
  without.mode = CertificateMode::sni_only;
  EXPECT_THAT(registry.register_ca(without), IsOk());
}

TEST_F(CaCertificates, MustBeACaByItsBasicConstraints) {  // C.1 line 6
  auto profile = pki::ca_profile({{.name = "CN", .value = "Factory"}}, kNotBefore, kNotAfter);
  profile.basic_constraints = pki::BasicConstraints{.ca = false};
  EXPECT_THAT(registry.register_ca(request_for(*pki::make_ca(profile))),
              FailsWith(Errc::certificate_validation, "basicConstraints extension as true"));
  profile.basic_constraints.reset();
  EXPECT_THAT(registry.register_ca(request_for(*pki::make_ca(profile))),
              FailsWith(Errc::certificate_validation, "basicConstraints extension as true"));
  profile.version = 1;
  EXPECT_THAT(registry.register_ca(request_for(*pki::make_ca(profile))),
              FailsWith(Errc::certificate_validation, "basicConstraints extension as true"));
}

TEST_F(CaCertificates, MustBeInItsWindow) {  // P1.2 check 5
  const auto ca_valid = [](Time from, Time to) {
    return *pki::make_ca(pki::ca_profile({{.name = "CN", .value = "Factory"}}, from, to));
  };
  const auto now = clock.now();
  EXPECT_THAT(registry.register_ca(request_for(ca_valid(kNotBefore, now - std::chrono::seconds{1}))),
              FailsWith(Errc::certificate_validation, "CA certificate has expired"));
  EXPECT_THAT(registry.register_ca(request_for(ca_valid(now + std::chrono::seconds{1}, kNotAfter))),
              FailsWith(Errc::certificate_validation, "CA certificate is not yet valid"));
  EXPECT_THAT(registry.register_ca(request_for(ca_valid(now, now))), IsOk());
}

TEST_F(CaCertificates, ReadsTheFirstBlockAndIgnoresTextAround) {  // P1.2 check 3
  const auto ca = new_ca("Factory");
  auto request = request_for(ca);
  request.ca_pem = "Certificate:\n  Data:\n" + ca.certificate.pem() + new_ca("Second").certificate.pem();
  const auto record = *registry.register_ca(request);
  EXPECT_EQ(record->id, ca.certificate.id());
  EXPECT_EQ(record->pem, ca.certificate.pem());
}

TEST_F(CaCertificates, SameDerInAnotherLayoutAlreadyExists) {  // C.1 line 7
  const auto ca = new_ca("Factory");
  auto request = request_for(ca);
  const auto record = *registry.register_ca(request);
  std::string windows;
  for (const char c : request.ca_pem) windows += c == '\n' ? std::string{"\r\n"} : std::string{c};
  request.ca_pem = windows;
  const auto again = registry.register_ca(request);
  ASSERT_THAT(again, FailsWith(Errc::already_exists));
  EXPECT_EQ(again.error().resource_id, record->id.hex());
  EXPECT_EQ(again.error().resource_arn, record->arn);
}

TEST_F(CaCertificates, TenMayShareASubject) {  // C.1 line 8
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(registry.register_ca(request_for(new_ca("Factory"))), IsOk());
  }
  EXPECT_THAT(
      registry.register_ca(request_for(new_ca("Factory"))),
      FailsWith(Errc::limit_exceeded, "Limit reached for number of CA Certificates with same subject"));
  EXPECT_THAT(registry.register_ca(request_for(new_ca("Another"))), IsOk());
}

TEST_F(CaCertificates, IntermediateIsRegisteredAloneAndItsLeavesRegister) {  // C.1 line 9
  const auto root = new_ca("Root");
  const auto intermediate =
      *pki::issue(pki::ca_profile({{.name = "CN", .value = "Line 3"}}, kNotBefore, kNotAfter, 0), root);
  const auto record = register_active(intermediate);
  const auto leaf = *registry.register_certificate({.pem = new_device(intermediate, "d1").pem()});
  EXPECT_EQ(leaf->ca_id, record->id);
}

TEST_F(CaCertificates, ActiveOneCannotBeDeleted) {  // C.1 line 11
  const auto ca = new_ca("Factory");
  const auto record = register_active(ca);
  const auto leaf = *registry.register_certificate({.pem = new_device(ca, "d1").pem()});
  EXPECT_THAT(registry.delete_ca(record->id), FailsWith(Errc::certificate_state));
  EXPECT_THAT(registry.update_ca(record->id, {.status = CaStatus::inactive}), IsOk());
  EXPECT_THAT(registry.delete_ca(record->id), IsOk());
  EXPECT_THAT(registry.ca(record->id), FailsWith(Errc::not_found));
  EXPECT_THAT(registry.delete_ca(record->id), FailsWith(Errc::not_found));
  EXPECT_EQ((*registry.certificate(leaf->id))->ca_id, record->id);  // P1.6: leaves stay

  EXPECT_THAT(registry.register_ca(request_for(ca)), IsOk());
  const auto leaves = registry.list_certificates_by_ca(record->id, {});
  ASSERT_EQ(leaves->items.size(), 1U);
  EXPECT_EQ(leaves->items[0]->id, leaf->id);
}

TEST_F(CaCertificates, UpdateChangesEachMemberAlone) {  // C.1 line 12
  const auto id = (*registry.register_ca(request_for(new_ca("Factory"))))->id;
  const auto record = [&] { return *registry.ca(id); };
  clock.advance(std::chrono::seconds{5});

  EXPECT_THAT(registry.update_ca(id, {.status = CaStatus::active}), IsOk());
  EXPECT_EQ(record()->status, CaStatus::active);
  EXPECT_FALSE(record()->auto_registration);
  EXPECT_EQ(record()->version, 2);
  EXPECT_EQ(record()->changed_at, clock.now());

  EXPECT_THAT(registry.update_ca(id, {.auto_registration = true}), IsOk());
  EXPECT_TRUE(record()->auto_registration);

  const RegistrationConfig config{.template_body = kTemplate, .role_arn = kRole};
  EXPECT_THAT(registry.update_ca(id, {.registration_config = config}), IsOk());
  EXPECT_EQ(record()->registration_config, config);
  EXPECT_EQ(record()->version, 4);

  EXPECT_THAT(registry.update_ca(id, {.remove_auto_registration = true}), IsOk());
  EXPECT_FALSE(record()->registration_config.has_value());
  EXPECT_FALSE(record()->auto_registration);
  EXPECT_EQ(record()->status, CaStatus::active);
}

TEST_F(CaCertificates, UpdateMayChangeSeveralMembersAtOnce) {  // C.1 line 12
  const auto id = (*registry.register_ca(request_for(new_ca("Factory"))))->id;
  EXPECT_THAT(registry.update_ca(id, {.status = CaStatus::active,
                                      .auto_registration = true,
                                      .registration_config = RegistrationConfig{.template_body = kTemplate}}),
              IsOk());
  const auto record = *registry.ca(id);
  EXPECT_EQ(record->status, CaStatus::active);
  EXPECT_TRUE(record->auto_registration);
  EXPECT_TRUE(record->registration_config.has_value());
  EXPECT_EQ(record->version, 2);
}

TEST_F(CaCertificates, UpdateWithNothingNewChangesNothing) {  // P1.5
  const auto before = register_active(new_ca("Factory"));
  EXPECT_THAT(registry.update_ca(before->id, {}), IsOk());
  EXPECT_THAT(registry.update_ca(before->id, {.status = CaStatus::active}), IsOk());
  EXPECT_EQ(*registry.ca(before->id), before);
}

TEST_F(CaCertificates, UpdateRefusesRemovingAndSettingAConfigTogether) {  // P1.5
  const auto id = register_active(new_ca("Factory"))->id;
  EXPECT_THAT(registry.update_ca(id, {.registration_config = RegistrationConfig{.template_body = kTemplate},
                                      .remove_auto_registration = true}),
              FailsWith(Errc::invalid_request));
  EXPECT_THAT(registry.update_ca(*CertificateId::parse(std::string(64, '0')), {}),
              FailsWith(Errc::not_found));
}

TEST_F(CaCertificates, RegisterInactiveIsNoStatusOfACa) {  // C.1 line 12
  EXPECT_FALSE(parse_ca_status("REGISTER_INACTIVE").has_value());
  EXPECT_EQ(parse_ca_status("INACTIVE"), CaStatus::inactive);
}

TEST_F(CaCertificates, TemplateBodyIsKeptByteForByte) {  // C.1 line 13
  auto request = request_for(new_ca("Factory"));
  const std::string body = "{\n\t\"Resources\" : {},  \"x\":1.0 }";
  request.registration_config = RegistrationConfig{.template_body = body, .role_arn = kRole};
  const auto record = *registry.register_ca(request);
  EXPECT_EQ((*registry.ca(record->id))->registration_config->template_body, body);
}

TEST_F(CaCertificates, RegistrationConfigIsATemplateOrTheNameOfOne) {  // P1.3
  struct Case {
    RegistrationConfig config{};
    Errc expected{};
  };
  const Case cases[] = {
      {{.template_body = kTemplate, .template_name = "t"}, Errc::invalid_request},
      {{.template_name = "missing"}, Errc::not_found},
      {{.role_arn = kRole}, Errc::invalid_request},
      {{.template_body = "not json"}, Errc::invalid_request},
      {{.template_body = "[]"}, Errc::invalid_request},
      {{.template_body = "{}"}, Errc::invalid_request},
      {{.template_body = R"({"Resources": 5})"}, Errc::invalid_request},
  };
  const auto ca = new_ca("Factory");
  for (const auto& each : cases) {
    auto request = request_for(ca);
    request.registration_config = each.config;
    EXPECT_THAT(registry.register_ca(request), FailsWith(each.expected)) << each.config.template_body;
  }
}

TEST_F(CaCertificates, ChecksComeInTheDocumentedOrder) {  // P1.2
  // Everything is wrong at once; each repair uncovers the next check.
  const auto ca = new_ca("Factory");
  const auto stranger = new_ca("Factory");
  RegisterCa request{.ca_pem = "junk", .mode = CertificateMode::default_mode};
  request.registration_config = RegistrationConfig{.template_name = "missing"};
  EXPECT_THAT(registry.register_ca(request),
              FailsWith(Errc::invalid_request, "verificationCertificate"));  // 2
  request.verification_pem =
      pki::verification_certificate("wrong code", stranger, kNotBefore, kNotAfter)->pem();
  EXPECT_THAT(registry.register_ca(request),
              FailsWith(Errc::certificate_validation, "CERTIFICATE block"));  // 3
  request.ca_pem = new_device(ca, "d").pem();
  EXPECT_THAT(registry.register_ca(request),
              FailsWith(Errc::certificate_validation, "basicConstraints"));  // 4
  request.ca_pem = ca.certificate.pem();
  EXPECT_THAT(registry.register_ca(request), FailsWith(Errc::certificate_validation, "not signed"));  // 7
  request.verification_pem = pki::verification_certificate("wrong code", ca, kNotBefore, kNotAfter)->pem();
  EXPECT_THAT(registry.register_ca(request), FailsWith(Errc::registration_code_validation));  // 8
  EXPECT_THAT(registry.register_ca(request_for(ca)), IsOk());
  request.verification_pem = request_for(ca).verification_pem;
  EXPECT_THAT(registry.register_ca(request), FailsWith(Errc::already_exists));  // 9
  for (int i = 0; i < 9; ++i) EXPECT_THAT(registry.register_ca(request_for(new_ca("Factory"))), IsOk());
  auto eleventh = request_for(stranger);
  eleventh.registration_config = request.registration_config;
  EXPECT_THAT(registry.register_ca(eleventh), FailsWith(Errc::limit_exceeded));  // 11
}

TEST_F(CaCertificates, AreListedByCreationAndByTemplate) {  // C.1 line 14
  const auto first = register_active(new_ca("One"));
  clock.advance(std::chrono::seconds{1});
  const auto second = register_active(new_ca("Two"));
  const auto newest = registry.list_cas({.size = 1, .ascending = false});
  ASSERT_EQ(newest->items.size(), 1U);
  EXPECT_EQ(newest->items[0], second);
  const auto rest = registry.list_cas({.size = 1, .marker = newest->next_marker, .ascending = false});
  ASSERT_EQ(rest->items.size(), 1U);
  EXPECT_EQ(rest->items[0], first);
  EXPECT_EQ(rest->next_marker, "");
  EXPECT_THAT(registry.list_cas({.marker = "bad"}), FailsWith(Errc::invalid_request));
  EXPECT_TRUE(registry.list_cas({}, "no-such-template")->items.empty());
}

TEST_F(CaCertificates, UnknownOneSignedNothing) {  // P1.7
  const auto page = registry.list_certificates_by_ca(*CertificateId::parse(std::string(64, '0')), {});
  ASSERT_THAT(page, IsOk());
  EXPECT_TRUE(page->items.empty());
}

TEST_F(CaCertificates, StatusChangesAndDeletionsAreTold) {
  QueueExecutor events;
  std::string told;
  bus.subscribe<CaStatusChanged>(events, [&](const CaStatusChanged& e) {
    told += std::string{to_text(e.from)} + ">" + std::string{to_text(e.to)} + " ";
  });
  bus.subscribe<CaDeleted>(events, [&](const CaDeleted&) { told += "deleted"; });
  const auto id = register_active(new_ca("Factory"))->id;
  EXPECT_THAT(registry.update_ca(id, {.status = CaStatus::inactive}), IsOk());
  EXPECT_THAT(registry.delete_ca(id), IsOk());
  events.run();
  EXPECT_EQ(told, "ACTIVE>INACTIVE deleted");
}

TEST_F(CaCertificates, TagsAreCheckedWhenGiven) {  // P1.8, P8.8
  auto request = request_for(new_ca("Factory"));
  request.tags = {{"aws:owner", "x"}};
  EXPECT_THAT(registry.register_ca(request), FailsWith(Errc::invalid_request, "reserved"));
  request.tags = {{"owner", "x"}};
  EXPECT_EQ((*registry.register_ca(request))->tags, request.tags);
}

struct OtherAccounts final : Neighbours {
  bool certificate_owned_elsewhere(const Realm&, const CertificateId& id) const override {
    return id == owned;
  }
  bool ca_owned_elsewhere(const Realm&, const CertificateId& id) const override { return id == owned; }
  bool domain_owned_elsewhere(const Realm&, std::string_view) const override { return false; }
  CertificateId owned{};
};

class CaCertificatesAmongAccounts : public RegistryTest {
 protected:
  explicit CaCertificatesAmongAccounts(
      std::shared_ptr<OtherAccounts> others = std::make_shared<OtherAccounts>())
      : RegistryTest{{}, others.get()}, others_{std::move(others)} {}
  std::shared_ptr<OtherAccounts> others_;
};

TEST_F(CaCertificatesAmongAccounts, DefaultModeHasOneOwnerPerRegion) {  // P1.2 check 10
  const auto ca = new_ca("Factory");
  others_->owned = ca.certificate.id();
  EXPECT_THAT(registry.register_ca(request_for(ca)),
              FailsWith(Errc::invalid_request, "Cannot accept this CACertificate"));
  EXPECT_THAT(registry.register_ca({.ca_pem = ca.certificate.pem(), .mode = CertificateMode::sni_only}),
              IsOk());
}

TEST_F(CaCertificatesAmongAccounts, DeviceCertificateOfAnotherAccountIsRefused) {  // P2.4
  const auto ca = new_ca("Factory");
  register_active(ca);
  const auto leaf = new_device(ca, "d1");
  others_->owned = leaf.id();
  EXPECT_THAT(registry.register_certificate({.pem = leaf.pem()}),
              FailsWith(Errc::invalid_request, "This request is not valid"));
}

}  // namespace
}  // namespace iotemu::registry
