#include "emulator/daemon/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <vector>

#include "emulator/daemon/commands.h"
#include "emulator/daemon/version.h"

namespace iotemu::daemon {
namespace {

constexpr std::string_view kExamples =
    "First steps:\n"
    "  iot-emulator serve --data-dir ~/.iot-emulator     the emulator, with keys that stay\n"
    "  iot-emulator pki ca factory                       a CA to register\n"
    "  iot-emulator pki device robot-1 --ca factory      a device to connect with\n"
    "\n"
    "Each command explains itself with --help.";

/// Options without CLI11's notes on types, ranges and exclusions: the help texts say what there is to say.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    const auto type = option->get_type_name();
    return type.empty() ? type : " " + type;
  }
};

/// The applications from the program down to the command that the arguments name.
std::vector<const CLI::App*> called(const CLI::App& app) {
  std::vector<const CLI::App*> path{&app};
  while (!path.back()->get_subcommands().empty()) path.push_back(path.back()->get_subcommands().front());
  return path;
}

/// "iot-emulator pki device", for the pointer to its help.
std::string called_name(const CLI::App& app) {
  std::string name;
  for (const auto* part : called(app)) name += (name.empty() ? "" : " ") + part->get_name();
  return name;
}

std::string help_of(const CLI::App& app) {
  const auto& command = *called(app).back();
  auto name = called_name(app);
  name.resize(name.size() - command.get_name().size());
  while (name.ends_with(' ')) name.pop_back();
  auto help = command.help(name);
  for (auto at = help.find("\n\n\n"); at != std::string::npos; at = help.find("\n\n\n", at))
    help.erase(at, 1);
  while (help.ends_with('\n')) help.pop_back();
  return help + "\n";
}

/// One line: CLI11 puts hints on lines of their own.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

/// "did you mean --api-port?" for a flag of `serve` that is nearly one.
std::string guess(const CLI::App& app, std::span<const std::string> arguments) {
  if (!app.got_subcommand("serve")) return {};
  const auto table = settings_table();
  for (std::string_view argument : arguments) {
    if (!argument.starts_with("--")) continue;
    const auto name = argument.substr(2, argument.find('=') - 2);
    const bool known =
        name == "config" ||
        std::any_of(table.begin(), table.end(), [&](const Setting& setting) { return setting.name == name; });
    if (known) continue;
    const auto* meant = closest_setting(name);
    if (meant != nullptr) return "; did you mean --" + std::string{meant->name} + "?";
  }
  return {};
}

}  // namespace

int fail(Console& console, std::string_view message) {
  console.err << "iot-emulator: " << message << '\n';
  return 1;
}

int run(std::span<const std::string> arguments, Console& console) {
  CLI::App app{"AWS IoT Core on your machine: devices, certificates, policies, just-in-time registration.",
               "iot-emulator"};
  app.footer(std::string{kExamples});
  const auto formatter = std::make_shared<HelpFormatter>();
  formatter->column_width(30);
  app.formatter(formatter);
  app.require_subcommand(0, 1);

  Command chosen;
  add_serve(app, chosen);
  add_pki(app, chosen);
  add_load(app, chosen);
  add_operations(app, chosen);
  app.add_subcommand("version", "Prints the version")->callback([&chosen] {
    chosen = [](Console& on) {
      on.out << "iot-emulator " << kVersion << '\n';
      return 0;
    };
  });

  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    console.out << help_of(app);
    return 0;
  } catch (const CLI::ParseError& error) {
    return fail(console,
                one_line(error.what()) + guess(app, arguments) + " (see " + called_name(app) + " --help)");
  }
  if (!chosen) {
    return fail(console, "which command? serve, pki, load, operations or version (see " + called_name(app) +
                             " --help)");
  }
  return chosen(console);
}

}  // namespace iotemu::daemon
