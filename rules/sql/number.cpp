#include "rules/sql/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "rules/sql/wide.h"

namespace iotemu::rules::sql {
namespace {

using Rounding = Number::Rounding;

constexpr int kPrecision = 34;
/// Of the first digit: 1E-999 … 9.99E999.
constexpr int kMostExponent = 999;

constexpr const Wide& power(int exponent) {
  return kPowersOfTen[static_cast<std::size_t>(exponent)];
}

int digits_of(Digits value) {
  return count_digits({0, value});
}

/// The quotient of a rounding division.
Digits rounded_quotient(const Wide& value, const Wide& by, bool negative, Rounding how) {
  const auto [quotient, rest] = divide(value, by);
  if (rest == Wide{}) return quotient.low;
  bool up = false;
  switch (how) {
    case Rounding::down:
      break;
    case Rounding::floor:
      up = negative;
      break;
    case Rounding::ceiling:
      up = !negative;
      break;
    case Rounding::half_away:
      up = !(rest < by - rest);
      break;
    case Rounding::half_even: {
      const Wide other = by - rest;
      up = other < rest || (other == rest && (quotient.low & 1U) != 0);
      break;
    }
  }
  return quotient.low + (up ? 1U : 0U);
}

/// Brings digits and exponent to what a Number may hold. An Int that needs more becomes a Decimal.
std::optional<Number> fitted(const Wide& digits, int exponent, bool negative, bool is_int) {
  Number out{.exponent = exponent, .negative = negative, .is_int = is_int};
  const int surplus = count_digits(digits) - kPrecision;
  if (surplus > 0) {
    out.digits = rounded_quotient(digits, power(surplus), negative, Rounding::half_even);
    out.exponent += surplus;
    if (out.digits == power(kPrecision).low) {
      out.digits /= 10;
      ++out.exponent;
    }
    if (out.is_int) out.is_int = out.exponent == 0;
  } else {
    out.digits = digits.low;
  }
  if (out.is_zero()) {
    out.negative = false;
    out.exponent = std::clamp(out.exponent, -kMostExponent, 0);
    return out;
  }
  const int first = out.exponent + digits_of(out.digits) - 1;
  if (first > kMostExponent) return std::nullopt;
  if (first < -kMostExponent) return Number{.is_int = is_int};  // too small to tell from zero
  return out;
}

/// Both with the same exponent, as far as the result can tell. Neither is zero.
struct Aligned {
  Wide a{};
  Wide b{};
  int exponent{0};
};

Aligned aligned(const Number& a, const Number& b) {
  if (a.exponent < b.exponent) {
    const Aligned other = aligned(b, a);
    return {other.b, other.a, other.exponent};
  }
  // 40 digits more are more than rounding looks at; what is left of `b` then is made to tell its presence.
  constexpr int most = 40;
  const int gap = a.exponent - b.exponent;
  if (gap <= most) {
    Wide up = scaled({0, a.digits}, power(std::min(gap, 34)).low);
    if (gap > 34) up = scaled(up, power(gap - 34).low);
    return {up, {0, b.digits}, b.exponent};
  }
  const Wide up = scaled(scaled({0, a.digits}, power(34).low), power(most - 34).low);
  const int cut = gap - most;
  Digits low = 0;
  bool lost = !b.is_zero();
  if (cut < kPrecision) {
    low = b.digits / power(cut).low;
    lost = b.digits % power(cut).low != 0;
  }
  if (lost && low % 5 == 0) ++low;
  return {up, {0, low}, a.exponent - most};
}

std::optional<Number> sum(const Number& a, const Number& b, bool b_negative) {
  const bool is_int = a.is_int && b.is_int;
  if (a.is_zero() || b.is_zero()) {
    // The smaller exponent stays, as far as there is room: 1 + 0.00 is 1.00.
    Number out = a.is_zero() ? b : a;
    if (a.is_zero()) out.negative = b_negative && !b.is_zero();
    const int wanted = std::min(a.exponent, b.exponent);
    const int room = kPrecision - digits_of(out.digits);
    const int shift = std::clamp(out.exponent - wanted, 0, room);
    return fitted(scaled({0, out.digits}, power(shift).low), out.exponent - shift, out.negative, is_int);
  }
  const Aligned both = aligned(a, b);
  if (a.negative == b_negative) return fitted(both.a + both.b, both.exponent, a.negative, is_int);
  if (both.b < both.a) return fitted(both.a - both.b, both.exponent, a.negative, is_int);
  return fitted(both.b - both.a, both.exponent, b_negative, is_int);
}

/// The quotient where it comes out even after a few more digits, which is the common case; as few of them as
/// the operands ask for. Nothing: it does not, or words of 128 bits do not tell.
std::optional<Number> even_quotient(const Number& a, const Number& b) {
  Digits odd = b.digits;
  while (odd % 2 == 0) odd /= 2;
  while (odd % 5 == 0) odd /= 5;
  if (a.digits % odd != 0) return std::nullopt;
  Digits up = a.digits;
  int exponent = a.exponent - b.exponent;
  for (int length = digits_of(up); length < 38; ++length) {
    if (up % b.digits == 0) return fitted({0, up / b.digits}, exponent, a.negative != b.negative, false);
    up *= 10;
    --exponent;
  }
  return std::nullopt;
}

std::string plain(Digits value) {
  std::array<char, 40> buffer{};
  auto at = buffer.end();
  do {
    *--at = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  return {at, buffer.end()};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

Number Number::of(std::int64_t value) {
  const auto magnitude = static_cast<std::uint64_t>(value);
  return {.digits = value < 0 ? 0 - magnitude : magnitude, .negative = value < 0};
}

std::optional<Number> Number::parse(std::string_view text) {
  Number out;
  std::size_t at = 0;
  const auto sees_digit = [&] { return at < text.size() && is_digit(text[at]); };
  if (at < text.size() && text[at] == '-') {
    out.negative = true;
    ++at;
  }
  if (!sees_digit()) return std::nullopt;
  // Up to 38 digits are taken as they are; of those behind, that there is one which is not zero.
  Wide digits{};
  int count = 0;
  std::int64_t exponent = 0;
  bool rest = false;
  const auto take = [&](bool behind_point) {
    for (; sees_digit(); ++at) {
      const auto digit = static_cast<unsigned>(text[at] - '0');
      if (count < 38) {
        digits = {0, digits.low * 10 + digit};
        if (digits.low != 0) ++count;
        if (behind_point) --exponent;
      } else {
        rest = rest || digit != 0;
        if (!behind_point) ++exponent;
      }
    }
  };
  take(false);
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!sees_digit()) return std::nullopt;
    out.is_int = false;
    take(true);
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    out.is_int = false;
    const bool minus = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (!sees_digit()) return std::nullopt;
    std::int64_t written = 0;
    for (; sees_digit(); ++at)
      written = std::min<std::int64_t>(written * 10 + (text[at] - '0'), 1'000'000'000);
    exponent += minus ? -written : written;
  }
  if (at != text.size()) return std::nullopt;
  if (rest && digits.low % 5 == 0) digits.low += 1;
  const auto bounded = static_cast<int>(std::clamp<std::int64_t>(exponent, -1'000'000'000, 1'000'000'000));
  return fitted(digits, bounded, out.negative, out.is_int);
}

std::optional<Number> Number::of_double(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  if (error != std::errc{}) return std::nullopt;
  auto out = parse({buffer.data(), end});
  if (!out) return out;
  out->is_int = false;
  *out = out->stripped();
  if (out->exponent >= 0) {
    // One digit behind the point, or behind the first digit where it is written scientifically.
    const int room = kPrecision - digits_of(out->digits);
    const int shift = std::min(out->exponent + 1, room);
    if (out->exponent + digits_of(out->digits) <= 7 + 14) {
      out->digits *= power(shift).low;
      out->exponent -= shift;
    } else if (out->digits < 10) {
      out->digits *= 10;
      --out->exponent;
    }
  }
  return out;
}

double Number::as_double() const {
  const std::string digits_text = (negative ? "-" : "") + plain(digits) + "e" + std::to_string(exponent);
  double out = 0;
  const auto [end, error] = std::from_chars(digits_text.data(), digits_text.data() + digits_text.size(), out);
  if (error == std::errc::result_out_of_range && exponent > 0) {
    return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  return error == std::errc{} ? out : 0.0;
}

std::optional<std::int64_t> Number::as_int64() const {
  const Number whole = to_int(Rounding::down);
  if (whole.exponent != 0) return std::nullopt;
  constexpr auto most = static_cast<Digits>(std::numeric_limits<std::int64_t>::max());
  if (whole.digits > most) return std::nullopt;
  const auto magnitude = static_cast<std::int64_t>(whole.digits);
  return whole.negative ? -magnitude : magnitude;
}

bool Number::is_whole() const {
  return exponent >= 0 || stripped().exponent >= 0;
}

std::string Number::text() const {
  std::string out = plain(digits);
  const int length = static_cast<int>(out.size());
  const int first = exponent + length - 1;
  if (exponent <= 0 && first >= -6) {
    if (exponent < 0) {
      if (length <= -exponent) out.insert(0, static_cast<std::size_t>(-exponent - length + 1), '0');
      out.insert(out.size() - static_cast<std::size_t>(-exponent), 1, '.');
    }
  } else {
    if (length > 1) out.insert(1, 1, '.');
    out += first < 0 ? "E" : "E+";
    out += std::to_string(first);
  }
  if (negative) out.insert(0, 1, '-');
  return out;
}

Number Number::negated() const {
  Number out = *this;
  out.negative = !negative && !is_zero();
  return out;
}

Number Number::absolute() const {
  Number out = *this;
  out.negative = false;
  return out;
}

Number Number::rounded(int places, Rounding how) const {
  const int cut = -exponent - places;
  if (cut <= 0) return *this;
  Number out = *this;
  out.exponent = -places;
  // One digit beyond the 38 of a word is enough to see that nothing is left.
  out.digits = rounded_quotient({0, digits}, power(std::min(cut, 75)), negative, how);
  if (out.is_zero()) out.negative = false;
  return out;
}

Number Number::to_int(Rounding how) const {
  Number out = rounded(0, how);
  if (out.exponent > 0) {
    if (!out.is_zero() && digits_of(out.digits) + out.exponent > kPrecision) return out;
    out.digits = out.is_zero() ? 0 : out.digits * power(out.exponent).low;
    out.exponent = 0;
  }
  out.is_int = true;
  return out;
}

Number Number::to_decimal() const {
  Number out = *this;
  out.is_int = false;
  return out;
}

Number Number::simplified() const {
  if (is_int) return *this;
  return is_whole() ? to_int(Rounding::down) : *this;
}

Number Number::stripped() const {
  Number out = *this;
  if (out.is_zero()) {
    out.exponent = 0;
    return out;
  }
  while (out.digits % 10 == 0 && !out.is_int) {
    out.digits /= 10;
    ++out.exponent;
  }
  return out;
}

std::optional<Number> add(const Number& a, const Number& b) {
  return sum(a, b, b.negative);
}

std::optional<Number> subtract(const Number& a, const Number& b) {
  return sum(a, b, !b.negative && !b.is_zero());
}

std::optional<Number> multiply(const Number& a, const Number& b) {
  return fitted(wide_product(a.digits, b.digits), a.exponent + b.exponent, a.negative != b.negative,
                a.is_int && b.is_int);
}

std::optional<Number> divide(const Number& a, const Number& b) {
  if (b.is_zero()) return std::nullopt;
  const bool is_int = a.is_int && b.is_int;
  const bool negative = a.negative != b.negative;
  if (a.is_zero()) return fitted({}, a.exponent - b.exponent, false, is_int);
  if (is_int && a.digits % b.digits == 0) return fitted({0, a.digits / b.digits}, 0, negative, true);
  if (const auto even = even_quotient(a, b)) return even;
  // At least 36 digits, and one more that tells whether anything is left.
  const int shift = 36 + digits_of(b.digits) - digits_of(a.digits);
  Wide up{0, a.digits};
  for (int left = shift; left > 0; left -= 34) up = scaled(up, power(std::min(left, 34)).low);
  auto [quotient, rest] = divide(up, Wide{0, b.digits});
  int exponent = a.exponent - b.exponent - std::max(shift, 0);
  if (rest != Wide{}) {
    if (quotient.low % 5 == 0) quotient.low += 1;
  } else {
    // It comes out even: as few digits as the operands ask for.
    const int wanted = is_int ? 0 : a.exponent - b.exponent;
    while (exponent < wanted && quotient.low % 10 == 0) {
      quotient.low /= 10;
      ++exponent;
    }
  }
  return fitted(quotient, exponent, negative, false);
}

std::optional<Number> remainder(const Number& a, const Number& b) {
  if (b.is_zero()) return std::nullopt;
  const bool is_int = a.is_int && b.is_int;
  const int gap = a.exponent - b.exponent;
  Number out{.exponent = std::min(a.exponent, b.exponent), .negative = a.negative, .is_int = is_int};
  if (gap >= 0) {
    out.digits = a.digits % b.digits;
    for (int i = 0; i < gap; ++i) out.digits = out.digits * 10 % b.digits;
  } else if (-gap + digits_of(b.digits) > 38) {
    out.digits = a.digits;  // `b` is more than all of `a`
  } else {
    out.digits = a.digits % (b.digits * power(-gap).low);
  }
  return fitted({0, out.digits}, out.exponent, out.negative, is_int);
}

int compare(const Number& a, const Number& b) {
  const int a_sign = a.is_zero() ? 0 : a.negative ? -1 : 1;
  const int b_sign = b.is_zero() ? 0 : b.negative ? -1 : 1;
  if (a_sign != b_sign) return a_sign < b_sign ? -1 : 1;
  if (a_sign == 0) return 0;
  const int a_first = a.exponent + digits_of(a.digits);
  const int b_first = b.exponent + digits_of(b.digits);
  if (a_first != b_first) return (a_first < b_first ? -1 : 1) * a_sign;
  const Aligned both = aligned(a, b);
  if (both.a == both.b) return 0;
  return (both.a < both.b ? -1 : 1) * a_sign;
}

}  // namespace iotemu::rules::sql
