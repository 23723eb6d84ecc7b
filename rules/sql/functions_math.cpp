// Numbers: the functions that compute in double, those that are exact, and those on bits.

#include <array>
#include <cmath>
#include <cstdint>

#include "rules/sql/arguments.h"

namespace iotemu::rules::sql {
namespace {

using Rounding = Number::Rounding;
__extension__ using Wide = __int128;

/// NaN, where the result would be complex, and infinities are Undefined.
Value of_double(FunctionCall& call, double result) {
  return settled(Number::of_double(result), call.version(), call.arena());
}

template <double (*function)(double)>
Value in_double(FunctionCall& call) {
  const auto x = number_of(call.argument(0));
  return x ? of_double(call, function(x->as_double())) : Value{};
}

template <double (*function)(double, double)>
Value in_double_2(FunctionCall& call) {
  const auto a = number_of(call.argument(0));
  const auto b = number_of(call.argument(1));
  return a && b ? of_double(call, function(a->as_double(), b->as_double())) : Value{};
}

Value abs(FunctionCall& call) {
  const auto x = number_of(call.argument(0));
  return x ? settled(x->absolute(), call.version(), call.arena()) : Value{};
}

template <Rounding rounding>
Value to_int(FunctionCall& call) {
  const auto x = number_of(call.argument(0));
  if (!x) return {};
  const auto whole = x->to_int(rounding);
  return whole.is_int ? Value::number(whole, call.arena()) : Value{};
}

Value sign(FunctionCall& call) {
  const auto x = number_of(call.argument(0));
  return x ? Value::integer(compare(*x, Number::of(0))) : Value{};
}

Value trunc(FunctionCall& call) {
  constexpr std::int64_t kMostPlaces = 34;
  auto x = number_of(call.argument(0));
  // The table of AWS lets the first be a String, not the second.
  if (!x || !call.argument(1).is_number()) return {};
  const auto places = floored(call.argument(1), 0, kMostPlaces);
  if (!places || x->is_int) return x && places ? Value::number(*x, call.arena()) : Value{};
  *x = x->rounded(static_cast<int>(*places), Rounding::down);
  while (x->exponent < 0 && x->digits % 10 == 0) {
    x->digits /= 10;
    ++x->exponent;
  }
  return settled(*x, call.version(), call.arena());
}

Value modulo(FunctionCall& call) {
  const auto a = number_of(call.argument(0));
  const auto b = number_of(call.argument(1));
  return a && b ? settled(remainder(*a, *b), call.version(), call.arena()) : Value{};
}

Wide signed_of(const Number& whole) {
  const auto digits = static_cast<Wide>(whole.digits);
  return whole.negative ? -digits : digits;
}

/// Undefined beyond the 34 digits of an Int.
Value of_bits(FunctionCall& call, Wide bits) {
  Number number{.digits = static_cast<Digits>(bits < 0 ? -bits : bits), .exponent = 0, .negative = bits < 0};
  constexpr auto kPart = static_cast<Digits>(100'000'000'000'000'000);  // 10^17
  return number.digits < kPart * kPart ? Value::number(number, call.arena()) : Value{};
}

template <class Operation>
Value on_bits(FunctionCall& call) {
  const auto a = floored(call.argument(0));
  const auto b = floored(call.argument(1));
  return a && b ? of_bits(call, Operation{}(signed_of(*a), signed_of(*b))) : Value{};
}

struct And {
  Wide operator()(Wide a, Wide b) const { return a & b; }
};
struct Or {
  Wide operator()(Wide a, Wide b) const { return a | b; }
};
struct Xor {
  Wide operator()(Wide a, Wide b) const { return a ^ b; }
};

/// differs: AWS's page has bitnot(13) = 2, a number of four bits. This is two's complement [unc].
Value bitnot(FunctionCall& call) {
  const auto a = floored(call.argument(0));
  return a ? of_bits(call, ~signed_of(*a)) : Value{};
}

constexpr Function one(std::string_view name, Value (*run)(FunctionCall&)) {
  return {.name = name, .least = 1, .most = 1, .run = run};
}
constexpr Function two(std::string_view name, Value (*run)(FunctionCall&)) {
  return {.name = name, .least = 2, .most = 2, .run = run};
}

constexpr std::array kFunctions{
    one("abs", abs),
    one("acos", in_double<std::acos>),
    one("asin", in_double<std::asin>),
    one("atan", in_double<std::atan>),
    two("atan2", in_double_2<std::atan2>),
    two("bitand", on_bits<And>),
    one("bitnot", bitnot),
    two("bitor", on_bits<Or>),
    two("bitxor", on_bits<Xor>),
    one("ceil", to_int<Rounding::ceiling>),
    one("cos", in_double<std::cos>),
    one("cosh", in_double<std::cosh>),
    one("exp", in_double<std::exp>),
    one("floor", to_int<Rounding::floor>),
    one("ln", in_double<std::log>),
    one("log", in_double<std::log10>),
    two("mod", modulo),
    two("power", in_double_2<std::pow>),
    two("remainder", modulo),
    one("round", to_int<Rounding::half_away>),
    one("sign", sign),
    one("sin", in_double<std::sin>),
    one("sinh", in_double<std::sinh>),
    one("sqrt", in_double<std::sqrt>),
    one("tan", in_double<std::tan>),
    one("tanh", in_double<std::tanh>),
    two("trunc", trunc),
};

}  // namespace

std::span<const Function> math_functions() {
  return kFunctions;
}

}  // namespace iotemu::rules::sql
