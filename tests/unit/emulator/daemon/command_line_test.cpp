#include "emulator/daemon/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/private_file.h"
#include "registry/pki/verify.h"
#include "tests/support/temporary_directory.h"

namespace iotemu::daemon {
namespace {

namespace pki = registry::pki;

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

struct Ran {
  int code{0};
  std::string out{};
  std::string err{};
};

Ran run(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  Console console{.out = out, .err = err, .environment = [](const std::string&) { return std::nullopt; }};
  const int code = run(arguments, console);
  return {.code = code, .out = out.str(), .err = err.str()};
}

/// What every failure looks like: exit code 1, one line on standard error, nothing on standard output.
std::string failure(const std::vector<std::string>& arguments) {
  const auto ran = run(arguments);
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_THAT(ran.err, StartsWith("iot-emulator: "));
  return ran.err;
}

TEST(CommandLine, HelpNamesTheCommandsAndTheFirstSteps) {
  const auto ran = run({"--help"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, IsEmpty());
  for (const auto* word : {"serve", "pki", "operations", "version", "First steps:"}) {
    EXPECT_THAT(ran.out, HasSubstr(word));
  }
}

TEST(CommandLine, ServeHelpHasEverySettingExamplesAndTheOrderOfSources) {
  const auto help = run({"serve", "--help"}).out;
  for (const auto& setting : settings_table()) {
    EXPECT_THAT(help, HasSubstr("--" + std::string{setting.name}));
    EXPECT_THAT(help, HasSubstr(std::string{setting.group} + ":"));
  }
  EXPECT_THAT(help, HasSubstr("--config FILE"));
  EXPECT_THAT(help, HasSubstr("A flag wins over the environment"));
  EXPECT_THAT(help, HasSubstr("Examples:"));
  EXPECT_THAT(help, HasSubstr("v3_subscribe_refusal"));
  std::istringstream lines{help};
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST(CommandLine, EveryCommandHasAHelpThatStartsWithItsUsage) {
  for (const auto& command : {std::vector<std::string>{"pki"},
                              {"pki", "ca"},
                              {"pki", "device"},
                              {"pki", "verification-cert"},
                              {"operations"}}) {
    auto arguments = command;
    arguments.emplace_back("--help");
    std::string name{"Usage: iot-emulator"};
    for (const auto& part : command) name += " " + part;
    const auto ran = run(arguments);
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, HasSubstr(name + " "));
    EXPECT_THAT(ran.out, Not(HasSubstr("Excludes")));
  }
}

TEST(CommandLine, VersionIsPrinted) {
  EXPECT_THAT(run({"version"}).out, ::testing::MatchesRegex("iot-emulator [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(CommandLine, OperationsListsWhatIsBuilt) {
  const auto text = run({"operations"}).out;
  EXPECT_THAT(text, HasSubstr("RegisterCACertificate"));
  EXPECT_THAT(text, HasSubstr("operations are built"));
  EXPECT_THAT(run({"operations", "--markdown"}).out, HasSubstr("| Operation | Request |"));
}

TEST(CommandLine, MistakesAreOneLineThatPointsToTheHelp) {
  EXPECT_THAT(failure({}), HasSubstr("which command? serve, pki, load, operations or version"));
  EXPECT_THAT(failure({"sevre"}), HasSubstr("sevre"));
  EXPECT_THAT(failure({"serve", "--api-prot", "1"}), HasSubstr("did you mean --api-port?"));
  EXPECT_THAT(failure({"serve", "--api-prot", "1"}), HasSubstr("iot-emulator serve --help"));
  EXPECT_THAT(failure({"serve", "--api-port"}), HasSubstr("--api-port"));
  EXPECT_THAT(failure({"serve", "--host", "a", "--host", "b"}), HasSubstr("--host"));
  EXPECT_THAT(failure({"serve", "extra"}), HasSubstr("extra"));
  EXPECT_THAT(failure({"serve", "--api-port", "70000"}), HasSubstr("--api-port 70000: expected a port"));
  EXPECT_THAT(failure({"pki"}), HasSubstr("iot-emulator pki --help"));
  EXPECT_THAT(failure({"pki", "ca"}), HasSubstr("NAME"));
  EXPECT_THAT(failure({"pki", "device", "x"}), HasSubstr("--ca"));
  EXPECT_THAT(failure({"pki", "ca", "x", "--days", "0"}), HasSubstr("--days"));
  EXPECT_THAT(failure({"pki", "ca", "x", "--country", "DE", "--subject", "/CN=x"}), HasSubstr("--country"));
}

TEST(CommandLine, UnreadableConfigurationFileIsOneLine) {
  EXPECT_THAT(failure({"serve", "--config", "/nowhere/conf.json"}), HasSubstr("/nowhere/conf.json"));
}

class PkiCommand : public ::testing::Test {
 protected:
  /// Runs `pki …` with the files in the test's own directory.
  Ran pki(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "pki");
    arguments.insert(arguments.end(), {"--out", directory_.path().string()});
    return run(arguments);
  }
  pki::Certificate certificate(std::string_view file) {
    return *pki::Certificate::from_pem(*read_file(directory_ / file));
  }

  iotemu::testing::TemporaryDirectory directory_;
};

TEST_F(PkiCommand, MakesACaAndSaysHowToRegisterIt) {
  const auto ran = pki({"ca", "factory", "--organization", "Acme", "--days", "10"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto ca = certificate("factory.crt");
  EXPECT_TRUE(ca.is_ca());
  EXPECT_EQ(ca.subject().text(), "O=Acme, CN=factory");
  EXPECT_THAT(ran.out, HasSubstr(ca.id().hex()));
  EXPECT_THAT(ran.out, HasSubstr("register-ca-certificate"));
  EXPECT_EQ(std::filesystem::status(directory_ / "factory.key").permissions(), std::filesystem::perms{0600});
  const auto lifetime = ca.not_after() - ca.not_before();
  EXPECT_EQ(lifetime, std::chrono::days{11}) << "ten days and one for clocks that run late";
}

TEST_F(PkiCommand, MakesADeviceWithEverySubjectField) {
  ASSERT_EQ(pki({"ca", "factory"}).code, 0);
  const auto ran = pki({"device", "robot-1", "--ca", "factory", "--country", "DE", "--serial-number", "1234",
                        "--title", "iot", "--generation-qualifier", "robot", "--dn-qualifier", "dq"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto device = certificate("robot-1.crt");
  EXPECT_EQ(device.subject().text(),
            "C=DE, CN=robot-1, serialNumber=1234, title=iot, generationQualifier=robot, dnQualifier=dq");
  EXPECT_TRUE(pki::signed_by(device, certificate("factory.crt")));
  EXPECT_EQ(*read_file(directory_ / "robot-1-chain.crt"),
            *read_file(directory_ / "robot-1.crt") + *read_file(directory_ / "factory.crt"));
  EXPECT_THAT(ran.out, HasSubstr("mosquitto_pub"));
}

TEST_F(PkiCommand, TakesTheSubjectInOpensslsForm) {
  ASSERT_EQ(pki({"ca", "factory", "--subject", "/C=ES/O=testCAName"}).code, 0);
  EXPECT_EQ(certificate("factory.crt").subject().text(), "C=ES, O=testCAName");
}

TEST_F(PkiCommand, MakesManyDevicesWithNumbersOfTheirOwn) {
  ASSERT_EQ(pki({"ca", "factory"}).code, 0);
  const auto ran = pki({"device", "robot", "--ca", "factory", "--count", "12", "--serial-number", "sn-{}"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(certificate("robot-0001.crt").subject().text(), "CN=robot-0001, serialNumber=sn-0001");
  EXPECT_EQ(certificate("robot-0012.crt").subject().text(), "CN=robot-0012, serialNumber=sn-0012");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "robot-0013.crt"));
}

TEST_F(PkiCommand, MakesRsaKeysOnRequest) {
  ASSERT_EQ(pki({"ca", "factory"}).code, 0);
  ASSERT_EQ(pki({"device", "robot", "--ca", "factory", "--rsa", "--quiet"}).code, 0);
  EXPECT_EQ(certificate("robot.crt").key_type(), pki::KeyType::rsa);
}

TEST_F(PkiCommand, MakesTheVerificationCertificate) {
  ASSERT_EQ(pki({"ca", "factory"}).code, 0);
  ASSERT_EQ(pki({"verification-cert", "--ca", "factory", "--code", "c0de"}).code, 0);
  const auto proof = certificate("factory-verification.crt");
  EXPECT_EQ(proof.subject().common_name(), "c0de");
  EXPECT_TRUE(pki::signed_by(proof, certificate("factory.crt")));
}

TEST_F(PkiCommand, FindsTheCaByFileAsWell) {
  ASSERT_EQ(pki({"ca", "factory"}).code, 0);
  EXPECT_EQ(pki({"device", "robot", "--ca", (directory_ / "factory.crt").string()}).code, 0);
}

TEST_F(PkiCommand, OverwritesNothingUnlessForced) {
  ASSERT_EQ(pki({"ca", "factory"}).code, 0);
  const auto before = *read_file(directory_ / "factory.crt");
  const auto refused = pki({"ca", "factory"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("factory.key is already there; --force overwrites it"));
  EXPECT_EQ(*read_file(directory_ / "factory.crt"), before);
  EXPECT_EQ(pki({"ca", "factory", "--force"}).code, 0);
  EXPECT_NE(*read_file(directory_ / "factory.crt"), before);
}

TEST_F(PkiCommand, SaysNothingWhenQuiet) {
  EXPECT_THAT(pki({"ca", "factory", "-q"}).out, IsEmpty());
}

TEST_F(PkiCommand, MistakesNameTheThing) {
  EXPECT_THAT(pki({"device", "robot", "--ca", "nobody"}).err, HasSubstr("there is no CA 'nobody'"));
  EXPECT_THAT(pki({"ca", "../escape"}).err, HasSubstr("'../escape'"));
  EXPECT_THAT(pki({"ca", "factory", "--subject", "CN=x"}).err, HasSubstr("does not begin with a slash"));
  EXPECT_THAT(pki({"ca", "factory", "--subject", "/BOGUS=x"}).err, HasSubstr("BOGUS"));
  ASSERT_EQ(pki({"ca", "factory"}).code, 0);
  ASSERT_EQ(pki({"device", "robot", "--ca", "factory"}).code, 0);
  EXPECT_THAT(pki({"device", "other", "--ca", "robot"}).err, HasSubstr("not a CA's"));
}

}  // namespace
}  // namespace iotemu::daemon
