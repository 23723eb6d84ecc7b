// Fleet provisioning over MQTT (P6.1–6.4, appendix C.6): from a claim to a device of its own.

#include "registry/pki/csr.h"
#include "registry/pki/keys.h"
#include "tests/support/fleet_test.h"

namespace iotemu::tests {
namespace {

namespace pki = registry::pki;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class FleetProvisioning : public FleetTest {};

std::string encoded(const Json& value, const std::string& format) {
  return format == "json" ? value.dump() : to_cbor(value);
}

// P6.2, P6.3: the whole story, in both formats and at both QoS.
TEST_F(FleetProvisioning, DeviceWithAClaimBecomesADeviceOfItsOwn) {
  create_template("fleet");
  Device claim = claimant("claim");
  for (const std::string format : {"json", "cbor"}) {
    const auto created = ask(claim, kCreate + format, format == "json" ? "{}" : "", format == "json" ? 0 : 1);
    ASSERT_TRUE(created && created->accepted) << emu.explain(claim);
    EXPECT_EQ(created->qos, 1) << "the subscriber's";
    EXPECT_THAT(created->payload, SizeIs(4));
    EXPECT_THAT(created->text("privateKey"), StartsWith("-----BEGIN RSA PRIVATE KEY-----"));
    EXPECT_GT(created->text("certificateOwnershipToken").size(), 200U);
    EXPECT_EQ(status_of(created->text("certificateId")), "PENDING_ACTIVATION");

    const auto provisioned =
        ask(claim, provision_topic("fleet") + format, encoded(provision_request(*created, format), format));
    ASSERT_TRUE(provisioned && provisioned->accepted) << emu.explain(claim);
    EXPECT_EQ(provisioned->payload,
              (Json{{"deviceConfiguration", Json::object()}, {"thingName", "sensor-" + format}}));
    EXPECT_EQ(status_of(created->text("certificateId")), "ACTIVE");
    Device device = device_of(*created);
    EXPECT_THAT(device.connect({.client_id = "sensor-" + format}), Accepted());
    EXPECT_THAT(emu.api("ListPrincipalThings",
                        {{"principal", arn("cert/" + created->text("certificateId"))}})["things"],
                ElementsAre("sensor-" + format));
  }
  EXPECT_TRUE(claim.is_connected()) << "the claim is untouched and can be used again";
}

TEST_F(FleetProvisioning, SignsTheRequestOfADeviceThatKeepsItsKey) {
  create_template("fleet");
  Device claim = claimant("claim");
  const auto key = *pki::PrivateKey::generate(pki::KeyKind::ec_p256);
  const std::string csr = *pki::make_csr({{.name = "CN", .value = "own key"}}, key);
  for (const std::string format : {"json", "cbor"}) {
    const auto created =
        ask(claim, kCreateFromCsr + format, encoded({{"certificateSigningRequest", csr}}, format));
    ASSERT_TRUE(created && created->accepted) << emu.explain(claim);
    EXPECT_THAT(created->payload, SizeIs(3)) << "no key";
    EXPECT_THAT(provision(claim, provision_request(*created, format)), IsAccepted());
    EXPECT_THAT(device_of(*created, key.private_pem().text()).connect(), Accepted())
        << "under its own subject";
  }
}

// P6.2: such a certificate is the service's own and is listed.
TEST_F(FleetProvisioning, CertificateWithoutTemplateIsListedAsPendingAndHasNoCa) {
  Device claim = claimant("claim");
  const FleetAnswer created = create_certificate(claim);
  const Json described = emu.api(
      "DescribeCertificate", {{"certificateId", created.text("certificateId")}})["certificateDescription"];
  EXPECT_EQ(described["status"], "PENDING_ACTIVATION");
  EXPECT_EQ(described["certificateMode"], "DEFAULT");
  EXPECT_FALSE(described.contains("caCertificateId"));
  EXPECT_EQ(described["validity"]["notAfter"], 2524607999.0);
  EXPECT_THAT(emu.api("ListCertificates")["certificates"].dump(), HasSubstr(created.text("certificateId")));
}

// P3.5 row 9.
TEST_F(FleetProvisioning, CertificateWithoutTemplateIsRefusedAndKnocksAtNobody) {
  const Recorder events = emu.record("$aws/events/certificates/registered/#");
  int called = 0;
  emu.on_certificate_registered([&](const CertificateRegistered&) { ++called; });
  Device claim = claimant("claim");
  Device device = device_of(create_certificate(claim));
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_THAT(emu.explain(device), HasSubstr("no template has provisioned it (P3.5 row 9)"));
  EXPECT_THAT(emu.explain(device), HasSubstr("$aws/provisioning-templates/NAME/provision/json"));
  EXPECT_THAT(events.messages(), IsEmpty());
  EXPECT_EQ(called, 0);
}

// P6.1: over the connection that asked; a request goes to no subscriber.
TEST_F(FleetProvisioning, RepliesReachTheConnectionThatAskedAndNobodyElse) {
  create_template("fleet");
  Device claim = claimant("claim");
  Device listener = active_device("listener");
  connect(listener);
  subscribe_to_replies(listener);
  ASSERT_THAT(listener.subscribe("$aws/#"), Accepted());
  provision(claim, provision_request(create_certificate(claim)));
  provision(claim, Json::object());
  EXPECT_THAT(listener.messages(),
              Not(::testing::Contains(::testing::Field(
                  &ReceivedMessage::topic, ::testing::AnyOf(StartsWith("$aws/certificates/"),
                                                            StartsWith("$aws/provisioning-templates/"))))));
}

TEST_F(FleetProvisioning, NothingIsKeptForWhoSubscribesLate) {
  Device device = active_device("late");
  connect(device, {.clean_session = false});
  ASSERT_THAT(device.publish(kCreate + "json", "", 1), Accepted());
  emu.settle();
  subscribe_to_replies(device);
  EXPECT_THAT(device.messages(), IsEmpty());
  device.disconnect();
  connect(device, {.clean_session = false});
  EXPECT_THAT(device.messages(), IsEmpty());
}

// P6.1: the next device with the same claim and the same client id must not get the key.
TEST_F(FleetProvisioning, ReplyThatWasNotAcknowledgedIsNotRepeatedToTheNextConnection) {
  Device claim = active_device("claim");
  connect(claim, {.client_id = "unit", .clean_session = false, .acknowledge = false});
  subscribe_to_replies(claim);
  ASSERT_TRUE(ask(claim, kCreate + "json", "")->accepted);
  claim.drop();
  connect(claim, {.client_id = "unit", .clean_session = false});
  ASSERT_TRUE(emu.advance(std::chrono::seconds{10}));
  EXPECT_THAT(claim.messages(), IsEmpty());
  EXPECT_EQ(ask(claim, kCreate + "json", "{]")->code(), "InvalidPayload") << "the session is still the same";
}

// What was asked before a reset leaves nothing behind in what comes after.
TEST_F(FleetProvisioning, RequestsOfBeforeAResetAreForgotten) {
  create_template("fleet");
  Device claim = claimant("claim");
  for (int i = 0; i < 20; ++i) {
    ASSERT_THAT(claim.publish(kCreate + "json", ""), Accepted());
    ASSERT_THAT(claim.publish(provision_topic("fleet") + "json", "{}"), Accepted());
  }
  emu.reset();
  EXPECT_THAT(emu.api("ListCertificates")["certificates"], IsEmpty());
  ASSERT_TRUE(emu.settle());
  EXPECT_THAT(emu.api("ListCertificates")["certificates"], IsEmpty());
  EXPECT_THAT(emu.refusals(), IsEmpty());

  Device next = claimant("next");
  EXPECT_TRUE(create_certificate(next).accepted);
}

TEST_F(FleetProvisioning, EmulatorEndsWithoutMakingTheKeysThatAreStillAskedFor) {
  constexpr int kRequests = 300;  // keys for half a minute
  const SystemClock clock;
  Tick end{};
  {
    Emulator other{test_options()};
    const CaFixture ca = other.make_ca({});
    const DeviceIdentity identity = ca.sign_device("claim");
    ASSERT_THAT(other.api("RegisterCertificateWithoutCA",
                          {{"certificatePem", identity.certificate_pem}, {"status", "ACTIVE"}}),
                IsOk());
    ASSERT_THAT(other.api("CreatePolicy", {{"policyName", "all"},
                                           {"policyDocument", policy_document({allow("iot:*", "*")})}}),
                IsOk());
    ASSERT_THAT(other.api("AttachPolicy",
                          {{"policyName", "all"}, {"target", arn("cert/" + identity.certificate_id)}}),
                IsOk());
    Device claim{other, identity};
    connect(claim);
    for (int i = 0; i < kRequests; ++i) ASSERT_THAT(claim.publish(kCreate + "json", ""), Accepted());
    end = clock.tick();
  }
  EXPECT_LT((clock.tick() - end).count(), 8000);
}

TEST_F(FleetProvisioning, RepliesNeedTheRightToReceiveAndComeAtTheSubscribersQoS) {
  Device deaf = active_device("deaf", {allow({"iot:Connect", "iot:Publish", "iot:Subscribe"}, "*")});
  connect(deaf);
  subscribe_to_replies(deaf);
  EXPECT_FALSE(ask(deaf, kCreate + "json", "{]"));

  Device hearing = active_device("hearing");
  connect(hearing);
  subscribe_to_replies(hearing, "fleet", 0);
  EXPECT_EQ(ask(hearing, kCreate + "json", "{]")->qos, 0);
}

// M3-39: the request passes the normal policy check.
TEST_F(FleetProvisioning, RequestWithoutTheRightToPublishEndsTheConnection) {
  Device device = active_device("stranger", {allow("iot:Connect", "*")});
  connect(device);
  EXPECT_THAT(device.publish(kCreate + "json", ""), RefusedBecause(Refusal::publish_denied));
  EXPECT_THAT(emu.api("ListCertificates")["certificates"], SizeIs(1)) << "its own";
}

// P6.1: in another format it is just a publish.
TEST_F(FleetProvisioning, OtherFormatIsAnsweredByNobody) {
  Device claim = claimant("claim");
  EXPECT_FALSE(ask(claim, kCreate + "xml", ""));
  EXPECT_TRUE(claim.is_connected());
}

// P6.3: deviceConfiguration is evaluated; without a thing resource there is no thingName.
TEST_F(FleetProvisioning, AnswersTheDeviceConfigurationAndNoThingNameWhereThereIsNoThing) {
  Json body = fleet_template();
  body["Resources"].erase("thing");
  body["DeviceConfiguration"] = {{"Url", "https://example.test"}, {"Serial", {{"Ref", "SerialNumber"}}}};
  create_template("fleet", Json::object(), body);
  Device claim = claimant("claim");
  const FleetAnswer answer = provision(claim, provision_request(create_certificate(claim)));
  EXPECT_EQ(answer.payload,
            (Json{{"deviceConfiguration", {{"Url", "https://example.test"}, {"Serial", "0001"}}}}));
}

TEST_F(FleetProvisioning, TemplateStatusInactiveLeavesTheDeviceOutside) {
  Json body = fleet_template();
  body["Resources"]["certificate"]["Properties"]["Status"] = "INACTIVE";
  create_template("fleet", Json::object(), body);
  Device claim = claimant("claim");
  const FleetAnswer created = create_certificate(claim);
  EXPECT_THAT(provision(claim, provision_request(created)), IsAccepted());
  EXPECT_THAT(device_of(created).connect(), RefusedBecause(Refusal::certificate_inactive));
}

// P6.3: nobody but the certificate says what its id is.
TEST_F(FleetProvisioning, ParametersOfTheDeviceDoNotReplaceThoseOfItsCertificate) {
  create_template("fleet");
  Device claim = claimant("claim");
  const FleetAnswer created = create_certificate(claim);
  Json request = provision_request(created);
  request["parameters"]["AWS::IoT::Certificate::Id"] = claim.identity().certificate_id;
  EXPECT_THAT(provision(claim, request), IsAccepted());
  EXPECT_EQ(status_of(created.text("certificateId")), "ACTIVE");
}

// What stands nowhere in the certificate's subject is absent, whatever the device sends.
TEST_F(FleetProvisioning, ParametersOfTheDeviceDoNotAddToThoseOfItsCertificate) {
  Json body = fleet_template();
  body["Parameters"]["AWS::IoT::Certificate::Country"] = {{"Type", "String"}, {"Default", "none"}};
  body["Resources"]["thing"]["Properties"]["AttributePayload"] = {
      {"country", {{"Ref", "AWS::IoT::Certificate::Country"}}}};
  create_template("fleet", Json::object(), body);
  Device claim = claimant("claim");
  Json request = provision_request(create_certificate(claim));
  request["parameters"]["AWS::IoT::Certificate::Country"] = "XX";
  EXPECT_THAT(provision(claim, request), IsAccepted());
  EXPECT_EQ(emu.api("DescribeThing", {{"thingName", "sensor-0001"}})["attributes"]["country"], "none");
}

// P6.4.
TEST_F(FleetProvisioning, TokenIsAskedForBoundToItsCertificateAndUsedUp) {
  create_template("fleet");
  Device claim = claimant("claim");
  const FleetAnswer created = create_certificate(claim);
  const Json request = provision_request(created);
  for (const Json& empty : {Json::object(), Json{{"certificateOwnershipToken", ""}}}) {
    const FleetAnswer answer = provision(claim, empty);
    EXPECT_THAT(answer, RejectedWith(400, "InvalidCertificateOwnershipToken"));
    EXPECT_EQ(answer.text("errorMessage"), "Certificate ownership token cannot be empty.");
  }
  EXPECT_THAT(provision(claim, {{"certificateOwnershipToken", "unknown"}}),
              RejectedWith(400, "InvalidCertificateOwnershipToken"));
  EXPECT_THAT(provision(claim, {{"certificateOwnershipToken", request["certificateOwnershipToken"]}}),
              RejectedWith(400, "InvalidParameters"))
      << "SerialNumber is missing";
  EXPECT_THAT(emu.explain("claim"), HasSubstr("for certificate " + created.text("certificateId")));
  EXPECT_THAT(provision(claim, request), IsAccepted()) << "a rejection uses nothing up";
  EXPECT_THAT(provision(claim, request), RejectedWith(400, "InvalidCertificateOwnershipToken"));
  EXPECT_THAT(emu.explain(claim), HasSubstr("provisioning_rejected"));
  EXPECT_THAT(emu.explain("claim"), HasSubstr("use its token within an hour, once"));
}

TEST_F(FleetProvisioning, TokenOfADeletedCertificateIsWorthNothing) {
  create_template("fleet");
  Device claim = claimant("claim");
  const FleetAnswer created = create_certificate(claim);
  ASSERT_THAT(emu.api("DeleteCertificate", {{"certificateId", created.text("certificateId")}}), IsOk());
  EXPECT_THAT(provision(claim, provision_request(created)),
              RejectedWith(400, "InvalidCertificateOwnershipToken"));
}

TEST_F(FleetProvisioning, TemplateMustExistBeEnabledAndBeOneForFleets) {
  create_template("off", {{"enabled", false}});
  create_template("just-in-time", {{"type", "JITP"}});
  Device claim = active_device("claim");
  connect(claim);
  subscribe_to_replies(claim, "+");
  const Json request = provision_request(create_certificate(claim));
  EXPECT_THAT(provision(claim, request, "missing"), RejectedWith(404, "ResourceNotFound"));
  EXPECT_THAT(provision(claim, request, "not a name"), RejectedWith(404, "ResourceNotFound"));
  EXPECT_THAT(provision(claim, request, "off"), RejectedWith(403, "AccessDenied"));
  EXPECT_THAT(emu.explain("claim"), HasSubstr("aws iot update-provisioning-template --enabled"));
  EXPECT_THAT(provision(claim, request, "just-in-time"), RejectedWith(403, "AccessDenied"));
  ASSERT_THAT(emu.api("UpdateProvisioningTemplate", {{"templateName", "off"}, {"enabled", true}}), IsOk());
  EXPECT_THAT(provision(claim, request, "off"), IsAccepted());
}

TEST_F(FleetProvisioning, ConflictLeavesTheCertificatePendingAndTheTokenGood) {
  Json body = fleet_template();
  body["Resources"]["thing"]["Properties"]["AttributePayload"] = {{"model", "b"}};
  create_template("fleet", Json::object(), body);
  ASSERT_THAT(emu.api("CreateThing", {{"thingName", "sensor-0001"},
                                      {"attributePayload", {{"attributes", {{"model", "a"}}}}}}),
              IsOk());
  Device claim = claimant("claim");
  const FleetAnswer created = create_certificate(claim);
  EXPECT_THAT(provision(claim, provision_request(created)), RejectedWith(409, "ResourceConflict"));
  EXPECT_EQ(status_of(created.text("certificateId")), "PENDING_ACTIVATION");
  EXPECT_THAT(provision(claim, provision_request(created, "0002")), IsAccepted());
}

// P5.5: the template must name the certificate of the token.
TEST_F(FleetProvisioning, TemplateThatNamesAnotherCertificateIsRejected) {
  Device claim = claimant("claim");
  Json body = fleet_template();
  body["Resources"]["certificate"]["Properties"]["CertificateId"] = claim.identity().certificate_id;
  create_template("fleet", Json::object(), body);
  EXPECT_THAT(provision(claim, provision_request(create_certificate(claim))),
              RejectedWith(400, "InvalidParameters"));
}

struct BadPayload {
  const char* name;
  std::string topic;
  std::string payload;
  const char* code;
};

TEST_F(FleetProvisioning, PayloadsThatAreNotWhatTheTopicAsksForAreRejected) {
  create_template("fleet");
  Device claim = claimant("claim");
  const std::string provision_json = provision_topic("fleet") + "json";
  const std::string bomb(100'000, '[');
  const std::vector<BadPayload> cases{
      {"no JSON", kCreate + "json", "{", "InvalidPayload"},
      {"no object", kCreate + "json", "[]", "InvalidPayload"},
      {"JSON to the CBOR topic", kCreate + "cbor", "{}", "InvalidPayload"},
      {"nothing", provision_json, "", "InvalidPayload"},
      {"token is a number", provision_json, R"({"certificateOwnershipToken":1})", "InvalidPayload"},
      {"parameters are a list", provision_json, R"({"parameters":[]})", "InvalidPayload"},
      {"parameter is a number", provision_json, R"({"parameters":{"a":1}})", "InvalidPayload"},
      {"bomb", provision_json, bomb, "InvalidPayload"},
      {"CBOR bomb", provision_topic("fleet") + "cbor", std::string(100'000, '\x9f'), "InvalidPayload"},
      {"no CSR", kCreateFromCsr + "json", "{}", "InvalidPayload"},
      {"CSR is a number", kCreateFromCsr + "json", R"({"certificateSigningRequest":1})", "InvalidPayload"},
      {"CSR is no PEM", kCreateFromCsr + "json", R"({"certificateSigningRequest":"x"})",
       "InvalidCertificateSigningRequest"},
      {"CSR is too long", kCreateFromCsr + "json",
       Json{{"certificateSigningRequest", std::string(5000, 'x')}}.dump(),
       "InvalidCertificateSigningRequest"},
  };
  for (const BadPayload& bad : cases) {
    const auto answer = ask(claim, bad.topic, bad.payload);
    ASSERT_TRUE(answer) << bad.name;
    EXPECT_THAT(*answer, RejectedWith(400, bad.code)) << bad.name;
    EXPECT_LE(answer->text("errorMessage").size(), 1000U) << bad.name;
  }
  EXPECT_TRUE(claim.is_connected());
}

}  // namespace
}  // namespace iotemu::tests
