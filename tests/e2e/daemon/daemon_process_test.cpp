// The executable as scripts use it: started, waited for by its log line, asked, stopped by a signal. Nothing
// here sleeps: reading the child's standard error returns when there is a line or the child has ended.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

#include "base/json.h"
#include "base/private_file.h"
#include "registry/pki/certificate.h"
#include "tests/support/temporary_directory.h"

namespace iotemu {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

/// One run of the daemon; killed when it goes out of scope.
class Daemon {
 public:
  explicit Daemon(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
    arguments.insert(arguments.begin(), IOTEMU_DAEMON);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::vector<char*> envp;
    for (auto& variable : environment) envp.push_back(variable.data());
    envp.push_back(nullptr);

    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe2"};
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    const int failure = ::posix_spawn(&pid_, IOTEMU_DAEMON, &actions, nullptr, argv.data(), envp.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    errors_ = ends[0];
    if (failure != 0) throw std::runtime_error{"posix_spawn: " + std::string{std::strerror(failure)}};
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(errors_);
  }

  /// Reads standard error until a line holds `text` or the process has closed it.
  bool wait_for(std::string_view text) {
    while (log_.find(text) == std::string::npos || log_.back() != '\n') {
      if (!read_more()) return false;
    }
    return true;
  }
  void signal(int number) { ::kill(pid_, number); }
  /// The exit code; negative for the signal that killed it.
  int exit_code() {
    while (read_more()) {
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  [[nodiscard]] const std::string& log() const { return log_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  bool read_more() {
    std::array<char, 4096> buffer{};
    const auto n = ::read(errors_, buffer.data(), buffer.size());
    if (n > 0) log_.append(buffer.data(), static_cast<std::size_t>(n));
    return n > 0;
  }

  pid_t pid_{-1};
  int errors_{-1};
  std::string log_;
};

std::string http_get(std::uint16_t port, const std::string& target) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
    const auto request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(::write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::read(fd, buffer.data(), buffer.size())) > 0;) {
      answer.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }
  ::close(fd);
  return answer;
}

std::uint16_t port_of(const Json& ready) {
  const auto endpoint = ready["apiEndpoint"].get<std::string>();
  return static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
}

class DaemonProcess : public ::testing::Test {
 protected:
  std::vector<std::string> serve(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{
        "serve",        "--api-port",         "0", "--mqtt-port", "0", "--https-port", "0",
        "--ready-file", ready_path().string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  [[nodiscard]] std::filesystem::path ready_path() const { return directory_ / "ready.json"; }
  [[nodiscard]] Json ready() const {
    const auto text = read_file(ready_path());
    return text ? *parse_json(*text) : Json{};
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(DaemonProcess, TellsWhereItListensAnswersAndEndsInOrderOnSigterm) {
  Daemon daemon{serve()};
  ASSERT_TRUE(daemon.wait_for(" ready ")) << daemon.log();
  const auto facts = ready();
  EXPECT_EQ(facts["pid"], daemon.pid());
  EXPECT_EQ(facts["mqttHost"], "localhost");
  EXPECT_NE(facts["httpsPort"], 0);
  EXPECT_EQ(facts["accountId"], "123456789012");
  EXPECT_EQ(facts["region"], "us-east-1");
  EXPECT_FALSE(facts.contains("adminToken"));

  // The log says the same, and that nothing outlives the process.
  EXPECT_THAT(daemon.log(), HasSubstr("api=" + facts["apiEndpoint"].get<std::string>()));
  EXPECT_THAT(daemon.log(),
              HasSubstr("mqtt=mqtts://localhost:" + std::to_string(facts["mqttPort"].get<int>())));
  EXPECT_THAT(daemon.log(),
              HasSubstr("https=https://localhost:" + std::to_string(facts["httpsPort"].get<int>())));
  EXPECT_THAT(daemon.log(), HasSubstr("ca=" + facts["serverCaFile"].get<std::string>()));
  EXPECT_THAT(daemon.log(), HasSubstr("live in memory"));

  const auto ca_file = facts["serverCaFile"].get<std::string>();
  const auto ca = read_file(ca_file);
  ASSERT_TRUE(ca);
  EXPECT_TRUE(registry::pki::Certificate::from_pem(*ca)->is_ca());
  EXPECT_THAT(http_get(port_of(facts), "/_iot/health"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(http_get(port_of(facts), "/_iot/server-ca.pem"), HasSubstr(*ca));

  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.exit_code(), 0) << daemon.log();
  EXPECT_FALSE(std::filesystem::exists(ready_path()));
  EXPECT_FALSE(std::filesystem::exists(ca_file));
}

TEST_F(DaemonProcess, EndsInOrderOnSigintAndOnHangUp) {
  for (const int signal : {SIGINT, SIGHUP}) {
    Daemon daemon{serve()};
    ASSERT_TRUE(daemon.wait_for(" ready ")) << daemon.log();
    daemon.signal(signal);
    EXPECT_EQ(daemon.exit_code(), 0) << daemon.log();
  }
}

TEST_F(DaemonProcess, KeepsItsCaFromStartToStartInAPrivateDirectory) {
  const auto data = directory_ / "data";
  std::string ca;
  for (int start = 0; start < 2; ++start) {
    Daemon daemon{serve({"--data-dir", data.string()})};
    ASSERT_TRUE(daemon.wait_for(" ready ")) << daemon.log();
    EXPECT_EQ(ready()["serverCaFile"], (data / "server-ca.crt").string());
    const auto now = *read_file(data / "server-ca.crt");
    EXPECT_EQ(start == 0 ? now : ca, now);
    ca = now;
    daemon.signal(SIGTERM);
    ASSERT_EQ(daemon.exit_code(), 0) << daemon.log();
  }
  EXPECT_EQ(std::filesystem::status(data).permissions(), std::filesystem::perms{0700});
  for (const auto& entry : std::filesystem::directory_iterator{data}) {
    EXPECT_EQ(entry.status().permissions(), std::filesystem::perms{0600}) << entry.path();
  }
}

TEST_F(DaemonProcess, BeyondLoopbackPutsTheTokenIntoTheReadyFileAndNotIntoTheLog) {
  Daemon daemon{serve({"--host", "0.0.0.0", "--log-level", "debug"})};
  ASSERT_TRUE(daemon.wait_for(" ready ")) << daemon.log();
  const auto facts = ready();
  ASSERT_TRUE(facts.contains("adminToken"));
  EXPECT_THAT(http_get(port_of(facts), "/_iot/refusals"), StartsWith("HTTP/1.1 401"));
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.exit_code(), 0);
  EXPECT_THAT(daemon.log(), Not(HasSubstr(facts["adminToken"].get<std::string>())));
  EXPECT_THAT(daemon.log(), HasSubstr("other machines can reach this emulator"));
}

TEST_F(DaemonProcess, PrivateKeysNeverReachTheLogOrTheReadyFile) {
  Daemon daemon{serve({"--log-level", "trace"})};
  ASSERT_TRUE(daemon.wait_for(" ready ")) << daemon.log();
  EXPECT_THAT(*read_file(ready_path()), Not(HasSubstr("PRIVATE KEY")));
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.exit_code(), 0);
  EXPECT_THAT(daemon.log(), Not(HasSubstr("PRIVATE KEY")));
}

TEST_F(DaemonProcess, ReadsItsSettingsFromEnvironmentAndFile) {
  const auto config = directory_ / "conf.json";
  ASSERT_TRUE(write_file(config, R"({"region": "eu-west-1", "account": "111111111111"})", kPublicMode,
                         Overwrite::no));
  Daemon daemon{serve(), {"IOTEMU_CONFIG=" + config.string(), "IOTEMU_ACCOUNT=222222222222"}};
  ASSERT_TRUE(daemon.wait_for(" ready ")) << daemon.log();
  EXPECT_EQ(ready()["region"], "eu-west-1");
  EXPECT_EQ(ready()["accountId"], "222222222222");
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.exit_code(), 0);
}

TEST_F(DaemonProcess, WarnsOfAVariableThatNothingReads) {
  Daemon daemon{serve(), {"IOTEMU_API_PROT=1"}};
  ASSERT_TRUE(daemon.wait_for(" ready ")) << daemon.log();
  EXPECT_THAT(daemon.log(),
              HasSubstr("IOTEMU_API_PROT is no setting and is ignored; did you mean IOTEMU_API_PORT?"));
}

class DaemonStart : public DaemonProcess {
 protected:
  /// What every failed start looks like: exit code 1, one line, no ready file.
  std::string failure(std::vector<std::string> arguments) {
    Daemon daemon{serve(std::move(arguments))};
    EXPECT_EQ(daemon.exit_code(), 1);
    EXPECT_EQ(std::count(daemon.log().begin(), daemon.log().end(), '\n'), 1) << daemon.log();
    EXPECT_THAT(daemon.log(), StartsWith("iot-emulator: "));
    EXPECT_FALSE(std::filesystem::exists(ready_path()));
    return daemon.log();
  }
};

TEST_F(DaemonStart, WithATakenPortIsOneLineThatNamesIt) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto port = std::to_string(ntohs(address.sin_port));
  for (const std::size_t taken : {2, 4, 6}) {
    std::vector<std::string> arguments{"serve", "--api-port", "0", "--mqtt-port", "0", "--https-port", "0"};
    arguments[taken] = port;
    Daemon daemon{arguments};
    EXPECT_EQ(daemon.exit_code(), 1);
    EXPECT_THAT(daemon.log(), AllOf(StartsWith("iot-emulator: "), HasSubstr(port)));
    EXPECT_EQ(std::count(daemon.log().begin(), daemon.log().end(), '\n'), 1) << daemon.log();
  }
  ::close(fd);
}

TEST_F(DaemonStart, WithAPortOfAnotherEmulatorIsOneLineThatNamesIt) {
  // Listeners that share a port on purpose (SO_REUSEPORT) would let both start and split the clients.
  Daemon first{serve()};
  ASSERT_TRUE(first.wait_for(" ready ")) << first.log();
  const auto facts = ready();
  for (const auto& [flag, port] : {std::pair{"--api-port", std::to_string(port_of(facts))},
                                   std::pair{"--mqtt-port", facts["mqttPort"].dump()},
                                   std::pair{"--https-port", facts["httpsPort"].dump()}}) {
    std::vector<std::string> arguments{"serve", "--api-port", "0", "--mqtt-port", "0", "--https-port", "0"};
    *(std::find(arguments.begin(), arguments.end(), flag) + 1) = port;
    Daemon second{arguments};
    EXPECT_EQ(second.exit_code(), 1);
    EXPECT_THAT(second.log(), AllOf(StartsWith("iot-emulator: "), HasSubstr(port)));
  }
}

TEST_F(DaemonStart, WithADirectoryInUseIsOneLineThatNamesIt) {
  const auto data = (directory_ / "data").string();
  Daemon first{{"serve", "--api-port", "0", "--mqtt-port", "0", "--https-port", "0", "--data-dir", data}};
  ASSERT_TRUE(first.wait_for(" ready ")) << first.log();
  EXPECT_THAT(failure({"--data-dir", data}), AllOf(HasSubstr(data), HasSubstr(std::to_string(first.pid()))));
}

TEST_F(DaemonStart, WithABadConfigurationIsOneLine) {
  const auto config = directory_ / "conf.json";
  ASSERT_TRUE(write_file(config, R"({"api-prot": 1})", kPublicMode, Overwrite::no));
  EXPECT_THAT(failure({"--config", config.string()}), HasSubstr("unknown key \"api-prot\""));
  EXPECT_THAT(failure({"--config", directory_.path().string()}), HasSubstr("configuration file"));
  EXPECT_THAT(failure({"--nonsense"}), HasSubstr("--nonsense"));
  EXPECT_THAT(failure({"--hostname", "not a name"}), HasSubstr("not a name"));
  EXPECT_THAT(failure({"--host", "256.1.1.1"}), HasSubstr("256.1.1.1"));
}

}  // namespace
}  // namespace iotemu
