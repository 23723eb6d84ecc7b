#include "load/figures.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace iotemu::load {
namespace {

std::string fixed(double number, int digits) {
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return text.data();
}

/// Three digits of a number below 1,000.
std::string three_digits(double number) {
  return fixed(number, number < 9.995 ? 2 : number < 99.95 ? 1 : 0);
}

}  // namespace

std::string count_text(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string latency_text(double microseconds) {
  if (microseconds < 999.5) return fixed(microseconds, 0) + " µs";
  if (microseconds < 999'500) return three_digits(microseconds / 1'000) + " ms";
  const double seconds = microseconds / 1'000'000;
  if (seconds < 99.95) return three_digits(seconds) + " s";
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  const auto rest = std::to_string(whole % 60);
  return std::to_string(whole / 60) + " m " + (rest.size() < 2 ? "0" : "") + rest + " s";
}

std::string bytes_text(double bytes) {
  if (bytes < 999.5) return fixed(bytes, 0) + " B";
  double shown = bytes;
  for (const char* unit : {" kB", " MB", " GB"}) {
    shown /= 1'000;
    if (shown < 999.5) return three_digits(shown) + unit;
  }
  return fixed(shown / 1'000, 2) + " TB";
}

std::string number_text(double number) {
  if (number >= 1e15) return fixed(number, 0);
  if (number >= 1'000) return count_text(static_cast<std::uint64_t>(std::llround(number)));
  auto text = fixed(number, number < 100 ? 2 : 1);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace iotemu::load
