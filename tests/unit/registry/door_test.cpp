#include <span>

#include "tests/unit/registry/registry_fixture.h"

namespace iotemu::registry {
namespace {

using Verdict = IssuerCandidate::Verdict;
using Door = RegistryTest;

TEST_F(Door, FindsTheRegisteredIssuer) {  // P3.4 step 4
  const auto ca = new_ca("Factory");
  const auto record = register_active(ca);
  const auto search = registry.find_issuer(new_device(ca, "d"), {});
  EXPECT_EQ(search.chosen, record);
  ASSERT_EQ(search.candidates.size(), 1U);
  EXPECT_EQ(search.candidates[0].verdict, Verdict::chosen);
  EXPECT_EQ(search.why_none, "");
}

TEST_F(Door, IssuerNameMayDifferInLetterCaseAndSpaces) {  // P3.4 step 4: normalised compare
  const auto ca = new_ca("Acme Factory");
  const auto record = register_active(ca);
  const auto name =
      *pki::encode_name({{.name = "CN", .value = " ACME  factory", .type = pki::StringType::printable}});
  const auto key = *pki::PrivateKey::generate(pki::KeyKind::ec_p256);
  const auto profile = pki::device_profile({{.name = "CN", .value = "d"}}, kNotBefore, kNotAfter);
  const auto leaf = *pki::Certificate::from_der(
      *pki::sign_der(profile, key.public_key_der(), {.name_der = name, .key_id = {}, .key = ca.key}));
  EXPECT_EQ(registry.find_issuer(leaf, {}).chosen, record);
}

TEST_F(Door, SaysWhichCaIsMissing) {  // P3.5 row 2
  const auto search = registry.find_issuer(new_device(loose_ca, "d"), {});
  EXPECT_EQ(search.chosen, nullptr);
  EXPECT_THAT(search.why_none, testing::HasSubstr("no CA certificate with the subject 'CN=Nobody knows me'"));
}

TEST_F(Door, SameNameWithAnotherKeyIsNoIssuer) {  // P3.5 row 19
  register_active(new_ca("Factory"));
  const auto search = registry.find_issuer(new_device(new_ca("Factory"), "d"), {});
  EXPECT_EQ(search.chosen, nullptr);
  ASSERT_EQ(search.candidates.size(), 1U);
  EXPECT_EQ(search.candidates[0].verdict, Verdict::signature_differs);
  EXPECT_THAT(search.why_none, testing::HasSubstr("has another key"));
}

TEST_F(Door, RegisteredRootIsNoIssuerOfALeafBelowItsIntermediate) {  // P3.3, C.3 line 47
  const auto root = new_ca("Root");
  const auto intermediate =
      *pki::issue(pki::ca_profile({{.name = "CN", .value = "Line 3"}}, kNotBefore, kNotAfter), root);
  register_active(root);
  const auto leaf = new_device(intermediate, "d");
  const pki::Certificate chain[] = {leaf, intermediate.certificate, root.certificate};
  const auto search = registry.find_issuer(leaf, chain);
  EXPECT_EQ(search.chosen, nullptr);
  EXPECT_THAT(search.why_none, testing::HasSubstr("'CN=Root' from the sent chain is registered, but only the "
                                                  "direct issuer counts"));
}

TEST_F(Door, CaCertificateIsNoDeviceOfItself) {  // P3.5 row 23
  const auto ca = new_ca("Factory");
  register_active(ca);
  const auto search = registry.find_issuer(ca.certificate, {});
  EXPECT_EQ(search.chosen, nullptr);
  ASSERT_EQ(search.candidates.size(), 1U);
  EXPECT_EQ(search.candidates[0].verdict, Verdict::is_the_certificate_itself);
}

/// Two registered CAs with one subject and one key: a renewed CA.
class DoorWithRenewedCa : public RegistryTest {
 protected:
  pki::Identity make(const pki::Profile& wanted) { return {*pki::self_sign(wanted, key), key}; }

  pki::Profile profile = pki::ca_profile({{.name = "CN", .value = "Factory"}}, kNotBefore, kNotAfter);
  pki::PrivateKey key = *pki::PrivateKey::generate(pki::KeyKind::ec_p256);
  pki::Identity old_ca = make(profile);
  pki::Identity renewed = make(profile);
};

TEST_F(DoorWithRenewedCa, SentCaDecides) {  // P3.4 step 4
  register_active(old_ca);
  const auto record = register_active(renewed, false);
  const auto leaf = new_device(old_ca, "d");
  const pki::Certificate chain[] = {leaf, renewed.certificate};
  EXPECT_EQ(registry.find_issuer(leaf, chain).chosen, record);
}

TEST_F(DoorWithRenewedCa, ElseTheOneThatIsActiveAndEnabled) {  // P3.4 step 4
  register_active(old_ca, false);
  const auto record = register_active(renewed);
  const auto search = registry.find_issuer(new_device(old_ca, "d"), {});
  EXPECT_EQ(search.chosen, record);
  EXPECT_EQ(search.candidates[0].verdict, Verdict::not_preferred);
}

TEST_F(DoorWithRenewedCa, ElseTheOldest) {  // P3.4 step 4
  const auto record = *registry.register_ca(request_for(old_ca));
  EXPECT_THAT(registry.register_ca(request_for(renewed)), IsOk());
  EXPECT_EQ(registry.find_issuer(new_device(old_ca, "d"), {}).chosen, record);
}

TEST_F(DoorWithRenewedCa, KeyIdentifierDecidesOnlyBetweenSeveral) {  // P3.4 step 4
  auto odd = profile;
  odd.key_identifiers = false;
  odd.extensions = {{.oid = "2.5.29.14", .der = std::string{"\x04\x02\x01\x02", 4}}};
  const auto other_id = make(odd);
  const auto odd_record = register_active(other_id);
  const auto leaf = new_device(old_ca, "d");  // names the usual identifier
  EXPECT_EQ(registry.find_issuer(leaf, {}).chosen, odd_record);
  const auto usual_record = register_active(old_ca);
  const auto search = registry.find_issuer(leaf, {});
  EXPECT_EQ(search.chosen, usual_record);
  EXPECT_EQ(search.candidates[0].verdict, Verdict::key_id_differs);
}

TEST_F(Door, FollowsUpdatesAndDeletionsOfCas) {
  const auto ca = new_ca("Factory");
  const auto id = register_active(ca)->id;
  const auto leaf = new_device(ca, "d");
  EXPECT_THAT(registry.update_ca(id, {.status = CaStatus::inactive}), IsOk());
  EXPECT_EQ(registry.find_issuer(leaf, {}).chosen->status, CaStatus::inactive);
  EXPECT_THAT(registry.delete_ca(id), IsOk());
  EXPECT_EQ(registry.find_issuer(leaf, {}).chosen, nullptr);
}

TEST_F(Door, AutoRegistrationCreatesOnePendingRecord) {  // P3.4 step 5
  const auto ca = new_ca("Factory");
  const auto record = register_active(ca);
  const auto leaf = new_device(ca, "d");
  const auto first = *registry.auto_register(leaf, *record);
  EXPECT_TRUE(first.created);
  EXPECT_EQ(first.certificate->status, CertificateStatus::pending_activation);
  EXPECT_EQ(first.certificate->ca_id, record->id);
  EXPECT_EQ(first.certificate->mode, record->mode);
  EXPECT_EQ(first.certificate->pem, leaf.pem());
  const auto again = *registry.auto_register(leaf, *record);
  EXPECT_FALSE(again.created);
  EXPECT_EQ(again.certificate, first.certificate);
}

TEST_F(Door, AutoRegistrationStopsWhenTheCaHasJustClosed) {
  const auto ca = new_ca("Factory");
  const auto seen = register_active(ca);
  EXPECT_THAT(registry.update_ca(seen->id, {.auto_registration = false}), IsOk());
  EXPECT_THAT(registry.auto_register(new_device(ca, "d"), *seen), FailsWith(Errc::certificate_state));
}

TEST_F(Door, ViewHoldsWhatAVerdictNeeds) {
  const auto record = register_device("d");
  EXPECT_THAT(registry.create_policy(policy_name("p"), kAllowAll), IsOk());
  EXPECT_THAT(registry.attach_policy(policy_name("p"), record->arn), IsOk());
  EXPECT_THAT(registry.create_thing(thing_name("t"), {.attributes = {{"line", "3"}}}), IsOk());
  EXPECT_THAT(registry.attach_thing_principal(thing_name("t"), record->arn, ThingPrincipalType::exclusive),
              IsOk());
  const auto view = registry.principal_view(record->id);
  ASSERT_NE(view, nullptr);
  EXPECT_EQ(view->certificate, record);
  ASSERT_EQ(view->policies.size(), 1U);
  EXPECT_EQ(view->policies[0].name, "p");
  EXPECT_NE(view->policies[0].document, nullptr);
  ASSERT_EQ(view->things.size(), 1U);
  EXPECT_EQ(view->things[0].thing->attributes.at("line"), "3");
  EXPECT_EQ(view->things[0].type, ThingPrincipalType::exclusive);
  EXPECT_EQ(registry.principal_view(*CertificateId::parse(std::string(64, '0'))), nullptr);
}

TEST_F(Door, GenerationMovesWithEverythingThatCanChangeAVerdict) {
  const auto record = register_device("d", CertificateStatus::inactive);
  EXPECT_THAT(registry.create_policy(policy_name("p"), kAllowAll), IsOk());
  EXPECT_THAT(registry.create_thing(thing_name("t"), {}), IsOk());
  auto last = registry.generation();
  const auto moved = [&] { return std::exchange(last, registry.generation()) != last; };

  EXPECT_THAT(registry.create_policy_version(policy_name("p"), kAllowAll, false), IsOk());
  EXPECT_FALSE(moved());
  EXPECT_THAT(registry.update_thing(thing_name("t"), {}), IsOk());
  EXPECT_FALSE(moved()) << "nobody is attached yet";

  EXPECT_THAT(registry.set_certificate_status(record->id, CertificateStatus::active), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.attach_policy(policy_name("p"), record->arn), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.attach_policy(policy_name("p"), record->arn), IsOk());
  EXPECT_FALSE(moved()) << "attached already";
  EXPECT_THAT(registry.set_default_policy_version(policy_name("p"), 2), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.create_policy_version(policy_name("p"), kAllowAll, true), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.attach_thing_principal(thing_name("t"), record->arn), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.update_thing(thing_name("t"), {}), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.detach_thing_principal(thing_name("t"), record->arn), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.detach_policy(policy_name("p"), record->arn), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.set_certificate_status(record->id, CertificateStatus::revoked), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.delete_certificate(record->id, false), IsOk());
  EXPECT_TRUE(moved());
  EXPECT_THAT(registry.reset(true), IsOk());
  EXPECT_TRUE(moved());
}

TEST_F(Door, OwnershipMeansDefaultModeOnly) {  // P0.2
  const auto ca = new_ca("Factory");
  const auto record = register_active(ca);
  const auto leaf = new_device(ca, "d");
  EXPECT_THAT(registry.auto_register(leaf, *record), IsOk());
  EXPECT_TRUE(registry.owns_ca(record->id));
  EXPECT_TRUE(registry.owns_certificate(leaf.id()));
  EXPECT_FALSE(registry.owns_certificate(register_device("sni only")->id));
  EXPECT_FALSE(registry.owns_ca(leaf.id()));
}

}  // namespace
}  // namespace iotemu::registry
