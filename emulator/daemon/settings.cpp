#include "emulator/daemon/settings.h"

#include <algorithm>
#include <utility>

#include "base/json.h"

namespace iotemu::daemon {
namespace {

Error expected(std::string what) {
  return {.code = Errc::invalid_request, .message = "expected " + std::move(what)};
}

/// "apiPort", "api_port" and "api-port" are one key.
std::string kebab(std::string_view key) {
  std::string name;
  for (const char c : key) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !name.empty() && name.back() != '-') name += '-';
    name += c == '_' ? '-' : upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return name;
}

const Setting* find_setting(std::string_view name) {
  for (const auto& setting : settings_table()) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row[b.size()];
}

std::vector<std::string> split_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const auto comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::optional<std::string> scalar_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return std::string{value.get<bool>() ? "true" : "false"};
  if (value.is_number_integer()) return value.dump();
  return std::nullopt;
}

/// {"qos2": "silent"} → "qos2=silent".
Result<std::vector<std::string>> pair_values(const Json& object) {
  std::vector<std::string> values;
  for (const auto& [name, value] : object.items()) {
    const auto text = scalar_text(value);
    if (!text) return expected("a string, number or boolean for " + name);
    values.push_back(name + "=" + *text);
  }
  return values;
}

/// Pairs may also be given as a JSON object in text.
Result<std::vector<std::string>> text_values(const Setting& setting, std::vector<std::string> given) {
  if (setting.kind != SettingKind::pairs) return given;
  std::vector<std::string> values;
  for (auto& text : given) {
    if (!text.starts_with('{')) {
      values.push_back(std::move(text));
      continue;
    }
    const auto object = parse_json(text);
    if (!object) return object.error();
    auto more = pair_values(*object);
    if (!more) return more;
    values.insert(values.end(), more->begin(), more->end());
  }
  return values;
}

Result<std::vector<std::string>> file_values(const Setting& setting, const Json& value) {
  if (setting.kind == SettingKind::pairs && value.is_object()) return pair_values(value);
  const bool many = setting.kind == SettingKind::list || setting.kind == SettingKind::pairs;
  if (many && value.is_array()) {
    std::vector<std::string> values;
    for (const auto& item : value) {
      if (!item.is_string()) return expected("an array of strings");
      values.push_back(item.get<std::string>());
    }
    return values;
  }
  if (setting.kind == SettingKind::flag && !value.is_boolean()) return expected("true or false");
  auto text = scalar_text(value);
  if (!text) return expected(many ? "a string or an array of strings" : "a string or a number");
  return std::vector{std::move(*text)};
}

/// For an error: `given`, or what may be shown of it.
std::string shown(const Setting& setting, const Result<std::vector<std::string>>& values, char separator,
                  std::string given) {
  if (setting.shown == nullptr) return given;
  if (!values) return "***";
  std::string text;
  for (const auto& value : *values)
    text.append(text.empty() ? "" : std::string{separator}).append(setting.shown(value));
  return text;
}

Status apply(const Setting& setting, const std::string& source,
             const Result<std::vector<std::string>>& values, Settings& settings) {
  const auto done = !values           ? Status{values.error()}
                    : values->empty() ? Status{Ok{}}
                                      : setting.apply(settings, *values);
  if (done) return Ok{};
  return Error{.code = Errc::invalid_request, .message = source + ": " + done.error().message};
}

Status apply_file(const std::string& path, std::string_view text, Settings& settings) {
  const auto json = parse_json(text);
  if (!json) return Error{.code = Errc::invalid_request, .message = path + ": " + json.error().message};
  if (!json->is_object()) {
    return Error{.code = Errc::invalid_request, .message = path + ": expected a JSON object of settings"};
  }
  std::vector<const Setting*> seen;
  for (const auto& [key, value] : json->items()) {
    const auto name = kebab(key);
    const auto* setting = find_setting(name == "switches" ? "switch" : name == "limits" ? "limit" : name);
    if (setting == nullptr) {
      const auto* meant = closest_setting(name);
      return Error{.code = Errc::invalid_request,
                   .message = path + ": unknown key \"" + key + "\"" +
                              (meant == nullptr
                                   ? "; the keys are the names of the flags of `iot-emulator serve --help`"
                                   : "; did you mean \"" + std::string{meant->name} + "\"?")};
    }
    if (std::find(seen.begin(), seen.end(), setting) != seen.end()) {
      return Error{.code = Errc::invalid_request,
                   .message = path + ": \"" + std::string{setting->name} + "\" is set twice"};
    }
    seen.push_back(setting);
    const auto values = file_values(*setting, value);
    const auto source = path + ": \"" + key + "\": " + shown(*setting, values, ' ', to_text(value));
    if (auto done = apply(*setting, source, values, settings); !done) return done;
  }
  return Ok{};
}

Status apply_environment(const Environment& environment, Settings& settings) {
  for (const auto& setting : settings_table()) {
    const auto name = environment_name(setting);
    const auto value = environment(name);
    if (!value || value->empty()) continue;
    const bool split =
        (setting.kind == SettingKind::list || setting.kind == SettingKind::pairs) && !value->starts_with('{');
    auto values = text_values(setting, split ? split_commas(*value) : std::vector{*value});
    const auto source = name + "=" + shown(setting, values, ',', *value);
    if (auto done = apply(setting, source, values, settings); !done) return done;
  }
  return Ok{};
}

}  // namespace

std::string environment_name(const Setting& setting) {
  std::string name{"IOTEMU_"};
  for (const char c : setting.name) {
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

const Setting* closest_setting(std::string_view name) {
  constexpr std::size_t kTooFar = 4;
  const Setting* best = nullptr;
  std::size_t best_distance = kTooFar;
  for (const auto& setting : settings_table()) {
    const auto distance = edit_distance(name, setting.name);
    // A short name must not be "close" to everything.
    if (distance >= best_distance || distance * 2 > setting.name.size()) continue;
    best = &setting;
    best_distance = distance;
  }
  return best;
}

Result<Settings> resolve(std::span<const GivenFlag> flags, const Environment& environment,
                         const std::string& config_path, std::optional<std::string_view> config_text) {
  Settings settings;
  if (config_text) {
    if (auto done = apply_file(config_path, *config_text, settings); !done) return done.error();
  }
  if (auto done = apply_environment(environment, settings); !done) return done.error();
  for (const auto& flag : flags) {
    const auto values = text_values(*flag.setting, flag.values);
    std::string source = "--" + std::string{flag.setting->name};
    if (flag.setting->kind != SettingKind::flag) {
      std::string given;
      for (const auto& value : flag.values) given.append(given.empty() ? "" : " ").append(value);
      source += " " + shown(*flag.setting, values, ' ', std::move(given));
    }
    if (auto done = apply(*flag.setting, source, values, settings); !done) return done.error();
  }
  return settings;
}

}  // namespace iotemu::daemon
