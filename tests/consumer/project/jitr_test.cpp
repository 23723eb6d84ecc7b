#include <gtest/gtest.h>

#include "iotemu/device.h"
#include "iotemu/emulator.h"
#include "iotemu/testing.h"

using namespace iotemu;

// What a device may do once it is in: everything below device/<its thing's name>/.
const char* const kPolicy = R"({
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "iot:Connect",
     "Resource": "arn:aws:iot:us-east-1:123456789012:client/${iot:Connection.Thing.ThingName}"},
    {"Effect": "Allow", "Action": "iot:Publish",
     "Resource": "arn:aws:iot:us-east-1:123456789012:topic/device/${iot:Connection.Thing.ThingName}/*"}
  ]})";

TEST(Factory, ANewDeviceIsRefusedUntilItsHandlerActivatesIt) {
  Emulator emu{Options::for_tests()};
  const auto factory = emu.register_ca({.auto_registration = true});
  emu.api("CreatePolicy", {{"policyName", "device"}, {"policyDocument", kPolicy}});

  emu.on_certificate_registered(factory, [&](const CertificateRegistered& event) {
    emu.api("CreateThing", {{"thingName", "robot-1"}});
    emu.api("AttachThingPrincipal", {{"thingName", "robot-1"}, {"principal", event.certificate_arn}});
    emu.api("AttachPolicy", {{"policyName", "device"}, {"target", event.certificate_arn}});
    emu.api("UpdateCertificate", {{"certificateId", event.certificate_id}, {"newStatus", "ACTIVE"}});
  });

  Device device{emu, factory.sign_device("robot-1")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  emu.settle();  // the handler has run
  EXPECT_THAT(device.connect(), Accepted());

  const auto seen = emu.record("device/#");
  EXPECT_THAT(device.publish("device/robot-1/telemetry", R"({"temp": 20})", 1), Accepted());
  EXPECT_THAT(device.publish("device/robot-2/telemetry", "{}", 1), RefusedBecause(Refusal::publish_denied))
      << emu.explain(device);
  EXPECT_EQ(seen.messages().size(), 1U);
}
