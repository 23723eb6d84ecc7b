#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <memory>

#include "base/private_file.h"
#include "emulator/daemon/commands.h"
#include "emulator/daemon/limits.h"
#include "emulator/daemon/serve.h"
#include "emulator/daemon/switches.h"

namespace iotemu::daemon {
namespace {

constexpr std::string_view kConfigVariable = "IOTEMU_CONFIG";

constexpr std::string_view kHelpEnd =
    "Every option can also be an environment variable (--api-port is IOTEMU_API_PORT; lists with\n"
    "commas) or a key of the configuration file. A flag wins over the environment, the environment\n"
    "over the file, the file over the default in brackets. A configuration file:\n"
    "  {\"api-port\": 0, \"hostname\": [\"iot.test\"], \"switch\": {\"denied_publish\": \"drop_ack\"}}\n"
    "\n"
    "Examples:\n"
    "  iot-emulator serve\n"
    "      listens on 127.0.0.1, ports 4566, 8883 and 8443, everything in memory\n"
    "  iot-emulator serve --data-dir ~/.iot-emulator --jitr-command ./activate.sh\n"
    "      keeps its keys; a script activates new devices\n"
    "  iot-emulator serve --api-port 0 --mqtt-port 0 --https-port 0 --ready-file ready.json\n"
    "      any free ports, for tests: wait for ready.json and read them there\n"
    "  iot-emulator serve --host 0.0.0.0 --hostname iot.test --allow-host iot.test\n"
    "      for other machines, under a name of its own";

struct Given {
  std::string config{};
  /// Stable addresses: the options point here until the command runs.
  std::deque<std::pair<const Setting*, CLI::Option*>> options{};

  [[nodiscard]] std::vector<GivenFlag> flags() const {
    std::vector<GivenFlag> flags;
    for (const auto& [setting, option] : options) {
      if (option->count() == 0) continue;
      flags.push_back({.setting = setting, .values = option->results()});
    }
    return flags;
  }
};

CLI::Option* add_setting(CLI::App& command, const Setting& setting) {
  const auto flag = "--" + std::string{setting.name};
  const std::string help{setting.help};
  if (setting.kind == SettingKind::flag) {
    return command
        .add_flag_callback(
            flag, [] {}, help)
        ->group(std::string{setting.group});
  }
  auto* option = command.add_option(flag, CLI::callback_t{[](const CLI::results_t&) { return true; }}, help);
  option->type_name(std::string{setting.placeholder})->group(std::string{setting.group});
  if (setting.kind != SettingKind::value) {
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  return option;
}

/// One warning for each IOTEMU_… variable that nothing reads: a misspelt setting would otherwise be ignored
/// silently.
void warn_of_unknown_variables(Console& console) {
  const auto table = settings_table();
  for (const auto& name : console.variable_names) {
    constexpr std::string_view kPrefix = "IOTEMU_";
    if (!name.starts_with(kPrefix) || name == kConfigVariable) continue;
    if (std::any_of(table.begin(), table.end(), [&](const auto& s) { return environment_name(s) == name; }))
      continue;
    std::string kebab;
    for (const char c : name.substr(kPrefix.size())) {
      kebab += c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    const auto* meant = closest_setting(kebab);
    console.err << "iot-emulator: warning: " << name << " is no setting and is ignored"
                << (meant == nullptr ? std::string{} : "; did you mean " + environment_name(*meant) + "?")
                << '\n';
  }
}

/// What a JITR command or a function needs to find its programs and its configuration. The rest of our
/// environment stays ours.
void pass_environment(const Environment& environment, Options& options) {
  for (const auto* name : {"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"}) {
    if (auto value = environment(name))
      options.jitr_command_environment.emplace_back(name, std::move(*value));
  }
  // Functions inherit nothing; these only say where programs, modules and room are.
  options.lambda.path = environment("PATH").value_or("");
  options.lambda.node_path = environment("NODE_PATH").value_or("");
  options.lambda.python_path = environment("PYTHONPATH").value_or("");
  if (auto folder = environment("TMPDIR"); folder && !folder->empty()) {
    options.lambda.temporary_folder = std::move(*folder);
  }
}

int run_serve(const Given& given, Console& console) {
  warn_of_unknown_variables(console);
  const auto path =
      given.config.empty() ? console.environment(std::string{kConfigVariable}).value_or("") : given.config;
  std::optional<std::string> text;
  if (!path.empty()) {
    auto read = read_file(path);
    if (!read) return fail(console, "configuration file: " + read.error().message);
    text = std::move(*read);
  }
  auto settings = resolve(given.flags(), console.environment, path, text);
  if (!settings) return fail(console, settings.error().message);
  pass_environment(console.environment, settings->emulator);
  return serve(*settings, console);
}

}  // namespace

void add_serve(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("serve", "Starts the emulator and runs until it is told to end");
  auto given = std::make_shared<Given>();
  for (const auto& setting : settings_table()) {
    given->options.emplace_back(&setting, add_setting(*command, setting));
  }
  command->add_option("--config", given->config, "JSON object with any of these settings")
      ->type_name("FILE")
      ->group("Files");

  std::string footer{kHelpEnd};
  footer += "\n\nSwitches (default first; the sections are those of the behaviour reference):";
  for (const auto& line : describe_switches()) footer += "\n  " + line;
  footer += "\n\nLimits (with their defaults; _s is seconds):";
  for (const auto& line : describe_limits()) footer += "\n  " + line;
  command->footer(footer);
  command->callback(
      [&chosen, given] { chosen = [given](Console& console) { return run_serve(*given, console); }; });
}

}  // namespace iotemu::daemon
