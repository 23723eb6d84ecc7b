#include "emulator/identity/server_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/manual_clock.h"
#include "base/private_file.h"
#include "registry/pki/certificate.h"
#include "registry/pki/verify.h"
#include "tests/support/temporary_directory.h"

namespace iotemu::identity {
namespace {

namespace pki = registry::pki;

using std::chrono::days;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

pki::Certificate certificate(const std::string& pem) {
  auto parsed = pki::Certificate::from_pem(pem);
  EXPECT_TRUE(parsed) << pem;
  return *parsed;
}

class ServerIdentityTest : public ::testing::Test {
 protected:
  void SetUp() override { log::set_level(log::Level::off); }
  void TearDown() override { log::set_level(log::Level::warn); }

  ServerIdentity open(std::vector<std::string> hosts = {}) {
    auto opened = ServerIdentity::open({.directory = directory_.path(), .hosts = std::move(hosts)}, clock_);
    if (!opened) throw std::runtime_error{opened.error().message};
    return std::move(*opened);
  }
  Error refusal(std::vector<std::string> hosts = {}) {
    auto opened = ServerIdentity::open({.directory = directory_.path(), .hosts = std::move(hosts)}, clock_);
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }

  ManualClock clock_;
  testing::TemporaryDirectory directory_;
};

TEST_F(ServerIdentityTest, InMemoryHasACaAndAP256CertificateAndNoRsaOneYet) {
  const auto identity = ServerIdentity::open({}, clock_);
  ASSERT_TRUE(identity);
  const auto ca = certificate(identity->ca_pem());
  EXPECT_TRUE(ca.is_ca());
  EXPECT_EQ(ca.subject().text(), "CN=iot-emulator server CA");
  EXPECT_EQ(ca.key_type(), pki::KeyType::ec);
  EXPECT_GT(ca.not_after(), clock_.now() + days{3650});

  const auto server = certificate(identity->ecdsa().chain_pem);
  EXPECT_FALSE(server.is_ca());
  EXPECT_TRUE(pki::signed_by(server, ca));
  EXPECT_EQ(server.key_type(), pki::KeyType::ec);
  EXPECT_EQ(server.authority_key_id(), ca.subject_key_id());
  EXPECT_THAT(server.subject_key_id(), SizeIs(20));
  EXPECT_THAT(server.subject_alternative_names().dns, ElementsAre("localhost"));
  EXPECT_THAT(server.subject_alternative_names().ip, SizeIs(2));
  EXPECT_FALSE(identity->rsa());
  EXPECT_TRUE(identity->ca_file().empty());
}

TEST_F(ServerIdentityTest, NamesEveryHostItIsGivenOnceAsNameOrAddress) {
  const auto identity = open({"iot.test", "IOT.test", "localhost", "192.168.1.5", "::1", "*.devices.test"});
  const auto names = certificate(identity.ecdsa().chain_pem).subject_alternative_names();
  EXPECT_THAT(names.dns, ElementsAre("localhost", "iot.test", "*.devices.test"));
  EXPECT_THAT(names.ip, SizeIs(3));
  EXPECT_THAT(names.ip, Contains("192.168.1.5"));
}

TEST_F(ServerIdentityTest, HostThatIsNeitherNameNorAddressIsRefusedByName) {
  for (const auto* host : {"has space", "", "a..b", "-a.test", "über.test", "a/b", "*.", "x,y"}) {
    const auto error = refusal({host});
    EXPECT_THAT(error.message, HasSubstr("'" + std::string{host} + "'"));
  }
  EXPECT_EQ(refusal(std::vector<std::string>(101, "a.test")).code, Errc::limit_exceeded);
}

TEST_F(ServerIdentityTest, IsTheSameAfterARestartAndItsFilesArePrivate) {
  std::string ca;
  std::string server;
  {
    const auto first = open({"iot.test"});
    ca = first.ca_pem();
    server = first.ecdsa().chain_pem;
    EXPECT_EQ(first.ca_file(), directory_ / "server-ca.crt");
    EXPECT_EQ(*read_file(first.ca_file()), ca);
  }
  for (const auto& entry : std::filesystem::directory_iterator{directory_.path()}) {
    struct stat facts {};
    ASSERT_EQ(::stat(entry.path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777, 0600U) << entry.path();
  }
  const auto second = open({"iot.test"});
  EXPECT_EQ(second.ca_pem(), ca);
  EXPECT_EQ(second.ecdsa().chain_pem, server);
}

TEST_F(ServerIdentityTest, RsaCertificateIsMadeOnRequestAndLoadedAfterARestart) {
  std::string chain;
  {
    const auto first = open();
    const auto rsa = first.issue_rsa();
    ASSERT_TRUE(rsa);
    chain = rsa->chain_pem;
    const auto parsed = certificate(chain);
    EXPECT_EQ(parsed.key_type(), pki::KeyType::rsa);
    EXPECT_EQ(parsed.key_bits(), 2048);
    EXPECT_TRUE(pki::signed_by(parsed, certificate(first.ca_pem())));
  }
  const auto second = open();
  ASSERT_TRUE(second.rsa());
  EXPECT_EQ(second.rsa()->chain_pem, chain);
}

TEST_F(ServerIdentityTest, OtherHostsGiveANewCertificateFromTheSameCaWithTheSameKey) {
  std::string ca;
  std::string key;
  {
    const auto first = open();
    ca = first.ca_pem();
    key = first.ecdsa().key_pem;
  }
  const auto second = open({"iot.test"});
  EXPECT_EQ(second.ca_pem(), ca);
  EXPECT_EQ(second.ecdsa().key_pem, key);
  EXPECT_THAT(certificate(second.ecdsa().chain_pem).subject_alternative_names().dns, Contains("iot.test"));
}

TEST_F(ServerIdentityTest, CertificateNearItsEndIsIssuedAnewAndTheCaStays) {
  std::string ca;
  std::string server;
  {
    const auto first = open();
    ca = first.ca_pem();
    server = first.ecdsa().chain_pem;
  }
  clock_.advance(days{789});
  { EXPECT_EQ(open().ecdsa().chain_pem, server); }
  clock_.advance(days{2});
  const auto later = open();
  EXPECT_EQ(later.ca_pem(), ca);
  EXPECT_NE(later.ecdsa().chain_pem, server);
  EXPECT_GT(certificate(later.ecdsa().chain_pem).not_after(), clock_.now() + days{800});
}

TEST_F(ServerIdentityTest, CaInItsLastYearsIsReplaced) {
  std::string ca;
  { ca = open().ca_pem(); }
  clock_.advance(days{3000});
  const auto later = open();
  EXPECT_NE(later.ca_pem(), ca);
  EXPECT_TRUE(pki::signed_by(certificate(later.ecdsa().chain_pem), certificate(later.ca_pem())));
}

TEST_F(ServerIdentityTest, DirectoryInUseIsRefusedAndNamesTheProcess) {
  const auto first = open();
  const auto error = refusal();
  EXPECT_EQ(error.code, Errc::conflict);
  EXPECT_THAT(error.message, HasSubstr(directory_.path().string()));
  EXPECT_THAT(error.message, HasSubstr("process id " + std::to_string(::getpid())));
}

TEST_F(ServerIdentityTest, DamagedFilesAreNamedWithTheirCure) {
  { open(); }
  ASSERT_TRUE(write_file(directory_ / "server-ca.key", "garbage", kSecretMode, Overwrite::yes));
  EXPECT_THAT(refusal().message, HasSubstr("server-ca.key is not usable"));

  std::filesystem::remove(directory_ / "server-ca.key");
  const auto missing = refusal();
  EXPECT_THAT(missing.message, HasSubstr("server-ca.key"));
  EXPECT_THAT(missing.message, HasSubstr("is missing"));

  std::filesystem::copy_file(directory_ / "server-ecdsa.key", directory_ / "server-ca.key");
  EXPECT_THAT(refusal().message, HasSubstr("belongs to another certificate"));
}

TEST_F(ServerIdentityTest, KeyWhoseCertificateWasNeverWrittenIsUsed) {
  // A process killed between the two files of a pair.
  { open(); }
  const auto key = *read_file(directory_ / "server-ca.key");
  for (const auto* name : {"server-ca.crt", "server-ecdsa.crt", "server-ecdsa.key"}) {
    std::filesystem::remove(directory_ / name);
  }
  const auto again = open();
  EXPECT_EQ(*read_file(directory_ / "server-ca.key"), key);
  EXPECT_TRUE(pki::signed_by(certificate(again.ecdsa().chain_pem), certificate(again.ca_pem())));
}

}  // namespace
}  // namespace iotemu::identity
