#pragma once

// Text that Prometheus reads (text exposition format 0.0.4). Pure.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace iotemu::metrics {

/// The type of the answer that carries it.
inline constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

class Exposition {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// Begins a family. The samples that follow belong to it.
  Exposition& counter(std::string_view name, std::string_view help) { return family(name, help, "counter"); }
  Exposition& gauge(std::string_view name, std::string_view help) { return family(name, help, "gauge"); }
  Exposition& histogram(std::string_view name, std::string_view help) {
    return family(name, help, "histogram");
  }

  Exposition& sample(std::uint64_t value, Labels labels = {}) {
    return line("", std::to_string(value), labels);
  }
  Exposition& sample(double value, Labels labels = {}) { return line("", text_of(value), labels); }
  /// One line of the family's name with "_bucket", "_sum" or "_count" behind it.
  Exposition& part(std::string_view suffix, std::uint64_t value, Labels labels) {
    return line(suffix, std::to_string(value), labels);
  }
  Exposition& part(std::string_view suffix, double value, Labels labels) {
    return line(suffix, text_of(value), labels);
  }

  [[nodiscard]] std::string text() && { return std::move(text_); }

  /// The shortest decimal text of a number: "0.005", "12".
  [[nodiscard]] static std::string text_of(double value);

 private:
  Exposition& family(std::string_view name, std::string_view help, std::string_view type);
  Exposition& line(std::string_view suffix, std::string_view value, Labels labels);

  std::string text_;
  std::string name_;
};

}  // namespace iotemu::metrics
