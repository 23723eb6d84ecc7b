#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdio>

namespace iotemu::log {
namespace {

constexpr std::size_t kMaxField = 4096;
constexpr std::array<std::string_view, 6> kNames{"trace", "debug", "info", "warn", "error", "off"};
constexpr std::array<spdlog::level::level_enum, 6> kSpdlogLevels{spdlog::level::trace, spdlog::level::debug,
                                                                 spdlog::level::info,  spdlog::level::warn,
                                                                 spdlog::level::err,   spdlog::level::off};

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made =
        std::make_shared<spdlog::logger>("iot-emulator", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->set_level(spdlog::level::warn);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

void append_hex(std::string& out, unsigned char byte) {
  std::array<char, 5> escaped{};
  std::snprintf(escaped.data(), escaped.size(), "\\x%02x", byte);
  out += escaped.data();
}

/// Appends at most 4 kB of `text` with its control characters as \xhh: C0, DEL and C1 (C2 80 … C2 9F in
/// UTF-8) could forge lines or drive a terminal. Characters in `quoted` get a backslash.
void append_escaped(std::string& out, std::string_view text, std::string_view quoted) {
  const bool cut = text.size() > kMaxField;
  text = text.substr(0, kMaxField);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte < 0x20 || byte == 0x7f) {
      append_hex(out, byte);
    } else if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {
      append_hex(out, byte);
      append_hex(out, static_cast<unsigned char>(text[++i]));
    } else {
      if (quoted.find(text[i]) != std::string_view::npos) out.push_back('\\');
      out.push_back(text[i]);
    }
  }
  if (cut) out += "…";
}

/// In quotes unless a reader can tell without them where it ends.
void append_value(std::string& out, std::string_view value) {
  std::string escaped;
  append_escaped(escaped, value, "\"\\");
  const bool plain = !value.empty() && value.find_first_of(" \"=\\") == std::string_view::npos &&
                     escaped.find('\\') == std::string::npos;
  if (plain) {
    out += escaped;
  } else {
    out.append(1, '"').append(escaped).append(1, '"');
  }
}

}  // namespace

void set_level(Level level) {
  logger().set_level(kSpdlogLevels[static_cast<std::size_t>(level)]);
}

Level level() {
  for (std::size_t i = 0; i < kSpdlogLevels.size(); ++i) {
    if (kSpdlogLevels[i] == logger().level()) return static_cast<Level>(i);
  }
  return Level::warn;
}

bool parse_level(std::string_view name, Level& out) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] != name) continue;
    out = static_cast<Level>(i);
    return true;
  }
  return false;
}

std::string format_line(std::string_view message, std::initializer_list<Field> fields) {
  std::string line;
  append_escaped(line, message, "");
  for (const auto& [key, value] : fields) {
    line.append(1, ' ').append(key).append(1, '=');
    append_value(line, value);
  }
  return line;
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  const auto spdlog_level = kSpdlogLevels[static_cast<std::size_t>(level)];
  if (!logger().should_log(spdlog_level)) return;
  logger().log(spdlog_level, "{}", format_line(message, fields));
}

}  // namespace iotemu::log
