#pragma once

// The numbers of rules SQL (RU-21): Int and Decimal, both with 34 digits, a Decimal with an exponent besides.
// Values, copied freely. Results that need more digits are rounded half to even, as the 34 digits of IEEE
// decimal128 are by default [unc].

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iotemu::rules::sql {

__extension__ using Digits = unsigned __int128;

struct Number {
  /// The value is (-1)^negative · digits · 10^exponent. An Int has exponent 0.
  Digits digits{0};
  int exponent{0};
  bool negative{false};
  bool is_int{true};

  static Number of(std::int64_t value);
  /// As a double prints in its shortest form, with at least one digit behind the point: 32 is 32.0. Nothing
  /// for NaN, for infinities and for what is out of range.
  static std::optional<Number> of_double(double value);
  /// `^-?\d+(\.\d+)?((?i)E[+-]?\d+)?$`: numbers of JSON and of SQL, strings that are used as numbers. Without
  /// point and exponent it is an Int as far as 34 digits go. Nothing for other text and for what is out of
  /// range.
  static std::optional<Number> parse(std::string_view text);

  [[nodiscard]] bool is_zero() const { return digits == 0; }
  [[nodiscard]] double as_double() const;
  /// Nothing if it does not fit. A fraction is cut off.
  [[nodiscard]] std::optional<std::int64_t> as_int64() const;
  /// Whether nothing stands behind the point, whatever the type.
  [[nodiscard]] bool is_whole() const;
  /// Int in digits; Decimal in digits, or scientific where that is shorter than many zeros ("1E+40").
  [[nodiscard]] std::string text() const;

  [[nodiscard]] Number negated() const;
  [[nodiscard]] Number absolute() const;
  /// To `places` digits behind the point, 0 or more. The type stays what it was.
  enum class Rounding { down, floor, ceiling, half_away, half_even };
  [[nodiscard]] Number rounded(int places, Rounding how) const;
  /// The Int of a whole number; others are rounded first. A number beyond 34 digits stays a Decimal.
  [[nodiscard]] Number to_int(Rounding how) const;
  /// The same value as a Decimal.
  [[nodiscard]] Number to_decimal() const;
  /// A whole Decimal as Int, anything else as it is: what 2016-03-23 makes of 10.0.
  [[nodiscard]] Number simplified() const;
  /// Without the zeros at its end.
  [[nodiscard]] Number stripped() const;
};

/// Int and Int give Int while 34 digits hold it; anything else a Decimal. Nothing: out of range.
[[nodiscard]] std::optional<Number> add(const Number& a, const Number& b);
[[nodiscard]] std::optional<Number> subtract(const Number& a, const Number& b);
[[nodiscard]] std::optional<Number> multiply(const Number& a, const Number& b);
/// RU-24: Int and Int give an Int if it comes out even, else a Decimal of 34 digits. Nothing for a zero `b`.
[[nodiscard]] std::optional<Number> divide(const Number& a, const Number& b);
/// The sign is that of `a`. Nothing for a zero `b`.
[[nodiscard]] std::optional<Number> remainder(const Number& a, const Number& b);
/// -1, 0, 1 by value: Int 10 and Decimal 10.0 are equal.
[[nodiscard]] int compare(const Number& a, const Number& b);

}  // namespace iotemu::rules::sql
