// Just-in-time provisioning as a device and its owner live it (P5.1, P5.3, P5.7, P appendix C.5).

#include <atomic>
#include <thread>

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kRole = "arn:aws:iam::123456789012:role/JITPRole";

Json certificate_ref(const std::string& name) {
  return {{"Ref", "AWS::IoT::Certificate::" + name}};
}

/// Thing named by the common name, policy `devices`, certificate by its id.
Json base_template() {
  return {{"Parameters",
           {{"AWS::IoT::Certificate::CommonName", {{"Type", "String"}}},
            {"AWS::IoT::Certificate::Id", {{"Type", "String"}}}}},
          {"Resources",
           {{"thing",
             {{"Type", "AWS::IoT::Thing"}, {"Properties", {{"ThingName", certificate_ref("CommonName")}}}}},
            {"certificate",
             {{"Type", "AWS::IoT::Certificate"},
              {"Properties", {{"CertificateId", certificate_ref("Id")}, {"Status", "ACTIVE"}}}}},
            {"policy", {{"Type", "AWS::IoT::Policy"}, {"Properties", {{"PolicyName", "devices"}}}}}}}};
}

Json& thing_properties(Json& body) {
  return body["Resources"]["thing"]["Properties"];
}

class JustInTimeProvisioningTest : public EmulatorTest {
 protected:
  JustInTimeProvisioningTest() : JustInTimeProvisioningTest{test_options()} {}
  explicit JustInTimeProvisioningTest(const Options& options) : EmulatorTest{options} {
    set_policy("devices",
               {allow("iot:Connect", arn("client/${iot:Connection.Thing.ThingName}")),
                allow({"iot:Publish", "iot:Receive"}, arn("topic/${iot:Connection.Thing.ThingName}/*")),
                allow("iot:Subscribe", arn("topicfilter/${iot:Connection.Thing.ThingName}/*"))});
  }

  void set_template(const CaFixture& ca, const Json& body) {
    set_config(ca, {{"templateBody", body.dump()}, {"roleArn", kRole}});
  }

  void set_config(const CaFixture& ca, const Json& config) {
    ASSERT_THAT(emu.api("UpdateCACertificate", {{"certificateId", ca.id()}, {"registrationConfig", config}}),
                IsOk());
  }

  CaFixture factory(const Json& body = base_template()) {
    CaFixture ca = emu.register_ca({.auto_registration = true});
    set_template(ca, body);
    return ca;
  }

  std::vector<std::string> things_of(const Device& device) {
    return emu.api("ListPrincipalThings",
                   {{"principal", arn("cert/" + device.identity().certificate_id)}})["things"];
  }

  std::vector<std::string> policies_of(const Device& device) {
    std::vector<std::string> names;
    const ApiResult answer =
        emu.api("ListAttachedPolicies", {{"target", arn("cert/" + device.identity().certificate_id)}});
    for (const Json& policy : answer["policies"]) names.push_back(policy["policyName"]);
    return names;
  }
};

// P5.1, P5.7: closed once, then in, by the policy with the thing's name.
TEST_F(JustInTimeProvisioningTest, FirstConnectIsClosedTheSecondFindsThingPolicyAndActiveCertificate) {
  Device device{emu, factory().sign_device("demo")};

  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_THAT(device.connect(), Accepted());

  EXPECT_EQ(status_of(device.identity().certificate_id), "ACTIVE");
  EXPECT_THAT(things_of(device), ElementsAre("demo"));
  EXPECT_THAT(policies_of(device), ElementsAre("devices"));
  EXPECT_THAT(device.publish("demo/x", "hello", 1), Accepted());
  EXPECT_THAT(device.publish("demo", "hello", 1), RefusedBecause(Refusal::publish_denied))
      << "topic/demo/* does not cover the bare name";
  EXPECT_THAT(device.connect({.client_id = "other"}), RefusedBecause(Refusal::connect_denied));
}

TEST_F(JustInTimeProvisioningTest, ExplainSaysWhatWasMade) {
  Device device{emu, factory().sign_device("demo")};
  device.connect();
  EXPECT_THAT(emu.explain(device),
              AllOf(HasSubstr("was provisioned just now: it is ACTIVE"), HasSubstr(arn("thing/demo")),
                    HasSubstr(arn("policy/devices")), HasSubstr("connect again")));
}

// P3.5 row 6: the event is published all the same, with the status of the registration.
TEST_F(JustInTimeProvisioningTest, EventIsPublishedAndHandlersRunBesideTheTemplate) {
  const CaFixture ca = factory();
  const Recorder events = emu.record("$aws/events/certificates/registered/+");
  std::atomic<int> called{0};
  emu.on_certificate_registered(ca, [&](const CertificateRegistered& event) {
    ++called;
    emu.api("AttachPolicy", {{"policyName", "devices"}, {"target", event.certificate_arn}});
    emu.api("UpdateCertificate", {{"certificateId", event.certificate_id}, {"newStatus", "ACTIVE"}});
  });
  Device device{emu, ca.sign_device("demo")};

  device.connect();
  emu.settle();

  ASSERT_THAT(events.json(), SizeIs(1));
  EXPECT_EQ(events.json()[0]["certificateStatus"], "PENDING_ACTIVATION");
  EXPECT_EQ(called, 1);
  EXPECT_THAT(device.connect(), Accepted());
  EXPECT_THAT(policies_of(device), ElementsAre("devices"));
}

// P1.3: a config without auto-registration has no effect; without a config it is JITR.
TEST_F(JustInTimeProvisioningTest, ConfigWithoutAutoRegistrationProvisionsNothing) {
  const CaFixture ca = emu.register_ca();
  set_template(ca, base_template());
  Device device{emu, ca.sign_device("demo")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::auto_registration_disabled));
  EXPECT_EQ(status_of(device.identity().certificate_id), "");
}

TEST_F(JustInTimeProvisioningTest, RemovedConfigTurnsJitpOff) {
  const CaFixture ca = factory();
  ASSERT_THAT(emu.api("UpdateCACertificate", {{"certificateId", ca.id()}, {"removeAutoRegistration", true}}),
              IsOk());
  ASSERT_THAT(
      emu.api("UpdateCACertificate", {{"certificateId", ca.id()}, {"newAutoRegistrationStatus", "ENABLE"}}),
      IsOk());
  Device device{emu, ca.sign_device("demo")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_EQ(status_of(device.identity().certificate_id), "PENDING_ACTIVATION");
  EXPECT_THAT(things_of(device), IsEmpty());
}

// P3.5 row 7: a certificate that waited under JITR is provisioned by the first knock after the config.
TEST_F(JustInTimeProvisioningTest, ConfigThatComesLaterProvisionsAtTheNextKnock) {
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  Device device{emu, ca.sign_device("demo")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_EQ(status_of(device.identity().certificate_id), "PENDING_ACTIVATION");

  set_template(ca, base_template());
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_THAT(device.connect(), Accepted());
}

// P3.5 row 8.
TEST_F(JustInTimeProvisioningTest, TemplateOfAClosedCaDoesNotRun) {
  const CaFixture ca = factory();
  set_policy("spare", {allow("iot:*", "*")});
  Json broken = base_template();
  broken["Resources"]["policy"]["Properties"]["PolicyName"] = "missing";
  set_template(ca, broken);
  Device device{emu, ca.sign_device("demo")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::provisioning_failed));
  set_template(ca, base_template());
  for (const auto* change : {R"({"newAutoRegistrationStatus": "DISABLE"})", R"({"newStatus": "INACTIVE"})"}) {
    Json request = Json::parse(change);
    request["certificateId"] = ca.id();
    ASSERT_THAT(emu.api("UpdateCACertificate", request), IsOk());
    EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
    EXPECT_EQ(status_of(device.identity().certificate_id), "PENDING_ACTIVATION");
    EXPECT_THAT(emu.explain(device), AllOf(HasSubstr(ca.id()), HasSubstr("so no provisioning template runs"),
                                           HasSubstr("aws iot update-ca-certificate")));
  }
  EXPECT_THAT(emu.explain(device), HasSubstr("is INACTIVE"));
  ASSERT_THAT(emu.api("DeleteCACertificate", {{"certificateId", ca.id()}}), IsOk());
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_THAT(emu.explain(device), HasSubstr("was deleted"));
}

// P5.1 step 1: the event does not wait for what the template makes.
TEST_F(JustInTimeProvisioningTest, EventIsPublishedAlsoWhenTheTemplateFails) {
  Json body = base_template();
  thing_properties(body)["ThingTypeName"] = "none";
  const CaFixture ca = factory(body);
  const Recorder events = emu.record("$aws/events/certificates/registered/+");
  Device device{emu, ca.sign_device("demo")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::provisioning_failed));
  EXPECT_THAT(events.messages(), SizeIs(1));
}

// --- P5.7 row by row ---

struct FailureCase {
  std::string name{};
  /// Makes the template, or the world, fail.
  void (*spoil)(Json& body, Emulator& emu){};
  /// Mends the world; the template stays as it is unless `mend_template`.
  void (*mend)(Emulator& emu){};
  bool mend_template{false};
  std::string cause{};
  DeviceOptions device{.common_name = "demo"};
};

class JitpFailures : public JustInTimeProvisioningTest, public ::testing::WithParamInterface<FailureCase> {};

TEST_P(JitpFailures, LeaveTheCertificatePendingSayWhyAndSucceedOnceMended) {
  const FailureCase& param = GetParam();
  Json body = base_template();
  param.spoil(body, emu);
  const CaFixture ca = factory(body);
  Device device{emu, ca.sign_device(param.device)};
  const std::string id = device.identity().certificate_id;
  const auto things_before = emu.api("ListThings")["things"].size();
  const auto policies_before = emu.api("ListPolicies")["policies"].size();

  for (int knock = 0; knock < 2; ++knock) {
    const Outcome refused = device.connect();
    EXPECT_THAT(refused, RefusedBecause(Refusal::provisioning_failed));
    EXPECT_EQ(refused.ended, Outcome::Ended::close_notify)
        << "the client sees nothing but a closed connection";
    EXPECT_FALSE(refused.connack);
    EXPECT_EQ(status_of(id), "PENDING_ACTIVATION");
    EXPECT_THAT(emu.explain(device), HasSubstr(param.cause));
    EXPECT_EQ(emu.refusals().back().certificate_id, id);
  }
  EXPECT_EQ(emu.api("ListThings")["things"].size(), things_before) << "nothing half made";
  EXPECT_EQ(emu.api("ListPolicies")["policies"].size(), policies_before);
  EXPECT_THAT(policies_of(device), IsEmpty());

  if (param.mend != nullptr) param.mend(emu);
  if (param.mend_template) set_template(ca, base_template());
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_EQ(status_of(id), "ACTIVE");
}

INSTANTIATE_TEST_SUITE_P(
    P5_7, JitpFailures,
    ::testing::Values(
        FailureCase{
            .name = "ReferencedParameterWithoutValue",
            .spoil =
                [](Json& body, Emulator&) {
                  body["Parameters"]["AWS::IoT::Certificate::Country"] = {{"Type", "String"}};
                  thing_properties(body)["AttributePayload"] = {{"country", certificate_ref("Country")}};
                },
            .mend_template = true,
            .cause = "Cannot resolve reference value: {Ref=AWS::IoT::Certificate::Country}"},
        FailureCase{
            .name = "DeclaredParameterThatTheSubjectLacks",
            .spoil =
                [](Json& body, Emulator&) {
                  body["Parameters"]["AWS::IoT::Certificate::Country"] = {{"Type", "String"}};
                },
            .mend_template = true,
            .cause = "parameter AWS::IoT::Certificate::Country is declared, the subject of the certificate "
                     "has no C"},
        FailureCase{.name = "ThingNameWithASpace",
                    .spoil = [](Json& body, Emulator&) { thing_properties(body)["ThingName"] = "two words"; },
                    .mend_template = true,
                    .cause = "two words"},
        FailureCase{.name = "ThingNameFromAnEscapedValue",  // P5.3, P appendix C.5 63
                    .spoil = [](Json&, Emulator&) {},
                    .mend =
                        [](Emulator& emu) {
                          // Nothing can mend the name: another template takes the id.
                          Json body = base_template();
                          thing_properties(body)["ThingName"] = certificate_ref("Id");
                          const Json cas = emu.api("ListCACertificates")["certificates"];
                          emu.api(
                              "UpdateCACertificate",
                              {{"certificateId", cas[0]["certificateId"]},
                               {"registrationConfig", {{"templateBody", body.dump()}, {"roleArn", kRole}}}});
                        },
                    .cause = R"(testThingC\=US)",
                    .device = {.common_name = "testThingC=US"}},
        FailureCase{.name = "ExistingThingWithOtherAttributes",
                    .spoil =
                        [](Json& body, Emulator& emu) {
                          thing_properties(body)["AttributePayload"] = {{"line", "3"}};
                          emu.api("CreateThing", {{"thingName", "demo"}});
                        },
                    .mend =
                        [](Emulator& emu) {
                          emu.api("DeleteThing", {{"thingName", "demo"}});
                        },
                    .cause = "ResourceConflictsException: the attributes of thing demo"},
        FailureCase{.name = "ExistingThingWithFail",
                    .spoil =
                        [](Json& body, Emulator& emu) {
                          thing_properties(body)["AttributePayload"] = Json::object();
                          body["Resources"]["thing"]["OverrideSettings"] = {{"AttributePayload", "FAIL"}};
                          emu.api("CreateThing", {{"thingName", "demo"}});
                        },
                    .mend =
                        [](Emulator& emu) {
                          emu.api("DeleteThing", {{"thingName", "demo"}});
                        },
                    .cause = "OverrideSettings say FAIL"},
        FailureCase{
            .name = "MissingThingType",
            .spoil = [](Json& body, Emulator&) { thing_properties(body)["ThingTypeName"] = "sensor"; },
            .mend =
                [](Emulator& emu) {
                  emu.api("CreateThingType", {{"thingTypeName", "sensor"}});
                },
            .cause = "Thing type sensor does not exist"},
        FailureCase{
            .name = "DeprecatedThingType",
            .spoil =
                [](Json& body, Emulator& emu) {
                  thing_properties(body)["ThingTypeName"] = "sensor";
                  emu.api("CreateThingType", {{"thingTypeName", "sensor"}});
                  emu.api("DeprecateThingType", {{"thingTypeName", "sensor"}});
                },
            .mend =
                [](Emulator& emu) {
                  emu.api("DeprecateThingType", {{"thingTypeName", "sensor"}, {"undoDeprecate", true}});
                },
            .cause = "depreated thing type:sensor"},
        FailureCase{.name = "MissingThingGroup",
                    .spoil = [](Json& body, Emulator&) { thing_properties(body)["ThingGroups"] = {"hall"}; },
                    .mend =
                        [](Emulator& emu) {
                          emu.api("CreateThingGroup", {{"thingGroupName", "hall"}});
                        },
                    .cause = "Thing group hall does not exist"},
        FailureCase{
            .name = "MissingBillingGroup",
            .spoil = [](Json& body, Emulator&) { thing_properties(body)["BillingGroup"] = "customer"; },
            .mend =
                [](Emulator& emu) {
                  emu.api("CreateBillingGroup", {{"billingGroupName", "customer"}});
                },
            .cause = "Billing group customer does not exist"},
        FailureCase{.name = "MissingPolicy",
                    .spoil =
                        [](Json&, Emulator& emu) {
                          emu.api("DeletePolicy", {{"policyName", "devices"}});
                        },
                    .mend =
                        [](Emulator& emu) {
                          emu.api("CreatePolicy",
                                  {{"policyName", "devices"},
                                   {"policyDocument", policy_document({allow("iot:*", "*")})}});
                        },
                    .cause = "Policy devices does not exist"},
        FailureCase{.name = "MalformedInlinePolicy",
                    .spoil =
                        [](Json& body, Emulator&) {
                          body["Resources"]["policy"]["Properties"] = {{"PolicyDocument", "{\"Version\":"}};
                        },
                    .mend_template = true,
                    .cause = "policy"},
        FailureCase{.name = "InlinePolicyThatIsTooLong",
                    .spoil =
                        [](Json& body, Emulator&) {
                          const std::string resource = arn("topic/") + std::string(2000, 'x');
                          body["Resources"]["policy"]["Properties"] = {
                              {"PolicyDocument", policy_document({allow("iot:Publish", resource)})}};
                        },
                    .mend_template = true,
                    .cause = "2048"},
        FailureCase{.name = "CertificateIdOfAnother",
                    .spoil =
                        [](Json& body, Emulator&) {
                          body["Resources"]["certificate"]["Properties"]["CertificateId"] =
                              std::string(64, 'a');
                        },
                    .mend_template = true,
                    .cause = "not the one that connects"}),
    [](const auto& each) { return each.param.name; });

// P5.7: roleArn.
TEST_F(JustInTimeProvisioningTest, TemplateWithoutARoleIsStoredAndFailsAtTheKnock) {
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  set_config(ca, {{"templateBody", base_template().dump()}});
  Device device{emu, ca.sign_device("demo")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::provisioning_failed));
  EXPECT_THAT(emu.explain(device), HasSubstr("names no roleArn"));
  set_config(ca, {{"templateBody", base_template().dump()}, {"roleArn", "arn:aws:iam::1:user/somebody"}});
  device.connect();
  EXPECT_THAT(emu.explain(device), HasSubstr("'arn:aws:iam::1:user/somebody' is not the ARN of a role"));
}

// P5.7: ten policies.
TEST_F(JustInTimeProvisioningTest, CertificateWithTenPoliciesHasNoRoomForAnother) {
  const CaFixture ca = factory();
  Json broken = base_template();
  thing_properties(broken)["ThingTypeName"] = "none";
  set_template(ca, broken);
  Device device{emu, ca.sign_device("demo")};
  device.connect();
  for (int number = 0; number < 10; ++number) {
    set_policy("p" + std::to_string(number), {allow("iot:Connect", "*")});
    attach_policy("p" + std::to_string(number), device.identity().certificate_id);
  }
  set_template(ca, base_template());
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::provisioning_failed));
  EXPECT_THAT(emu.explain(device), HasSubstr("At most 10 policies"));
}

// P5.7: a named template that is disabled; P appendix C.5 66: its default version is used.
TEST_F(JustInTimeProvisioningTest, NamedTemplateRunsItsDefaultVersionWhileItIsEnabled) {
  ASSERT_THAT(emu.api("CreateProvisioningTemplate", {{"templateName", "fleet"},
                                                     {"templateBody", base_template().dump()},
                                                     {"provisioningRoleArn", kRole},
                                                     {"type", "JITP"}}),
              IsOk());
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  set_config(ca, {{"templateName", "fleet"}});
  Device device{emu, ca.sign_device("demo")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::provisioning_failed));
  EXPECT_THAT(emu.explain(device), HasSubstr("provisioning template fleet is disabled"));

  ASSERT_THAT(emu.api("UpdateProvisioningTemplate", {{"templateName", "fleet"}, {"enabled", true}}), IsOk());
  Json second = base_template();
  thing_properties(second)["ThingName"] = {{"Fn::Join", {"-", {"v2", certificate_ref("CommonName")}}}};
  ASSERT_THAT(emu.api("CreateProvisioningTemplateVersion",
                      {{"templateName", "fleet"}, {"templateBody", second.dump()}}),
              IsOk());
  device.connect();
  EXPECT_THAT(things_of(device), ElementsAre("demo")) << "version 1 is the default";

  ASSERT_THAT(emu.api("UpdateProvisioningTemplate", {{"templateName", "fleet"}, {"defaultVersionId", 2}}),
              IsOk());
  Device next{emu, ca.sign_device("next")};
  next.connect();
  EXPECT_THAT(things_of(next), ElementsAre("v2-next"));
}

// P5.7: Status INACTIVE.
TEST_F(JustInTimeProvisioningTest, TemplateMayLeaveTheDeviceLockedOut) {
  Json body = base_template();
  body["Resources"]["certificate"]["Properties"]["Status"] = "INACTIVE";
  Device device{emu, factory(body).sign_device("demo")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_EQ(status_of(device.identity().certificate_id), "INACTIVE");
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_inactive));
}

// P5.7: existing thing, permissive settings.
TEST_F(JustInTimeProvisioningTest, ExistingThingIsTakenAndItsAttributesMerged) {
  ASSERT_THAT(emu.api("CreateThing",
                      {{"thingName", "demo"}, {"attributePayload", {{"attributes", {{"line", "3"}}}}}}),
              IsOk());
  Json body = base_template();
  thing_properties(body)["AttributePayload"] = {{"hall", "1"}};
  body["Resources"]["thing"]["OverrideSettings"] = {{"AttributePayload", "MERGE"}};
  Device device{emu, factory(body).sign_device("demo")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_THAT(device.connect(), Accepted());
  EXPECT_EQ(emu.api("DescribeThing", {{"thingName", "demo"}})["attributes"],
            (Json{{"line", "3"}, {"hall", "1"}}));
}

// P5.7 last row, P appendix C.3 49.
TEST_F(JustInTimeProvisioningTest, TwentyFirstConnectsAtOnceProvisionOnce) {
  Json body = base_template();
  thing_properties(body)["AttributePayload"] = {{"line", "3"}};
  body["Resources"]["thing"]["OverrideSettings"] = {{"AttributePayload", "FAIL"}};
  const CaFixture ca = factory(body);
  const DeviceIdentity identity = ca.sign_device("demo");
  std::vector<std::thread> devices;
  for (int number = 0; number < 20; ++number) {
    devices.emplace_back([&] { Device{emu, identity}.connect(); });
  }
  for (std::thread& device : devices) device.join();

  for (const RefusalRecord& record : emu.refusals())
    EXPECT_NE(record.refusal, Refusal::provisioning_failed) << record.cause;
  Device device{emu, identity};
  EXPECT_THAT(device.connect(), Accepted());
  EXPECT_EQ(emu.api("DescribeThing", {{"thingName", "demo"}})["version"], 1);
  EXPECT_EQ(emu.api("ListCertificates")["certificates"].size(), 1U);
}

// A device that gets a new certificate is the same thing.
TEST_F(JustInTimeProvisioningTest, SecondCertificateOfADeviceJoinsTheSameThing) {
  const CaFixture ca = factory();
  Device old_one{emu, ca.sign_device("demo")};
  Device new_one{emu, ca.sign_device("demo")};
  for (Device* device : {&old_one, &new_one}) {
    EXPECT_THAT(device->connect(), RefusedBecause(Refusal::certificate_pending));
    EXPECT_THAT(device->connect(), Accepted());
  }
  EXPECT_EQ(emu.api("ListThingPrincipals", {{"thingName", "demo"}})["principals"].size(), 2U);
}

// Template changed in the middle of a storm: every device is provisioned whole, by one of the two.
TEST_F(JustInTimeProvisioningTest, TemplateUpdatedMidStormProvisionsEachDeviceByOneOfTheTwo) {
  const CaFixture ca = factory();
  Json second = base_template();
  second["Resources"]["policy"]["Properties"]["PolicyName"] = "second";
  set_policy("second", {allow("iot:*", "*")});
  constexpr int kDevices = 40;
  std::vector<DeviceIdentity> identities;
  for (int number = 0; number < kDevices; ++number)
    identities.push_back(ca.sign_device("storm-" + std::to_string(number)));
  std::atomic<int> next{0};
  std::vector<std::thread> storm;
  for (int thread = 0; thread < 4; ++thread) {
    storm.emplace_back([&] {
      for (int at = next++; at < kDevices; at = next++)
        Device{emu, identities[static_cast<std::size_t>(at)]}.connect();
    });
  }
  while (next < kDevices / 2) std::this_thread::yield();
  set_template(ca, second);
  for (std::thread& thread : storm) thread.join();

  for (const DeviceIdentity& identity : identities) {
    Device device{emu, identity};
    EXPECT_THAT(device.connect(), Accepted());
    EXPECT_THAT(policies_of(device), SizeIs(1));
    EXPECT_THAT(things_of(device), SizeIs(1));
  }
}

// --- Switches ---

class JitpLater : public JustInTimeProvisioningTest {
 protected:
  static Options later() {
    Options options = test_options();
    options.switches.jitp_delay = std::chrono::milliseconds{500};
    return options;
  }
  JitpLater() : JustInTimeProvisioningTest{later()} {}
};

// P appendix B.1 jitp_timing.
TEST_F(JitpLater, ProvisionsAfterTheDelayAndAnImmediateRetryIsRefusedToo) {
  Device device{emu, factory().sign_device("demo")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_THAT(emu.explain(device), HasSubstr("runs in 500 ms"));
  emu.advance(std::chrono::milliseconds{499});
  EXPECT_EQ(status_of(device.identity().certificate_id), "PENDING_ACTIVATION");
  emu.advance(std::chrono::milliseconds{1});
  EXPECT_EQ(status_of(device.identity().certificate_id), "ACTIVE");
  EXPECT_THAT(device.connect(), Accepted());
}

// P3.5 row 8.
TEST_F(JitpLater, RunsNoTemplateOfACaThatWasClosedMeanwhile) {
  const CaFixture ca = factory();
  Device device{emu, ca.sign_device("demo")};
  device.connect();
  ASSERT_THAT(emu.api("UpdateCACertificate", {{"certificateId", ca.id()}, {"newStatus", "INACTIVE"}}),
              IsOk());
  emu.advance(std::chrono::seconds{1});
  EXPECT_EQ(status_of(device.identity().certificate_id), "PENDING_ACTIVATION");
  EXPECT_THAT(emu.explain(device), HasSubstr("INACTIVE"));
}

TEST_F(JitpLater, FailureIsOnRecordAfterTheDelay) {
  Json body = base_template();
  thing_properties(body)["ThingTypeName"] = "none";
  Device device{emu, factory(body).sign_device("demo")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  emu.advance(std::chrono::seconds{1});
  EXPECT_THAT(emu.explain(device), HasSubstr("Thing type none does not exist"));
}

// P appendix B.1 jitp_missing_parameter, P appendix C.5 64.
TEST(JitpSwitches, OnRefLetsAnUnreferencedParameterPass) {
  Options options = test_options();
  options.switches.jitp_missing_parameter = Switches::JitpMissingParameter::on_ref;
  Emulator emu{options};
  emu.api("CreatePolicy",
          {{"policyName", "devices"}, {"policyDocument", policy_document({allow("iot:*", "*")})}});
  Json body = base_template();
  body["Parameters"]["AWS::IoT::Certificate::Country"] = {{"Type", "String"}};
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  ASSERT_THAT(emu.api("UpdateCACertificate",
                      {{"certificateId", ca.id()},
                       {"registrationConfig", {{"templateBody", body.dump()}, {"roleArn", kRole}}}}),
              IsOk());
  Device device{emu, ca.sign_device("demo")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_THAT(device.connect(), Accepted());
}

// P appendix B.1 jitp_serial_fallback.
TEST(JitpSwitches, WithoutTheFallbackTheSerialNumberMustStandInTheSubject) {
  for (const bool fallback : {true, false}) {
    Options options = test_options();
    options.switches.jitp_serial_fallback = fallback;
    Emulator emu{options};
    emu.api("CreatePolicy",
            {{"policyName", "devices"}, {"policyDocument", policy_document({allow("iot:*", "*")})}});
    Json body = base_template();
    body["Parameters"]["AWS::IoT::Certificate::SerialNumber"] = {{"Type", "String"}};
    thing_properties(body)["ThingName"] = certificate_ref("SerialNumber");
    const CaFixture ca = emu.register_ca({.auto_registration = true});
    ASSERT_THAT(emu.api("UpdateCACertificate",
                        {{"certificateId", ca.id()},
                         {"registrationConfig", {{"templateBody", body.dump()}, {"roleArn", kRole}}}}),
                IsOk());
    Device without{emu, ca.sign_device("demo")};
    EXPECT_THAT(without.connect(),
                RefusedBecause(fallback ? Refusal::certificate_pending : Refusal::provisioning_failed));
    Device with{emu, ca.sign_device(DeviceOptions{.common_name = "demo-2", .serial_number = "SN-7"})};
    EXPECT_THAT(with.connect(), RefusedBecause(Refusal::certificate_pending));
    EXPECT_THAT(emu.api("DescribeThing", {{"thingName", "SN-7"}}), IsOk());
  }
}

// P5.5, P5.7: attributes, overrides, an inline policy with an action no device has.
TEST_F(JustInTimeProvisioningTest, InlinePolicyIsNamedByTheHashOfItsText) {
  ASSERT_THAT(emu.api("CreateThingType", {{"thingTypeName", "UnifiedAgent"}}), IsOk());
  Json body = base_template();
  body["Parameters"]["AWS::IoT::Certificate::OrganizationName"] = {{"Type", "String"}};
  thing_properties(body)["ThingTypeName"] = "UnifiedAgent";
  body["Resources"]["thing"]["OverrideSettings"] = {
      {"AttributePayload", "MERGE"}, {"ThingTypeName", "REPLACE"}, {"ThingGroups", "DO_NOTHING"}};
  body["Resources"]["certificate"]["OverrideSettings"] = {{"Status", "DO_NOTHING"}};
  const std::string document =
      policy_document({allow({"iot:Subscribe", "iot:Connect", "iot:Publish", "iot:CreateTopicRule"}, {"*"})});
  body["Resources"]["policy"]["Properties"] = {{"PolicyDocument", document}};
  Device device{emu, factory(body).sign_device("agent-1")};

  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_THAT(device.connect({.client_id = "anything"}), Accepted());

  const auto names = policies_of(device);
  ASSERT_THAT(names, SizeIs(1));
  EXPECT_THAT(names[0], ::testing::MatchesRegex("[0-9A-F]+"));
  EXPECT_THAT(names[0], SizeIs(40));
  EXPECT_EQ(emu.api("GetPolicy", {{"policyName", names[0]}})["policyDocument"], document);
}

}  // namespace
}  // namespace iotemu::tests
