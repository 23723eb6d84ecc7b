#include "rules/sql/operators.h"

#include <limits>

namespace iotemu::rules::sql {
namespace {

/// Visits of values, or bytes by the thousand, that make one step.
std::size_t weight(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::string:
      return value.string().size() / 1024;
    case Value::Kind::array:
      return value.elements().size() / 16;
    case Value::Kind::object:
      return value.members().size() / 16;
    default:
      return 0;
  }
}

Value concatenation(const Value& left, const Value& right, Arena& arena) {
  const auto front = string_of(left, arena);
  const auto back = string_of(right, arena);
  if (!front || !back) return {};
  const std::size_t size = front->size() + back->size();
  if (size > kMostTextBytes) throw std::bad_alloc{};
  char* const to = arena.characters(size);
  front->copy(to, front->size());
  back->copy(to + front->size(), back->size());
  return Value::string({to, size});
}

/// Int with Int where 64 bits hold the result.
std::optional<std::int64_t> quick(Operator op, std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  switch (op) {
    case Operator::plus:
      return __builtin_add_overflow(a, b, &out) ? std::nullopt : std::optional{out};
    case Operator::minus:
      return __builtin_sub_overflow(a, b, &out) ? std::nullopt : std::optional{out};
    case Operator::times:
      return __builtin_mul_overflow(a, b, &out) ? std::nullopt : std::optional{out};
    case Operator::by:
    case Operator::modulo:
      if (b == 0 || b == -1) return std::nullopt;
      if (op == Operator::modulo) return a % b;
      return a % b == 0 ? std::optional{a / b} : std::nullopt;
    default:
      return std::nullopt;
  }
}

Value arithmetic(Operator op, const Value& left, const Value& right, Version version, Arena& arena) {
  const auto a_small = left.small_integer();
  const auto b_small = right.small_integer();
  if (a_small && b_small) {
    if (const auto out = quick(op, *a_small, *b_small)) return Value::integer(*out);
  }
  const auto a = number_of(left);
  const auto b = number_of(right);
  if (!a || !b) return {};
  switch (op) {
    case Operator::plus:
      return settled(add(*a, *b), version, arena);
    case Operator::minus:
      return settled(subtract(*a, *b), version, arena);
    case Operator::times:
      return settled(multiply(*a, *b), version, arena);
    case Operator::by:
      return settled(divide(*a, *b), version, arena);
    default:
      return settled(remainder(*a, *b), version, arena);
  }
}

/// Both as numbers: there is no order of Strings.
Value order(Operator op, const Value& left, const Value& right) {
  int order = 0;
  const auto a_small = left.small_integer();
  const auto b_small = right.small_integer();
  if (a_small && b_small) {
    order = *a_small < *b_small ? -1 : *a_small > *b_small ? 1 : 0;
  } else {
    const auto a = number_of(left);
    const auto b = number_of(right);
    if (!a || !b) return {};
    order = compare(*a, *b);
  }
  switch (op) {
    case Operator::less:
      return Value::boolean(order < 0);
    case Operator::less_or_equal:
      return Value::boolean(order <= 0);
    case Operator::greater:
      return Value::boolean(order > 0);
    default:
      return Value::boolean(order >= 0);
  }
}

}  // namespace

Value apply(Operator op, const Value& left, const Value& right, Version version, Arena& arena,
            std::size_t& work) {
  switch (op) {
    case Operator::plus:
      if (left.is_string() || right.is_string()) {
        work += weight(left) + weight(right);
        return concatenation(left, right, arena);
      }
      return arithmetic(op, left, right, version, arena);
    case Operator::minus:
    case Operator::times:
    case Operator::by:
    case Operator::modulo:
      return arithmetic(op, left, right, version, arena);
    case Operator::less:
    case Operator::less_or_equal:
    case Operator::greater:
    case Operator::greater_or_equal:
      return order(op, left, right);
    case Operator::equal:
    case Operator::not_equal:
      if (left.is_undefined() || right.is_undefined()) return {};
      return Value::boolean(equal(left, right, work) == (op == Operator::equal));
    case Operator::in:
      if (left.is_undefined() || !right.is_array()) return {};
      for (const Value& element : right.elements()) {
        ++work;
        if (equal(left, element, work)) return Value::boolean(true);
      }
      return Value::boolean(false);
  }
  return {};
}

Value negative_of(const Value& value, Version version, Arena& arena) {
  const auto small = value.small_integer();
  if (small && *small != std::numeric_limits<std::int64_t>::min()) return Value::integer(-*small);
  const auto number = number_of(value);
  return number ? settled(number->negated(), version, arena) : Value{};
}

}  // namespace iotemu::rules::sql
