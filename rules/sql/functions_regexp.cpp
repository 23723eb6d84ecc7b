// Regular expressions. A constant expression is compiled with the statement; others at each call.

#include <array>

#include "rules/sql/arguments.h"
#include "rules/sql/regexp.h"

namespace iotemu::rules::sql {
namespace {

/// Compiling costs more than a step, and searching goes through all of the text.
constexpr std::size_t kStepsToCompile = 50;
constexpr std::size_t kBytesPerStep = 256;
/// One replacement may cost a third of a message's steps.
constexpr std::size_t kSearchedBytesPerStep = 1024;

struct PreparedRegexp final : Prepared {
  explicit PreparedRegexp(std::optional<Regexp> expression) : compiled{std::move(expression)} {}
  std::optional<Regexp> compiled;  ///< Nothing: not valid, and so Undefined.
};

std::shared_ptr<const Prepared> prepare(const ConstantArguments& arguments) {
  const Value* const pattern = arguments.at(1);
  // What is no String is converted first, at each call: nobody writes that.
  if (pattern == nullptr || !pattern->is_string()) return nullptr;
  return std::make_shared<PreparedRegexp>(Regexp::compile(pattern->string()));
}

/// What a call works on: the text and the expression, if both are good.
struct Search {
  explicit Search(FunctionCall& call) {
    const auto argument = text_argument(call, 0);
    if (!argument || !call.charge(argument->size() / kBytesPerStep)) return;
    text = *argument;
    if (const auto* const prepared = call.prepared<PreparedRegexp>()) {
      expression = prepared->compiled ? &*prepared->compiled : nullptr;
      return;
    }
    const auto pattern = text_argument(call, 1);
    if (!pattern || !call.charge(kStepsToCompile)) return;
    own = Regexp::compile(*pattern);
    expression = own ? &*own : nullptr;
  }
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  std::string_view text{};
  std::optional<Regexp> own{};
  const Regexp* expression{nullptr};
};

Value matches(FunctionCall& call) {
  const Search search{call};
  return search.expression != nullptr ? Value::boolean(search.expression->matches(search.text)) : Value{};
}

Value substr(FunctionCall& call) {
  const Search search{call};
  const auto match = search.expression != nullptr ? search.expression->first(search.text) : std::nullopt;
  return match ? Value::string(*match) : Value{};
}

Value replace(FunctionCall& call) {
  const Search search{call};
  const auto replacement = text_argument(call, 2);
  if (search.expression == nullptr || !replacement) return {};
  std::string out;
  std::size_t searched = 0;
  const auto replaced =
      search.expression->replace_all(search.text, *replacement, kMostTextBytes, out, searched);
  if (!call.charge(searched / kSearchedBytesPerStep)) return {};
  switch (replaced) {
    case Regexp::Replaced::done:
    case Regexp::Replaced::too_long:
      return call.text(out);
    case Regexp::Replaced::bad_replacement:
      return {};
    case Regexp::Replaced::too_much_work:
      break;
  }
  return call.fail("too many matches in a text of " + std::to_string(search.text.size()) + " bytes");
}

constexpr std::array<Function, 3> kFunctions{{
    {.name = "regexp_matches", .least = 2, .most = 2, .run = matches, .prepare = prepare},
    {.name = "regexp_replace", .least = 3, .most = 3, .run = replace, .prepare = prepare},
    {.name = "regexp_substr", .least = 2, .most = 2, .run = substr, .prepare = prepare},
}};

}  // namespace

std::span<const Function> regexp_functions() {
  return kFunctions;
}

}  // namespace iotemu::rules::sql
