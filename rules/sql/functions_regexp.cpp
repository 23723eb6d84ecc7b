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
  explicit PreparedRegexp(Result<Regexp> expression) : compiled{std::move(expression)} {}
  Result<Regexp> compiled;  ///< An error: not valid, and so Undefined.
};

/// All of it or nothing: what is a secret is taken out of the log by its whole text.
std::string shown(std::string_view pattern) {
  if (pattern.size() > Regexp::kMostPatternBytes)
    return "a text of " + std::to_string(pattern.size()) + " bytes";
  return "'" + std::string{pattern} + "'";
}

std::string not_here(std::string_view pattern, const Error& why) {
  return shown(pattern) +
         " cannot be used: the emulator's regular expressions are RE2's, which have no look-ahead, no "
         "look-behind, no back-references and no possessive quantifiers, and are bounded in size; AWS's are "
         "Java's (" +
         why.message + ")";
}

std::shared_ptr<const Prepared> prepare(const ConstantArguments& arguments) {
  const Value* const pattern = arguments.at(1);
  // What is no String is converted first, at each call: nobody writes that.
  if (pattern == nullptr || !pattern->is_string()) return nullptr;
  return std::make_shared<PreparedRegexp>(Regexp::compile(pattern->string()));
}

// differs: AWS takes these.
std::optional<Objection> object(const ConstantArguments& arguments) {
  const Value* const pattern = arguments.at(1);
  if (pattern == nullptr || !pattern->is_string()) return std::nullopt;
  const auto compiled = Regexp::compile(pattern->string());
  // What is valid nowhere is Undefined, as on AWS (M 7.6).
  if (compiled || compiled.error().code != Errc::not_implemented) return std::nullopt;
  return Objection{.argument = 1, .why = not_here(pattern->string(), compiled.error())};
}

/// What a call works on: the text and the expression, if both are good.
struct Search {
  explicit Search(FunctionCall& call) {
    const auto argument = text_argument(call, 0);
    if (!argument || !call.charge(argument->size() / kBytesPerStep)) return;
    text = *argument;
    const auto* const prepared = call.prepared<PreparedRegexp>();
    const auto pattern = text_argument(call, 1);
    if (!pattern || (prepared == nullptr && !call.charge(kStepsToCompile))) return;
    if (prepared == nullptr) own.emplace(Regexp::compile(*pattern));
    const auto& compiled = prepared == nullptr ? *own : prepared->compiled;
    if (compiled) {
      expression = &*compiled;
    } else if (compiled.error().code == Errc::not_implemented) {
      call.note(not_here(*pattern, compiled.error()));
    } else {
      call.note(shown(*pattern) + " is no regular expression: " + compiled.error().message);
    }
  }
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  std::string_view text{};
  std::optional<Result<Regexp>> own{};
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
      call.note(shown(*replacement) +
                " is no replacement: $1 and ${name} are groups of the expression, \\$ is $");
      return {};
    case Regexp::Replaced::too_much_work:
      break;
  }
  return call.fail("too many matches in a text of " + std::to_string(search.text.size()) + " bytes");
}

constexpr std::array<Function, 3> kFunctions{{
    {.name = "regexp_matches", .least = 2, .most = 2, .run = matches, .prepare = prepare, .object = object},
    {.name = "regexp_replace", .least = 3, .most = 3, .run = replace, .prepare = prepare, .object = object},
    {.name = "regexp_substr", .least = 2, .most = 2, .run = substr, .prepare = prepare, .object = object},
}};

}  // namespace

std::span<const Function> regexp_functions() {
  return kFunctions;
}

}  // namespace iotemu::rules::sql
