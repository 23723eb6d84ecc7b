#pragma once

// Regular expressions of SQL (RU section 7.6), by RE2: linear in the text whatever the expression. AWS's are
// Java's, and are read as Java does (regexp_syntax.h). differs: look-around, back-references and what else
// RE2 does not have are refused when a rule is created, or, in an expression that only the message brings,
// make the function Undefined with a line in the log. Immutable; may be shared by threads.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "rules/sql/regexp_syntax.h"

namespace re2 {
class RE2;
}

namespace iotemu::rules::sql {

class Regexp {
 public:
  /// Longer expressions are not valid.
  static constexpr std::size_t kMostPatternBytes = 4096;
  /// What a compiled expression may take, its states included.
  static constexpr std::int64_t kMostMemoryBytes = std::int64_t{1024} * 1024;

  /// Errc::invalid_request: it is not valid for AWS either; Errc::not_implemented: for AWS it may be, but not
  /// here, or it is too large. The message says what is wrong with it.
  static Result<Regexp> compile(std::string_view pattern);
  Regexp(Regexp&&) noexcept;
  Regexp& operator=(Regexp&&) noexcept;
  ~Regexp();

  /// Whether some part of the text matches.
  [[nodiscard]] bool matches(std::string_view text) const;
  /// The first match, a part of `text`.
  [[nodiscard]] std::optional<std::string_view> first(std::string_view text) const;

  /// Matches times what is left of the text: a search may look at all of it for each, however short the
  /// match.
  static constexpr std::size_t kMostSearchedBytes = 32 * std::size_t{1024} * 1024;

  /// `out` is the text with all matches replaced as Java's Matcher.replaceAll does it: $1 and ${name} are
  /// groups, a backslash takes the sign behind it as it is.
  enum class Replaced { done, bad_replacement, too_long, too_much_work };
  /// `searched`: the bytes that were looked at in the worst case.
  [[nodiscard]] Replaced replace_all(std::string_view text, std::string_view replacement, std::size_t most,
                                     std::string& out, std::size_t& searched) const;

 private:
  struct Groups;

  Regexp(std::unique_ptr<const re2::RE2> expression, Re2Syntax syntax);
  /// The whole match among them.
  [[nodiscard]] std::size_t all_groups() const;
  /// Fills as many groups as there is room for.
  [[nodiscard]] bool find(std::string_view text, std::size_t from, Groups& groups) const;

  std::unique_ptr<const re2::RE2> expression_;
  Re2Syntax syntax_;
};

}  // namespace iotemu::rules::sql
