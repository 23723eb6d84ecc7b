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

void append_escaped(std::string& out, std::string_view text) {
  const bool cut = text.size() > kMaxField;
  for (const char c : text.substr(0, kMaxField)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out.push_back(c);
      continue;
    }
    std::array<char, 5> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "\\x%02x", byte);
    out += escaped.data();
  }
  if (cut) out += "…";
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

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  const auto spdlog_level = kSpdlogLevels[static_cast<std::size_t>(level)];
  if (!logger().should_log(spdlog_level)) return;
  std::string line;
  append_escaped(line, message);
  for (const auto& [key, value] : fields) {
    line += ' ';
    line += key;
    line += '=';
    const bool quoted = value.empty() || value.find_first_of(" \"=") != std::string_view::npos;
    if (quoted) line += '"';
    append_escaped(line, value);
    if (quoted) line += '"';
  }
  logger().log(spdlog_level, "{}", line);
}

}  // namespace iotemu::log
