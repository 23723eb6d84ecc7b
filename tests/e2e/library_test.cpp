// The emulator as a library: starting, stopping, time, reset, the in-process API.

#include <filesystem>
#include <optional>
#include <set>
#include <stdexcept>

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string start_failure(const Options& options) {
  try {
    const Emulator emu{options};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(Library, TakenPortIsOneClearSentence) {
  const Emulator first{test_options()};
  Options mqtt = test_options();
  mqtt.mqtt_port = first.mqtt_port();
  EXPECT_THAT(start_failure(mqtt), HasSubstr(std::to_string(first.mqtt_port())));
  Options https = test_options();
  https.https_port = first.https_port();
  EXPECT_THAT(start_failure(https), HasSubstr(std::to_string(first.https_port())));
  Options api = test_options();
  api.api_port = first.api_port();
  EXPECT_THAT(start_failure(api), HasSubstr(std::to_string(first.api_port())));
}

TEST(Library, OptionsThatMakeNoSenseAreRefusedAtTheStart) {
  Options account = test_options();
  account.account = "12345";
  EXPECT_THAT(start_failure(account), HasSubstr("12345"));
  Options webhook = test_options();
  webhook.jitr_webhook = "https://example.test/";
  EXPECT_THAT(start_failure(webhook), HasSubstr("only http://"));
}

TEST(Library, ManyEmulatorsLiveSideBySideAndKnowNothingOfEachOther) {
  Emulator one{test_options()};
  Emulator two{test_options()};
  EXPECT_NE(one.mqtt_port(), two.mqtt_port());
  ASSERT_THAT(one.api("CreateThing", {{"thingName", "mine"}}), IsOk());
  EXPECT_THAT(two.api("DescribeThing", {{"thingName", "mine"}}), FailsWith("ResourceNotFoundException"));
}

TEST(Library, SeededEmulatorsGiveTheSameIds) {
  const auto thing_id = [] {
    Emulator emu{test_options()};
    return emu.api("CreateThing", {{"thingName", "mine"}})["thingId"];
  };
  EXPECT_EQ(thing_id(), thing_id());
}

TEST(Library, ApiValidatesAsOverHttp) {
  Emulator emu{test_options()};
  EXPECT_THAT(emu.api("CreateThing", {{"thingName", "no spaces"}}), FailsWith("InvalidRequestException"));
  EXPECT_THAT(emu.api("CreateThing"), FailsWith("InvalidRequestException"));
  EXPECT_FALSE(emu.api("NoSuchOperation"));
  EXPECT_EQ(emu.api("CreateJob", {{"jobId", "j"}}).status, 501);
}

TEST(Library, ResetForgetsEverythingAndCutsConnections) {
  Emulator emu{test_options()};
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  DeviceIdentity identity = ca.sign_device("pump");
  emu.api("RegisterCertificateWithoutCA",
          {{"certificatePem", identity.certificate_pem}, {"status", "ACTIVE"}});
  emu.api("CreatePolicy",
          {{"policyName", "all"}, {"policyDocument", policy_document({allow("iot:*", "*")})}});
  emu.api("AttachPolicy", {{"policyName", "all"}, {"target", arn("cert/" + identity.certificate_id)}});
  Device device{emu, identity};
  connect(device, {.clean_session = false});
  ASSERT_THAT(device.publish("t", "kept", 1, true), Accepted());

  emu.reset(true);
  EXPECT_FALSE(device.wait_closed().accepted);
  EXPECT_THAT(emu.api("ListCACertificates")["certificates"], SizeIs(1)) << "keep_ca";
  EXPECT_THAT(emu.api("ListCertificates")["certificates"], IsEmpty());
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending)) << "unknown again";

  emu.reset();
  EXPECT_THAT(emu.api("ListCACertificates")["certificates"], IsEmpty());
  EXPECT_THAT(emu.refusals(), IsEmpty());
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::ca_unknown));
}

TEST(Library, AdvanceMovesTheManualClockOnly) {
  Emulator manual{test_options()};
  EXPECT_TRUE(manual.advance(std::chrono::hours{1}));
  Options options = test_options();
  options.clock = ClockMode::real;
  Emulator real{options};
  EXPECT_FALSE(real.advance(std::chrono::hours{1}));
}

TEST(Library, ServerCertificateIsOfTheKindTheClientAsksFor) {
  Options options = test_options();
  options.rsa_server_certificate = true;
  Emulator emu{options};
  ASSERT_TRUE(emu.settle()) << "the RSA key is made behind the start";
  Device device{emu, emu.make_ca().sign_device("stranger")};
  for (const auto tls : {ConnectOptions::Tls::v1_2, ConnectOptions::Tls::v1_3}) {
    for (const KeyKind key : {KeyKind::rsa_2048, KeyKind::ec_p256}) {
      EXPECT_TRUE(device.handshake({.tls = tls, .server_key = key}));
    }
  }
}

TEST(Library, StopEndsConnectionsAndMayBeCalledTwice) {
  Emulator emu{test_options()};
  Device device{emu, emu.make_ca().sign_device("stranger")};
  ASSERT_TRUE(device.handshake());
  emu.stop();
  emu.stop();
  EXPECT_FALSE(device.wait_closed().accepted);
}

TEST(Library, DataDirectoryKeepsTheServersCa) {
  std::string pattern = (std::filesystem::temp_directory_path() / "iotemu-data-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  Options options = test_options();
  options.data_dir = pattern;
  std::set<std::string> authorities;
  for (int run = 0; run < 2; ++run) authorities.insert(Emulator{options}.server_ca_pem());
  EXPECT_THAT(authorities, SizeIs(1));
  std::filesystem::remove_all(pattern);
}

}  // namespace
}  // namespace iotemu::tests
