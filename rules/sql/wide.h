#pragma once

// Whole numbers of 256 bits, as sums, products and quotients of 34-digit numbers need on the way. Constant
// time, no allocation.

#include <array>
#include <cstddef>
#include <cstdint>

#include "rules/sql/number.h"

namespace iotemu::rules::sql {

struct Wide {
  Digits high{0};
  Digits low{0};

  friend constexpr bool operator==(const Wide&, const Wide&) = default;
  friend constexpr bool operator<(const Wide& a, const Wide& b) {
    return a.high != b.high ? a.high < b.high : a.low < b.low;
  }
  friend constexpr Wide operator+(const Wide& a, const Wide& b) {
    const Digits sum = a.low + b.low;
    return {a.high + b.high + (sum < a.low ? 1U : 0U), sum};
  }
  friend constexpr Wide operator-(const Wide& a, const Wide& b) {
    return {a.high - b.high - (a.low < b.low ? 1U : 0U), a.low - b.low};
  }
};

/// The whole product.
constexpr Wide wide_product(Digits a, Digits b) {
  constexpr Digits half = ~std::uint64_t{0};
  const Digits a_low = a & half;
  const Digits a_high = a >> 64U;
  const Digits b_low = b & half;
  const Digits b_high = b >> 64U;
  const Digits low = a_low * b_low;
  const Digits middle = a_high * b_low + (low >> 64U);
  const Digits other = a_low * b_high + (middle & half);
  return {a_high * b_high + (middle >> 64U) + (other >> 64U), (other << 64U) | (low & half)};
}

/// `value` · `factor`, of which the caller knows that 256 bits hold it.
constexpr Wide scaled(const Wide& value, Digits factor) {
  Wide out = wide_product(value.low, factor);
  out.high += value.high * factor;
  return out;
}

struct WideDivision {
  Wide quotient{};
  Wide rest{};
};

/// By something greater than zero; bit by bit where 128 bits do not hold both.
constexpr WideDivision divide(const Wide& value, const Wide& by) {
  if (value < by) return {.rest = value};
  if (value.high == 0) return {{0, value.low / by.low}, {0, value.low % by.low}};
  WideDivision out;
  for (int bit = 255; bit >= 0; --bit) {
    const Digits word = bit >= 128 ? value.high : value.low;
    out.rest.high = (out.rest.high << 1U) | (out.rest.low >> 127U);
    out.rest.low = (out.rest.low << 1U) | ((word >> static_cast<unsigned>(bit % 128)) & 1U);
    if (out.rest < by) continue;
    out.rest = out.rest - by;
    (bit >= 128 ? out.quotient.high : out.quotient.low) |= Digits{1} << static_cast<unsigned>(bit % 128);
  }
  return out;
}

/// 10^0 … 10^76.
inline constexpr std::size_t kWidePowers = 77;
inline constexpr std::array<Wide, kWidePowers> kPowersOfTen = [] {
  std::array<Wide, kWidePowers> out{};
  out[0] = {0, 1};
  for (std::size_t i = 1; i < kWidePowers; ++i) out[i] = scaled(out[i - 1], 10);
  return out;
}();

/// Decimal digits; 1 for zero.
constexpr int count_digits(const Wide& value) {
  int count = 1;
  while (static_cast<std::size_t>(count) < kWidePowers &&
         !(value < kPowersOfTen[static_cast<std::size_t>(count)])) {
    ++count;
  }
  return count;
}

}  // namespace iotemu::rules::sql
