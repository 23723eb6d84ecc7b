// Dates and times in texts. Constant patterns are compiled with the statement.

#include <array>
#include <limits>

#include "rules/sql/arguments.h"
#include "rules/sql/date_pattern.h"

namespace iotemu::rules::sql {
namespace {

/// A step is about a field of a pattern.
constexpr std::size_t kBytesPerStep = 8;

template <class Pattern>
struct PreparedPattern final : Prepared {
  explicit PreparedPattern(std::optional<Pattern> pattern) : compiled{std::move(pattern)} {}
  std::optional<Pattern> compiled;  ///< Nothing: not valid, and so Undefined.
};

template <class Pattern, std::size_t index>
std::shared_ptr<const Prepared> prepare(const ConstantArguments& arguments) {
  const Value* const pattern = arguments.at(index);
  if (pattern == nullptr || !pattern->is_string()) return nullptr;
  return std::make_shared<PreparedPattern<Pattern>>(Pattern::compile(pattern->string()));
}

/// The pattern in argument `index`; `own` holds it if it had to be compiled now.
template <class Pattern>
const Pattern* pattern_of(FunctionCall& call, std::size_t index, std::optional<Pattern>& own) {
  if (const auto* const prepared = call.prepared<PreparedPattern<Pattern>>()) {
    return prepared->compiled ? &*prepared->compiled : nullptr;
  }
  const auto text = text_argument(call, index);
  if (!text || !call.charge(text->size() / kBytesPerStep)) return nullptr;
  own = Pattern::compile(*text);
  return own ? &*own : nullptr;
}

Value parse_time(FunctionCall& call) {
  std::optional<TimePrinter> own;
  const auto* const pattern = pattern_of(call, 0, own);
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const auto at = floored(call.argument(1), -kMost, kMost);
  if (pattern == nullptr || !at) return {};
  std::optional<Zone> zone{Zone{}};
  if (call.count() > 2) {
    const auto name = text_argument(call, 2);
    zone = name ? Zone::joda(*name) : std::nullopt;
  }
  if (!zone) return {};
  const auto text = pattern->print(*at, *zone);
  return text ? call.text(*text) : Value{};
}

Value time_to_epoch(FunctionCall& call) {
  const auto text = text_argument(call, 0);
  std::optional<TimeParser> own;
  const auto* const pattern = pattern_of(call, 1, own);
  if (!text || pattern == nullptr) return {};
  const auto at = pattern->parse(*text);
  return at ? Value::integer(*at) : Value{};
}

constexpr std::array<Function, 2> kFunctions{{
    {.name = "parse_time",
     .since = 2,
     .least = 2,
     .most = 3,
     .run = parse_time,
     .prepare = prepare<TimePrinter, 0>},
    {.name = "time_to_epoch",
     .since = 2,
     .least = 2,
     .most = 2,
     .run = time_to_epoch,
     .prepare = prepare<TimeParser, 1>},
}};

}  // namespace

std::span<const Function> time_functions() {
  return kFunctions;
}

}  // namespace iotemu::rules::sql
