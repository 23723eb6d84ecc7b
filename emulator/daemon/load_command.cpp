#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <thread>

#include "base/private_file.h"
#include "base/random.h"
#include "emulator/daemon/commands.h"
#include "emulator/daemon/load_merge_command.h"
#include "emulator/daemon/load_outcome.h"
#include "emulator/daemon/load_settings.h"
#include "emulator/daemon/ready_file.h"
#include "emulator/daemon/stop_signals.h"
#include "fixtures/files.h"
#include "load/engine/emulator_watch.h"
#include "load/engine/observer.h"
#include "load/engine/run.h"
#include "registry/pki/certificate.h"

namespace iotemu::daemon {
namespace {

using load::DeviceIdentity;

constexpr std::uint16_t kMqttPort = 8883;
/// Descriptors besides those of devices.
constexpr rlim_t kOtherFiles = 128;
constexpr Duration kLook = std::chrono::milliseconds{100};
constexpr std::size_t kLooksALine = 10;
/// A machine that is later than this behind its own timetable measures itself.
constexpr load::Nanos kWorthAWord = std::chrono::milliseconds{100};
constexpr int kInterrupted = 130;
/// Not an option, which everybody on the machine could read.
constexpr const char* kAdminToken = "IOTEMU_ADMIN_TOKEN";

/// One invocation of the command.
class LoadCommand {
 public:
  LoadOptions options{};
  LoadOutcome outcome{};
  std::string command_line{};

  int run(Console& console);

 private:
  Status prepare();
  Status find_endpoint();
  Status open_api(const Console& console);
  Status find_identities(Console& console);
  Status make_devices(Console& console, const load::IdentitySource& source);
  Status allow_files() const;
  int play(Console& console);
  void catch_signals();
  bool wait(Duration limit);
  void tell(Console& console, const std::string& line) const;
  [[nodiscard]] bool telling() const { return options.progress || ::isatty(STDERR_FILENO) == 1; }

  SystemClock clock_;
  load::SystemStopwatch stopwatch_;
  load::LoadSettings settings_;
  std::optional<load::ApiClient> api_;
  std::unique_ptr<StopSignals> signals_;
  std::optional<fixtures::Authority> authority_;
  std::vector<DeviceIdentity> identities_;
  bool stopped_{false};
};

Error wrong(std::string message) {
  return Error{.code = Errc::invalid_request, .message = std::move(message)};
}

/// What tells this run's devices from those of every other: they must never have been seen before.
std::string new_name() {
  return SystemRandom{}.hex(4);
}

Status LoadCommand::prepare() {
  const bool folder = !options.identities.empty();
  const bool sets_up = options.setup != "none";
  if (folder && (sets_up || !options.ca_cert.empty())) {
    return wrong("--identities brings its own devices; leave out --ca-cert and --setup");
  }
  if (sets_up && !options.ca_cert.empty()) return wrong("--setup makes a CA of its own; leave out --ca-cert");
  if (!folder && !sets_up && options.ca_cert.empty()) {
    return wrong(
        "where do the devices come from? give --ca-cert FILE, --identities FOLDER, or --setup jitp for an "
        "emulator on "
        "this machine");
  }
  if (folder && options.devices == 0) {
    const auto names = load::identity_names(options.identities);
    if (!names) return names.error();
    options.devices = names->size();
  }
  if (options.devices == 0) options.devices = 100;
  auto settings = load_settings(options);
  if (!settings) return settings.error();
  settings_ = std::move(*settings);
  settings_.run_name = new_name();
  if (options.seed == 0) settings_.behaviour.seed = std::hash<std::string>{}(settings_.run_name);
  return check_load_outcome(outcome);
}

/// The emulator's API, with the token that it may ask for: of the ready file, else of the environment.
Status LoadCommand::open_api(const Console& console) {
  auto token = console.environment ? console.environment(kAdminToken).value_or("") : std::string{};
  if (!options.ready_file.empty()) {
    const auto facts = read_ready_file(options.ready_file);
    if (!facts) return wrong("--ready-file: " + facts.error().message);
    if (options.endpoint_api.empty()) options.endpoint_api = facts->api_endpoint;
    token = facts->admin_token;
  }
  if (options.setup != "none" && options.endpoint_api.empty()) options.endpoint_api = kLocalApi;
  if (options.endpoint_api.empty()) return Ok{};
  auto api = load::ApiClient::make(options.endpoint_api);
  if (!api) return api.error();
  if (auto taken = api->set_admin_token(std::move(token)); !taken) return taken;
  api_ = std::move(*api);
  return Ok{};
}

/// The server's CA and the addresses.
Status LoadCommand::find_endpoint() {
  const bool sets_up = options.setup != "none";
  HostPort target{.host = "localhost", .port = 0};
  if (!options.endpoint.empty()) {
    auto given = parse_host_port(options.endpoint);
    if (!given) return given.error();
    target = std::move(*given);
  }
  if (api_) {
    const auto where = load::resolve(api_->host(), api_->port());
    if (!where) return where.error();
    if (sets_up && !where->is_loopback()) {
      return wrong("--setup changes the emulator it is pointed at, and " + options.endpoint_api +
                   " is not on this machine");
    }
    const auto facts = load::facts_of(*api_);
    if (!facts) return facts.error();
    if (target.port == 0) target.port = facts->mqtt_port;
    if (options.ca_file.empty()) settings_.tls.server_ca_pem = facts->server_ca_pem;
  }
  if (target.port == 0) target.port = kMqttPort;
  auto endpoint = load::resolve(target.host, target.port);
  if (!endpoint) return endpoint.error();
  settings_.endpoint = std::move(*endpoint);
  if (sets_up && !settings_.endpoint.is_loopback()) {
    return wrong("--setup is for an emulator on this machine, and --endpoint " + target.host + " is another");
  }
  if (!options.ca_file.empty()) {
    auto pem = read_file(options.ca_file);
    if (!pem) return pem.error();
    settings_.tls.server_ca_pem = std::move(*pem);
  }
  auto& tls = settings_.tls;
  tls.server_name = options.server_name.empty() ? target.host : options.server_name;
  tls.server_name_is_address = options.server_name.empty() && settings_.endpoint.is_numeric();
  // The service's MQTT with certificates on the port of HTTPS asks for this name (T-5).
  if (tls.alpn.empty() && target.port == 443) tls.alpn = {"x-amzn-mqtt-ca"};
  return Ok{};
}

Status LoadCommand::find_identities(Console& console) {
  const load::Arrivals arrivals{settings_.devices, settings_.rate, settings_.shard};
  if (!options.identities.empty()) {
    const auto names = load::identity_names(options.identities);
    if (!names) return names.error();
    if (names->size() < settings_.devices) {
      return wrong("--devices " + std::to_string(settings_.devices) + ": the folder holds " +
                   std::to_string(names->size()) + " identities");
    }
    auto read = load::read_identities(options.identities, *names, arrivals);
    if (!read) return read.error();
    identities_ = std::move(*read);
    return Ok{};
  }
  load::IdentitySource source;
  if (options.setup != "none") {
    auto made = load::set_up(*api_, *load::setup_named(options.setup), settings_.run_name);
    if (!made) return made.error();
    authority_ = std::move(*made);
  } else {
    auto read = options.ca_key.empty() ? fixtures::read_authority(options.ca_cert)
                                       : fixtures::read_authority(options.ca_cert, options.ca_key);
    if (!read) return read.error();
    authority_ = std::move(*read);
    // What stands in the file behind the CA is its own chain.
    const auto pem = read_file(options.ca_cert);
    if (!pem) return pem.error();
    const auto chain = registry::pki::read_chain(*pem);
    if (!chain) return chain.error();
    for (std::size_t i = 1; i < chain->size(); ++i) source.ca_chain_pem += (*chain)[i].pem();
  }
  source.authority = &*authority_;
  source.leaf_only = options.leaf_only;
  if (options.key_type == "rsa2048") {
    source.key = fixtures::KeyKind::rsa_2048;
  } else if (options.key_type == "ec-p384") {
    source.key = fixtures::KeyKind::ec_p384;
  } else if (options.key_type != "ec-p256") {
    return wrong("--key-type: ec-p256, ec-p384 or rsa2048, not '" + options.key_type + "'");
  }
  if (!options.subject.empty()) source.subject = options.subject;
  source.serial_prefix = options.serial_prefix.empty() ? "load-" + settings_.run_name : options.serial_prefix;
  source.save_to = options.save_identities;
  if (auto good = load::check(source, settings_.devices); !good) return good;
  return make_devices(console, source);
}

Status LoadCommand::make_devices(Console& console, const load::IdentitySource& source) {
  const load::Arrivals arrivals{settings_.devices, settings_.rate, settings_.shard};
  catch_signals();
  std::atomic<std::uint64_t> made{0};
  std::atomic<bool> cancelled{false};
  std::atomic<bool> done{false};
  std::optional<Result<std::vector<DeviceIdentity>>> result;
  {
    const std::jthread maker{[&] {
      // Nothing runs yet that could be disturbed.
      const std::size_t threads = std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
      result = load::make_identities(source, settings_.devices, arrivals, threads, made, cancelled);
      done = true;
    }};
    for (std::size_t looks = 0; !done; ++looks) {
      if (wait(kLook)) cancelled = true;
      if (looks % kLooksALine == kLooksALine - 1) {
        tell(console, "making devices: " + std::to_string(made) + " of " + std::to_string(arrivals.count()));
      }
    }
  }
  if (!*result) return result->error();
  identities_ = std::move(**result);
  return Ok{};
}

Status LoadCommand::allow_files() const {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return Ok{};
  const rlim_t needed = identities_.size() + kOtherFiles;
  if (limit.rlim_cur >= needed) return Ok{};
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < needed) {
    return Error{.code = Errc::limit_exceeded,
                 .message = std::to_string(identities_.size()) + " devices need " + std::to_string(needed) +
                            " open files, and this user may have " + std::to_string(limit.rlim_max) +
                            " (ulimit -Hn): raise that, or share the devices out with --shard"};
  }
  limit.rlim_cur = needed;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return Ok{};
}

/// Until then a signal ends the process as it ends any other: nothing is lost.
void LoadCommand::catch_signals() {
  if (!signals_) signals_ = std::make_unique<StopSignals>();
}

/// true once a signal has come.
bool LoadCommand::wait(Duration limit) {
  if (signals_->wait_for(limit)) stopped_ = true;
  return stopped_;
}

void LoadCommand::tell(Console& console, const std::string& line) const {
  if (!telling()) return;
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  console.err << (terminal ? "\r\x1b[K" : "") << line << (terminal ? "" : "\n") << std::flush;
}

std::string progress_line(const load::Totals& totals) {
  std::ostringstream line;
  line << std::chrono::duration_cast<std::chrono::seconds>(totals.elapsed).count()
       << " s: " << totals.arrivals << " of " << totals.devices << " arrived, " << totals.accepted << " in, "
       << totals.connections << " open, " << totals.refused << " refusals, " << totals.errors << " errors";
  if (totals.given_up > 0) line << ", " << totals.given_up << " gave up";
  if (totals.published > 0) line << ", " << totals.published << " messages";
  return line.str();
}

int LoadCommand::play(Console& console) {
  catch_signals();
  std::optional<load::EmulatorWatch> watch;
  if (api_) watch.emplace(*api_, stopwatch_);  // before the first device is refused
  load::Run run{settings_, std::move(identities_), clock_, stopwatch_};
  if (auto started = run.start(); !started) return fail(console, started.error().message);
  load::Observer observer{clock_, stopwatch_, options.pid != 0 ? std::optional{options.pid} : std::nullopt,
                          [&watch](load::Second& second) {
                            if (watch) watch->look(second);
                          }};
  for (std::size_t looks = 0; !run.finished(); ++looks) {
    if (signals_->wait_for(kLook)) {
      if (stopped_) std::_Exit(kInterrupted);  // asked twice: at once
      stopped_ = true;
      run.stop();
    }
    if (looks % kLooksALine == kLooksALine - 1) tell(console, progress_line(run.totals()));
  }
  auto results = run.collect();
  tell(console, progress_line(run.totals()));
  if (telling() && ::isatty(STDERR_FILENO) == 1) console.err << '\n';
  observer.conclude(results);
  if (watch) watch->conclude(results);
  results.command_line = command_line;
  if (run.worst_lag() > kWorthAWord) {
    console.err << "iot-emulator: this machine itself was up to "
                << std::chrono::duration_cast<std::chrono::milliseconds>(run.worst_lag()).count()
                << " ms behind the plan; latencies include that\n";
  }
  const int code = conclude_load(console, results, outcome);
  return code == 0 && stopped_ ? kInterrupted : code;
}

int LoadCommand::run(Console& console) {
  if (auto done = prepare(); !done) return fail(console, done.error().message);
  if (auto done = open_api(console); !done) return fail(console, done.error().message);
  if (auto done = find_endpoint(); !done) return fail(console, done.error().message);
  if (auto done = find_identities(console); !done) {
    const int code = fail(console, done.error().message);
    return stopped_ ? kInterrupted : code;
  }
  if (auto done = allow_files(); !done) return fail(console, done.error().message);
  return play(console);
}

/// What was typed: nothing of it is secret.
std::string as_typed(const CLI::App& command) {
  std::string line = "iot-emulator load";
  for (const auto* option : command.get_options()) {
    if (option->count() == 0) continue;
    line += ' ' + option->get_name();
    if (option->get_expected_max() == 0) continue;  // a flag
    for (const auto& value : option->results()) {
      const bool plain = value.find_first_of(" $'\"*?;&|<>()") == std::string::npos && !value.empty();
      line += plain ? ' ' + value : " '" + value + "'";
    }
  }
  return line;
}

}  // namespace

void add_load(CLI::App& app, Command& chosen) {
  auto* load =
      app.add_subcommand("load", "Makes load: devices that were never seen before, or storms of known ones");
  load->require_subcommand(0, 1);
  load->footer(
      "Onboarding 1,000 new devices by JITP, 100 a second, on an emulator that runs here:\n"
      "  iot-emulator load --setup jitp --devices 1000 --rate 100\n"
      "A real endpoint, with a CA that is registered there:\n"
      "  iot-emulator load --endpoint ID-ats.iot.REGION.amazonaws.com --ca-cert factory.crt \\\n"
      "    --devices 100 --rate 10 --fail-if 'p99>60s'\n"
      "Latencies count from the planned instant, so that a server that stalls shows.\n"
      "Exit codes: 0 done, 1 could not be done, 3 a --fail-if came true, 130 interrupted.");
  const auto command = std::make_shared<LoadCommand>();
  add_load_options(*load, command->options);
  add_load_outcome(*load, command->outcome);
  add_load_merge(*load, chosen);
  load->callback([load, &chosen, command] {
    if (!load->get_subcommands().empty()) return;
    command->command_line = as_typed(*load);
    chosen = [command](Console& console) { return command->run(console); };
  });
}

}  // namespace iotemu::daemon
