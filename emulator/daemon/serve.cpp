#include "emulator/daemon/serve.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include "base/log.h"
#include "emulator/daemon/ca_file.h"
#include "emulator/daemon/ready_file.h"
#include "emulator/daemon/stop_signals.h"
#include "emulator/http/guard.h"
#include "emulator/runtime/spawner.h"
#include "iotemu/emulator.h"

namespace iotemu::daemon {
namespace {

void guard_process(const Settings& settings) {
  ::umask(077);
  // A client that goes while we write is an error code, not the end.
  std::signal(SIGPIPE, SIG_IGN);
  if (!settings.debug_dumps) ::prctl(PR_SET_DUMPABLE, 0);
}

std::string address(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace

int serve(const Settings& settings, Console& console) {
  guard_process(settings);
  // Now, when there is no thread and no key in this process.
  runtime::fork_early();
  log::set_level(settings.log_level);
  StopSignals stop_signals;

  auto ready_file = ReadyFile::claim(settings.ready_file);
  if (!ready_file) return fail(console, ready_file.error().message);

  std::unique_ptr<Emulator> emulator;
  try {
    emulator = std::make_unique<Emulator>(settings.emulator);
  } catch (const std::exception& failure) {
    return fail(console, failure.what());
  }
  const auto& options = settings.emulator;
  const auto ca_file = CaFile::place(settings, emulator->server_ca_pem());
  if (!ca_file) return fail(console, ca_file.error().message);

  const auto written = ready_file->write({.api_endpoint = emulator->api_endpoint(),
                                          .mqtt_host = options.endpoint_host,
                                          .mqtt_port = emulator->mqtt_port(),
                                          .https_port = emulator->https_port(),
                                          .server_ca_file = ca_file->path().string(),
                                          .account = options.account,
                                          .region = options.region,
                                          .pid = ::getpid(),
                                          .admin_token = emulator->admin_token()});
  if (!written) return fail(console, written.error().message);
  log::info("the registry and all sessions live in memory and end with this process",
            {{"server_keys", options.data_dir.empty() ? "in memory" : options.data_dir}});
  log::info("ready", {{"api", emulator->api_endpoint()},
                      {"mqtt", "mqtts://" + address(options.endpoint_host, emulator->mqtt_port())},
                      {"https", "https://" + address(options.endpoint_host, emulator->https_port())},
                      {"ca", ca_file->path().string()}});
  if (!http::is_loopback_host(options.host)) {
    log::warn(
        "other machines can reach this emulator, and its AWS API accepts any signature",
        {{"host", options.host},
         {"admin_paths", emulator->admin_token().empty() ? "open to all" : "asks for the admin token"}});
  }
  if (!emulator->admin_token().empty() && settings.ready_file.empty()) {
    // The log never holds it; whoever started us sees it here, or asks for a ready file.
    console.out << "admin token for /_iot/* and Lambda: " << emulator->admin_token() << std::endl;
  }

  const int signal = stop_signals.wait();
  log::info("stopping", {{"signal", ::strsignal(signal)}});
  emulator->stop();
  log::info("stopped");
  return 0;
}

}  // namespace iotemu::daemon
