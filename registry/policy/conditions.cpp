#include "registry/policy/conditions.h"

#include <algorithm>
#include <array>
#include <functional>

#include "registry/policy/operands.h"
#include "registry/policy/text.h"

namespace iotemu::registry::policy {
namespace {

using std::string_view;

struct Row {
  string_view name{};
  Comparison comparison{};
  bool negated{false};
};

constexpr std::array<Row, 26> kOperators{{
    {"StringEquals", Comparison::string_equals},
    {"StringNotEquals", Comparison::string_equals, true},
    {"StringEqualsIgnoreCase", Comparison::string_equals_ignore_case},
    {"StringNotEqualsIgnoreCase", Comparison::string_equals_ignore_case, true},
    {"StringLike", Comparison::string_like},
    {"StringNotLike", Comparison::string_like, true},
    {"Bool", Comparison::boolean},
    {"IpAddress", Comparison::ip_address},
    {"NotIpAddress", Comparison::ip_address, true},
    {"ArnEquals", Comparison::arn_like},
    {"ArnNotEquals", Comparison::arn_like, true},
    {"ArnLike", Comparison::arn_like},
    {"ArnNotLike", Comparison::arn_like, true},
    {"NumericEquals", Comparison::numeric_equals},
    {"NumericNotEquals", Comparison::numeric_equals, true},
    {"NumericLessThan", Comparison::numeric_less},
    {"NumericLessThanEquals", Comparison::numeric_less_equal},
    {"NumericGreaterThan", Comparison::numeric_greater},
    {"NumericGreaterThanEquals", Comparison::numeric_greater_equal},
    {"DateEquals", Comparison::date_equals},
    {"DateNotEquals", Comparison::date_equals, true},
    {"DateLessThan", Comparison::date_less},
    {"DateLessThanEquals", Comparison::date_less_equal},
    {"DateGreaterThan", Comparison::date_greater},
    {"DateGreaterThanEquals", Comparison::date_greater_equal},
    {"Null", Comparison::null},
}};

/// The six parts of an ARN are compared one by one: a wildcard does not cross from one into the next (IAM).
bool matches_arn(const Pattern& pattern, string_view arn) {
  constexpr std::size_t kColons = 5;
  const std::vector<Pattern> parts = pattern.split_at_colons(kColons);
  if (parts.size() != kColons + 1) return false;
  for (std::size_t i = 0; i < kColons; ++i) {
    const auto colon = arn.find(':');
    if (colon == arn.npos || !parts[i].matches(arn.substr(0, colon))) return false;
    arn.remove_prefix(colon + 1);
  }
  return parts.back().matches(arn);
}

template <class Value, class Compare>
bool compare(const std::optional<Value>& left, const std::optional<Value>& right, Compare compare) {
  return left && right && compare(*left, *right);
}

/// One value of the request against one value of the policy, negation aside.
bool matches(Comparison comparison, string_view actual, const PolicyText& expected, const Context& context,
             Action action) {
  if (comparison == Comparison::string_like) return expected.pattern(context, action).matches(actual);
  if (comparison == Comparison::arn_like) return matches_arn(expected.pattern(context, action), actual);

  const std::string wanted = expected.text(context, action);
  const auto numbers = [&](auto than) { return compare(parse_number(actual), parse_number(wanted), than); };
  const auto dates = [&](auto than) { return compare(parse_date(actual), parse_date(wanted), than); };
  switch (comparison) {
    case Comparison::string_equals:
      return actual == wanted;
    case Comparison::string_equals_ignore_case:
      return equals_ignoring_case(actual, wanted);
    case Comparison::boolean:
      return compare(parse_bool(actual), parse_bool(wanted), std::equal_to<>{});
    case Comparison::ip_address:
      return compare(AddressRange::parse(wanted), AddressRange::parse(actual),
                     [](const auto& range, const auto& address) { return range.contains(address); });
    case Comparison::numeric_equals:
      return numbers(std::equal_to<>{});
    case Comparison::numeric_less:
      return numbers(std::less<>{});
    case Comparison::numeric_less_equal:
      return numbers(std::less_equal<>{});
    case Comparison::numeric_greater:
      return numbers(std::greater<>{});
    case Comparison::numeric_greater_equal:
      return numbers(std::greater_equal<>{});
    case Comparison::date_equals:
      return dates(std::equal_to<>{});
    case Comparison::date_less:
      return dates(std::less<>{});
    case Comparison::date_less_equal:
      return dates(std::less_equal<>{});
    case Comparison::date_greater:
      return dates(std::greater<>{});
    case Comparison::date_greater_equal:
      return dates(std::greater_equal<>{});
    case Comparison::string_like:
    case Comparison::arn_like:
    case Comparison::null:
      break;  // decided elsewhere
  }
  return false;
}

bool is_null_as_wanted(const Condition& condition, bool is_null, const Context& context, Action action) {
  return std::any_of(condition.values.begin(), condition.values.end(), [&](const PolicyText& value) {
    return parse_bool(value.text(context, action)) == is_null;
  });
}

}  // namespace

std::optional<Operator> Operator::parse(string_view text) {
  Operator out{.name = std::string{text}};
  constexpr string_view kForAll = "ForAllValues:";
  constexpr string_view kForAny = "ForAnyValue:";
  constexpr string_view kIfExists = "IfExists";
  if (text.starts_with(kForAll)) {
    out.qualifier = Qualifier::for_all_values;
    text.remove_prefix(kForAll.size());
  } else if (text.starts_with(kForAny)) {
    out.qualifier = Qualifier::for_any_value;
    text.remove_prefix(kForAny.size());
  }
  if (text.ends_with(kIfExists)) {
    out.if_exists = true;
    text.remove_suffix(kIfExists.size());
  }
  const auto row = std::find_if(kOperators.begin(), kOperators.end(),
                                [text](const Row& candidate) { return candidate.name == text; });
  if (row == kOperators.end()) return std::nullopt;
  out.comparison = row->comparison;
  out.negated = row->negated;
  // Null asks whether the key exists, so neither a qualifier nor IfExists has a meaning with it (IAM).
  if (out.comparison == Comparison::null && (out.if_exists || out.qualifier != Qualifier::none)) {
    return std::nullopt;
  }
  return out;
}

bool holds(const Condition& condition, const Context& context, Action action) {
  const Operator& op = condition.op;
  std::optional<Values> actual = context.lookup(condition.key, action);
  if (op.comparison == Comparison::null) {
    return is_null_as_wanted(condition, !actual || actual->items.empty(), context, action);
  }
  if (actual && actual->kind == Values::Kind::qualified && op.qualifier == Operator::Qualifier::none) {
    actual.reset();
  }
  if (!actual) {
    if (op.if_exists || op.qualifier == Operator::Qualifier::for_all_values) return true;
    return op.negated && op.qualifier == Operator::Qualifier::none;
  }

  const auto fits = [&](string_view value) {
    const bool any = std::any_of(
        condition.values.begin(), condition.values.end(),
        [&](const PolicyText& expected) { return matches(op.comparison, value, expected, context, action); });
    return any != op.negated;
  };
  if (op.qualifier == Operator::Qualifier::for_any_value) {
    return std::any_of(actual->items.begin(), actual->items.end(), fits);
  }
  return std::all_of(actual->items.begin(), actual->items.end(), fits);
}

}  // namespace iotemu::registry::policy
