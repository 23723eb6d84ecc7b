// A device whose certificate changes its account (P2.10).

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const RealmName kOther{.account = "210987654321", .region = "us-east-1"};

class CertificateTransfer : public EmulatorTest {
 protected:
  void ok(const std::string& operation, const Json& input) { ASSERT_THAT(emu.api(operation, input), IsOk()); }
  void ok_there(const std::string& operation, const Json& input) {
    ASSERT_THAT(emu.api(operation, input, kOther), IsOk());
  }

  Device device() {
    DeviceIdentity identity = known_ca().sign_device("pump");
    register_certificate(identity, "INACTIVE");
    id = identity.certificate_id;
    ok("TransferCertificate", {{"certificateId", id}, {"targetAwsAccount", kOther.account}});
    return Device{emu, std::move(identity)};
  }

  std::string id;
};

TEST_F(CertificateTransfer, DeviceIsRefusedOnTheWayAndLandsInTheAccountThatAccepts) {
  Device pump = device();
  const Outcome waiting = pump.connect();
  EXPECT_THAT(waiting, RefusedBecause(Refusal::certificate_in_transfer));  // P3.5 row 12
  EXPECT_THAT(waiting.text, HasSubstr("from account 123456789012 to 210987654321"));

  ok_there("AcceptCertificateTransfer", {{"certificateId", id}, {"setAsActive", true}});
  const std::string there = "arn:aws:iot:us-east-1:" + kOther.account + ":";
  ok_there("CreatePolicy",
           {{"policyName", "own"}, {"policyDocument", policy_document({allow("iot:*", there + "*")})}});
  ok_there("AttachPolicy", {{"policyName", "own"}, {"target", there + "cert/" + id}});

  Device stayed = active_device("stayed");
  connect(stayed);
  ASSERT_THAT(stayed.subscribe("t"), Accepted());
  connect(pump);
  ASSERT_THAT(pump.subscribe("t"), Accepted());
  EXPECT_THAT(pump.publish("t", "from the other account", 1), Accepted());
  EXPECT_THAT(payloads(pump.messages()), ElementsAre("from the other account"));
  EXPECT_THAT(payloads(stayed.messages()), IsEmpty()) << "another account is another message space";
}

TEST_F(CertificateTransfer, DeviceComesBackWithARejectedCertificate) {
  Device pump = device();
  ok_there("RejectCertificateTransfer", {{"certificateId", id}, {"rejectReason", "no"}});
  EXPECT_THAT(pump.connect(), RefusedBecause(Refusal::certificate_inactive));
  set_status(id, "ACTIVE");
  set_policy("all", {allow("iot:*", "*")});
  attach_policy("all", id);
  connect(pump);
}

}  // namespace
}  // namespace iotemu::tests
