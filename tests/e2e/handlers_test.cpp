// What the user's registration handlers may do to themselves and not to others (P4.2, P appendix C.4 54, 58).

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/emulator_test.h"

namespace iotemu::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "iotemu-handlers-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream in{file(name)};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

 private:
  std::filesystem::path path_;
};

Options with_command(const std::string& command, Duration timeout = std::chrono::seconds{30}) {
  Options options = test_options();
  options.jitr_command = command;
  options.jitr_command_timeout = timeout;
  return options;
}

/// Knocks once and waits for the handlers.
Device knock(Emulator& emu) {
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  Device device{emu, ca.sign_device("sn-0001")};
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_TRUE(emu.settle());
  return device;
}

/// Whether the process is gone or goes within ten seconds; a killed one still needs a processor to end on.
bool ends(pid_t pid) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return errno == ESRCH;
  pollfd ended{.fd = fd, .events = POLLIN, .revents = 0};
  const bool in_time = ::poll(&ended, 1, 10'000) == 1;
  ::close(fd);
  return in_time;
}

std::string status(Emulator& emu, const Device& device) {
  return emu.api("DescribeCertificate",
                 {{"certificateId", device.identity().certificate_id}})["certificateDescription"]["status"];
}

TEST(RegistrationHandler, CallbackThatThrowsLeavesTheCertificatePendingAndANote) {
  Emulator emu{test_options()};
  emu.on_certificate_registered(
      [](const CertificateRegistered&) { throw std::runtime_error{"no database"}; });
  Device device = knock(emu);
  EXPECT_EQ(status(emu, device), "PENDING_ACTIVATION");
  EXPECT_THAT(emu.explain(device), HasSubstr("no database"));
  EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending))
      << "and the next connect calls it again";
}

TEST(RegistrationHandler, CallbackIsCalledOnlyForItsOwnCa) {
  Emulator emu{test_options()};
  int called = 0;
  const CaFixture mine = emu.register_ca({.common_name = "Mine", .auto_registration = true});
  const CaFixture other = emu.register_ca({.common_name = "Other", .auto_registration = true});
  emu.on_certificate_registered(mine, [&](const CertificateRegistered& event) {
    ++called;
    EXPECT_EQ(event.client_id, "sn-0001");
    EXPECT_EQ(event.account, "123456789012");
    EXPECT_EQ(event.certificate_arn, arn("cert/" + event.certificate_id));
  });
  Device{emu, mine.sign_device("sn-0001")}.connect();
  Device{emu, other.sign_device("sn-0002")}.connect();
  emu.settle();
  EXPECT_EQ(called, 1);
}

TEST(RegistrationHandler, CommandGetsTheEventOnStdinAndItsWayBackInTheEnvironment) {
  const Folder folder;
  Options options = with_command("cat > " + folder.file("event") + "; env > " + folder.file("env"));
  options.jitr_command_environment = {{"HOME", "/home/somebody"}};
  Emulator emu{options};
  const Recorder events = emu.record("$aws/events/certificates/registered/+");
  knock(emu);

  EXPECT_EQ(Json::parse(folder.read("event")), events.json().at(0));
  const std::string environment = "\n" + folder.read("env");
  EXPECT_THAT(environment, HasSubstr("\nAWS_ENDPOINT_URL=" + emu.api_endpoint() + "\n"));
  EXPECT_THAT(environment, HasSubstr("\nAWS_ACCESS_KEY_ID=123456789012\n"));
  EXPECT_THAT(environment, HasSubstr("\nAWS_REGION=us-east-1\n"));
  EXPECT_THAT(environment, HasSubstr("\nAWS_DEFAULT_REGION=us-east-1\n"));
  EXPECT_THAT(environment, HasSubstr("\nHOME=/home/somebody\n"));
  EXPECT_THAT(environment, HasSubstr("\nPATH="));
  EXPECT_THAT(emu.refusals().back().cause, Not(HasSubstr("handler")));
}

TEST(RegistrationHandler, IsCalledOnceForEachConnectThatFindsTheCertificatePending) {  // P3.5 row 7, P3.7
  const Folder folder;
  Emulator emu{with_command("echo x >> " + folder.file("runs"))};
  const Recorder events = emu.record("$aws/events/certificates/registered/+");
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  Device device{emu, ca.sign_device("sn-0001")};
  for (int i = 0; i < 20; ++i) EXPECT_THAT(device.connect(), RefusedBecause(Refusal::certificate_pending));
  EXPECT_TRUE(emu.settle());
  EXPECT_EQ(events.messages().size(), 20U);
  EXPECT_EQ(folder.read("runs").size(), 2 * events.messages().size()) << "one run an event, no more";
  emu.api("UpdateCertificate",
          {{"certificateId", device.identity().certificate_id}, {"newStatus", "ACTIVE"}});
  device.connect();
  EXPECT_TRUE(emu.settle());
  EXPECT_EQ(folder.read("runs").size(), 40U) << "an active certificate is no news";
}

TEST(RegistrationHandler, CommandThatFailsSaysSoWithItsLastLine) {
  Emulator emu{with_command("echo first; echo no such policy >&2; exit 3")};
  Device device = knock(emu);
  EXPECT_EQ(status(emu, device), "PENDING_ACTIVATION");
  EXPECT_THAT(emu.explain(device), HasSubstr("handler exited 3: no such policy"));
}

TEST(RegistrationHandler, CommandThatDiesSaysSo) {
  Emulator emu{with_command("kill -SEGV $$")};
  Device device = knock(emu);
  EXPECT_THAT(emu.explain(device), HasSubstr("signal 11"));
}

TEST(RegistrationHandler, CommandThatHangsIsKilledWithItsWholeProcessGroup) {
  const Folder folder;
  Emulator emu{with_command("sleep 1000 & echo $! > " + folder.file("child") + "; wait",
                            std::chrono::milliseconds{300})};
  Device device = knock(emu);
  EXPECT_EQ(status(emu, device), "PENDING_ACTIVATION");
  EXPECT_THAT(emu.explain(device), HasSubstr("had not ended after 300 ms"));
  EXPECT_TRUE(ends(std::stoi(folder.read("child")))) << "the grandchild is killed too";
}

TEST(RegistrationHandler, StoppingTheEmulatorEndsAHandlerUnderWay) {
  const Folder folder;
  Emulator emu{with_command("echo $$ > " + folder.file("pid") + "; sleep 1000")};
  const CaFixture ca = emu.register_ca({.auto_registration = true});
  Device{emu, ca.sign_device("sn-0001")}.connect();
  emu.stop();
  EXPECT_TRUE(emu.settle());
}

TEST(RegistrationHandler, WebhookNobodyListensOnLeavesANote) {
  Options options = test_options();
  options.jitr_webhook = "http://127.0.0.1:1/hook";
  Emulator emu{options};
  Device device = knock(emu);
  EXPECT_EQ(status(emu, device), "PENDING_ACTIVATION");
  EXPECT_THAT(emu.explain(device), HasSubstr("JITR webhook"));
  EXPECT_THAT(emu.explain(device), HasSubstr("stays PENDING_ACTIVATION"));
}

}  // namespace
}  // namespace iotemu::tests
