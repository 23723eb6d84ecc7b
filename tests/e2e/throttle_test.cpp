// The rates of an account (switch throttle): what a fleet meets that comes in all at once (M section 10,
// P10.8).

#include "tests/support/fleet_test.h"

namespace iotemu::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

Options throttled(Limits limits) {
  Options options = test_options();
  options.switches.throttle = true;
  options.limits = limits;
  return options;
}

class RegistrationRate : public EmulatorTest {
 protected:
  RegistrationRate()
      : EmulatorTest{throttled({.registrations_per_second = 2, .api_requests_per_second = 1'000})} {}
};

TEST_F(RegistrationRate, DevicesAboveItAreRefusedUnregisteredAndMayComeAgain) {  // P10.8
  const auto factory = emu.register_ca({.auto_registration = true});
  std::vector<Device> devices;
  for (const char* name : {"sn-1", "sn-2", "sn-3"}) devices.emplace_back(emu, factory.sign_device(name));
  EXPECT_THAT(devices[0].connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_THAT(devices[1].connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_THAT(devices[2].connect(), RefusedBecause(Refusal::throttled));
  EXPECT_EQ(status_of(devices[2].identity().certificate_id), "");
  EXPECT_THAT(emu.explain(devices[2]), AllOf(HasSubstr("more than 2 device certificates"),
                                             HasSubstr("--limit registrations_per_second")));

  emu.advance(1s);
  EXPECT_THAT(devices[2].connect(), RefusedBecause(Refusal::certificate_pending));
}

class ConnectRate : public EmulatorTest {
 protected:
  ConnectRate() : EmulatorTest{throttled({.connects_per_second = 2, .api_requests_per_second = 1'000})} {}
};

TEST_F(ConnectRate, IsOfTheAccountAndLeavesAReason) {  // M section 10
  std::vector<Device> devices;
  for (const char* name : {"a", "b", "c"}) devices.push_back(active_device(name));
  EXPECT_THAT(devices[0].connect(), Accepted());
  EXPECT_THAT(devices[1].connect(), Accepted());
  EXPECT_THAT(devices[2].connect(), RefusedBecause(Refusal::throttled));
  EXPECT_THAT(emu.explain(devices[2]), HasSubstr("more than 2 CONNECTs of one account in one second"));
  emu.advance(1s);
  EXPECT_THAT(devices[2].connect(), Accepted());
}

TEST_F(ConnectRate, OfOneClientIdIsOneASecond) {  // M3-12
  Device device = active_device("a");
  EXPECT_THAT(device.connect(), Accepted());
  device.disconnect();
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::throttled));
  EXPECT_THAT(emu.explain(device), HasSubstr("more than one CONNECT a second for one client id (M3-12)"));
}

class ApiRate : public EmulatorTest {
 protected:
  ApiRate() : EmulatorTest{throttled({})} {}
};

TEST_F(ApiRate, ACallAboveItIsThrottledUntilTheNextSecond) {  // M section 10
  for (int i = 0; i < 10; ++i) ASSERT_THAT(emu.api("ListPolicies"), IsOk()) << i;
  const ApiResult eleventh = emu.api("ListPolicies");
  EXPECT_EQ(eleventh.error, "ThrottlingException");
  EXPECT_EQ(eleventh.status, 400);
  EXPECT_THAT(eleventh.message,
              AllOf(HasSubstr("Rate exceeded"), HasSubstr("ListPolicies"), HasSubstr("10 times")));
  EXPECT_THAT(emu.api("ListCertificates"), IsOk()) << "another operation";
  EXPECT_THAT(emu.api("ListPolicies", Json::object(), {.region = "eu-west-1"}), IsOk()) << "another region";
  emu.advance(1s);
  EXPECT_THAT(emu.api("ListPolicies"), IsOk());
}

TEST_F(ApiRate, ThingsHaveAHigherOne) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(emu.api("CreateThing", {{"thingName", "thing-" + std::to_string(i)}}), IsOk());
  }
  EXPECT_EQ(emu.api("CreateThing", {{"thingName", "one-more"}}).error, "ThrottlingException");
}

class FleetRate : public FleetTest {
 protected:
  FleetRate()
      : FleetTest{throttled({.api_requests_per_second = 1'000, .provisioning_requests_per_second = 1})} {}
};

TEST_F(FleetRate, ARequestAboveItIsRejected) {  // P10.8, P6.4
  create_template("fleet");
  Device device = claimant("claim");
  (void)create_certificate(device);
  const auto second = ask(device, kCreate + "json", "");
  ASSERT_TRUE(second.has_value());
  EXPECT_THAT(*second, RejectedWith(429, "Throttled"));
  EXPECT_EQ(emu.refusals().back().refusal, Refusal::throttled);
  emu.advance(1s);
  (void)create_certificate(device);
}

class NoRates : public EmulatorTest {};

TEST_F(NoRates, AreInForceWithoutTheSwitch) {  // M section 0
  const auto factory = emu.register_ca({.auto_registration = true});
  for (int i = 0; i < 20; ++i) {
    Device device{emu, factory.sign_device("sn-" + std::to_string(i))};
    ASSERT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
    ASSERT_THAT(emu.api("ListPolicies"), IsOk());
  }
}

}  // namespace
}  // namespace iotemu::tests
