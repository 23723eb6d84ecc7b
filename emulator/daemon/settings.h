#pragma once

// Everything `iot-emulator serve` can be told, as one table: flag, environment variable, key of the
// configuration file, help and conversion are columns of a row. Pure: what the process was given is passed
// in.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "iotemu/options.h"

namespace iotemu::daemon {

/// The emulator's options and what only the daemon knows.
struct Settings {
  Options emulator{};
  /// Written when the emulator is ready. Empty: none.
  std::string ready_file{};
  log::Level log_level{log::Level::info};
  /// Lets a crash leave a core dump, which holds private keys.
  bool debug_dumps{false};
};

enum class SettingKind {
  value,
  /// May be given many times; in the environment separated by commas.
  list,
  /// true or false.
  flag,
  /// A list of name=value; in the configuration file an object.
  pairs,
};

struct Setting {
  /// "api-port": the flag --api-port, the variable IOTEMU_API_PORT and the key "api-port" of the file.
  std::string_view name{};
  SettingKind kind{SettingKind::value};
  /// Heading in the help.
  std::string_view group{};
  /// What the help calls the value.
  std::string_view placeholder{};
  std::string_view help{};
  /// Takes every value one source gives; a flag gets "true" or "false". The error is what was expected.
  Status (*apply)(Settings&, std::span<const std::string>){nullptr};
  /// What an error may show of one value; null: all of it.
  std::string (*shown)(std::string_view value){nullptr};
};

/// In the order of the help.
[[nodiscard]] std::span<const Setting> settings_table();

/// "IOTEMU_API_PORT" of "api-port".
[[nodiscard]] std::string environment_name(const Setting& setting);

/// What the command line gave for one row.
struct GivenFlag {
  const Setting* setting{nullptr};
  std::vector<std::string> values{};
};

/// The process environment, or a test's: nothing for a variable that is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Flag over environment over file over default, row by row; of --switch and --limit, name
/// by name. An empty variable
/// counts as not set. `config_text` is the content of the file called `config_path`, if there is one. The
/// error is one line that names the source, the key, the value and what was expected.
Result<Settings> resolve(std::span<const GivenFlag> flags, const Environment& environment,
                         const std::string& config_path, std::optional<std::string_view> config_text);

/// The row that was probably meant by `name` (kebab-case); null if none is close.
[[nodiscard]] const Setting* closest_setting(std::string_view name);

}  // namespace iotemu::daemon
