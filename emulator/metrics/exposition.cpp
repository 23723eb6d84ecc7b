#include "emulator/metrics/exposition.h"

#include <array>
#include <charconv>

namespace iotemu::metrics {
namespace {

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string Exposition::text_of(double value) {
  std::array<char, 64> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), written.ptr};
}

Exposition& Exposition::family(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ");
  text_.append(type).append("\n");
  return *this;
}

Exposition& Exposition::line(std::string_view suffix, std::string_view value, Labels labels) {
  text_.append(name_).append(suffix);
  char before = '{';
  for (const auto& [name, of] : labels) {
    text_ += before;
    text_.append(name).append("=\"");
    append_escaped(text_, of);
    text_ += '"';
    before = ',';
  }
  if (before == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
  return *this;
}

}  // namespace iotemu::metrics
