#include "registry/policy/operands.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string>

#include "registry/policy/text.h"

namespace iotemu::registry::policy {
namespace {

using std::string_view;

template <class Number>
std::optional<Number> parse_whole(string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Reads a date from left to right; after the first thing that does not fit `failed` stays set.
class DateReader {
 public:
  explicit DateReader(string_view text) : rest_{text} {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] bool failed() const { return failed_; }

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) { failed_ |= !take(wanted); }

  /// Exactly `digits` digits with a value of at most `max`.
  int number(std::size_t digits, int max) {
    const string_view text = rest_.substr(0, digits);
    const bool all_digits = text.size() == digits && std::all_of(text.begin(), text.end(), is_digit);
    const int value = all_digits ? parse_whole<int>(text).value_or(max + 1) : max + 1;
    rest_.remove_prefix(text.size());
    if (value > max) failed_ = true;
    return failed_ ? 0 : value;
  }

  /// The digits behind a decimal point as milliseconds.
  int milliseconds() {
    int value = 0;
    int digits = 0;
    for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1), ++digits) {
      if (digits < 3) value = value * 10 + (rest_.front() - '0');
    }
    failed_ |= digits == 0;
    for (; digits < 3; ++digits) value *= 10;
    return value;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

 private:
  string_view rest_;
  bool failed_{false};
};

}  // namespace

std::optional<double> parse_number(string_view text) {
  const auto value = parse_whole<double>(text);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_date(string_view text) {
  using namespace std::chrono;
  const bool only_digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return DateReader::is_digit(c); });
  if (only_digits && text.size() != 4) {
    constexpr std::int64_t kLastSecond = 253'402'300'799;  // end of the year 9999
    const auto seconds = parse_whole<std::int64_t>(text);
    if (!seconds || *seconds > kLastSecond) return std::nullopt;
    return *seconds * 1000;
  }

  DateReader in{text};
  const int y = in.number(4, 9999);
  const int m = in.take('-') ? in.number(2, 12) : 1;
  const int d = in.take('-') ? in.number(2, 31) : 1;
  milliseconds time{0};
  if (in.take('T')) {
    time += hours{in.number(2, 23)};
    in.expect(':');
    time += minutes{in.number(2, 59)};
    if (in.take(':')) {
      time += seconds{in.number(2, 60)};
      if (in.take('.')) time += milliseconds{in.milliseconds()};
    }
    if (!in.take('Z')) {
      const bool east = in.take('+');
      if (!east) in.expect('-');
      milliseconds offset = hours{in.number(2, 23)};
      in.take(':');
      offset += minutes{in.number(2, 59)};
      time += east ? -offset : offset;
    }
  }
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  if (in.failed() || !in.done() || !date.ok()) return std::nullopt;
  return (sys_time<milliseconds>{sys_days{date}} + time).time_since_epoch().count();
}

std::optional<bool> parse_bool(string_view text) {
  if (equals_ignoring_case(text, "true")) return true;
  if (equals_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

std::optional<AddressRange> AddressRange::parse(string_view text) {
  const auto slash = text.find('/');
  const std::string address{text.substr(0, slash)};
  AddressRange out;
  if (inet_pton(AF_INET, address.c_str(), out.bytes_.data()) == 1) {
    out.is_v4_ = true;
  } else if (inet_pton(AF_INET6, address.c_str(), out.bytes_.data()) != 1) {
    return std::nullopt;
  }

  const unsigned width = out.is_v4_ ? 32 : 128;
  out.prefix_ = width;
  if (slash != text.npos) {
    const auto prefix = parse_whole<unsigned>(text.substr(slash + 1));
    if (!prefix || *prefix > width) return std::nullopt;
    out.prefix_ = *prefix;
  }

  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (!out.is_v4_ && out.prefix_ >= 96 && std::equal(kMapped.begin(), kMapped.end(), out.bytes_.begin())) {
    std::copy(out.bytes_.begin() + 12, out.bytes_.end(), out.bytes_.begin());
    out.is_v4_ = true;
    out.prefix_ -= 96;
  }
  return out;
}

bool AddressRange::contains(const AddressRange& address) const {
  if (is_v4_ != address.is_v4_ || prefix_ > address.prefix_) return false;
  const unsigned whole = prefix_ / 8;
  if (!std::equal(bytes_.begin(), bytes_.begin() + whole, address.bytes_.begin())) return false;
  const unsigned bits = prefix_ % 8;
  if (bits == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFF << (8 - bits));
  return ((bytes_[whole] ^ address.bytes_[whole]) & mask) == 0;
}

}  // namespace iotemu::registry::policy
