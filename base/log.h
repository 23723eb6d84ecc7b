#pragma once

// The log. One line a record: message, then `key=value` fields; control characters and newlines are escaped
// and a field is cut at 4 kB, so that nothing a client sends can forge a line. Secrets are never passed here.
// Thread-safe. spdlog stays inside log.cpp.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace iotemu::log {

enum class Level { trace, debug, info, warn, error, off };

using Field = std::pair<std::string_view, std::string_view>;

/// Process-wide threshold; default warn, so that a linked library is quiet.
void set_level(Level level);
[[nodiscard]] Level level();
/// Nothing for an unknown name. Names: trace debug info warn error off.
[[nodiscard]] bool parse_level(std::string_view name, Level& out);

/// What `write` writes after time and level: `message key=value key="quoted value"`, escaped and cut.
[[nodiscard]] std::string format_line(std::string_view message, std::initializer_list<Field> fields);

void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::info, message, fields);
}
inline void warn(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::warn, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::error, message, fields);
}

}  // namespace iotemu::log
