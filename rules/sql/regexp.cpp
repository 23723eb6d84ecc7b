#include "rules/sql/regexp.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/utf8.h"

namespace iotemu::rules::sql {
namespace {

/// What stands for a match: pieces of text and groups.
struct Piece {
  std::string literal{};
  std::optional<std::size_t> group{};
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// `numbers`: of the pattern's groups in the expression.
std::optional<std::vector<Piece>> parse_replacement(std::string_view text, const re2::RE2& expression,
                                                    const std::vector<std::size_t>& numbers) {
  const auto groups = numbers.size() - 1;
  std::vector<Piece> pieces(1);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      if (++at == text.size()) return std::nullopt;
      pieces.back().literal += text[at];
      continue;
    }
    if (text[at] != '$') {
      pieces.back().literal += text[at];
      continue;
    }
    if (++at == text.size()) return std::nullopt;
    if (text[at] == '{') {
      const auto end = text.find('}', at);
      if (end == text.npos) return std::nullopt;
      const auto& names = expression.NamedCapturingGroups();
      const auto named = names.find(std::string{text.substr(at + 1, end - at - 1)});
      if (named == names.end()) return std::nullopt;
      pieces.back().group = static_cast<std::size_t>(named->second);
      at = end;
    } else {
      if (!is_digit(text[at])) return std::nullopt;
      auto group = static_cast<std::size_t>(text[at] - '0');
      if (group > groups) return std::nullopt;
      // More digits belong to the number as long as there is such a group.
      while (at + 1 < text.size() && is_digit(text[at + 1])) {
        const auto longer = group * 10 + static_cast<std::size_t>(text[at + 1] - '0');
        if (longer > groups) break;
        group = longer;
        ++at;
      }
      pieces.back().group = numbers[group];
    }
    pieces.emplace_back();
  }
  return pieces;
}

/// Whether Java would not take it either, for what RE2 objects to.
bool is_valid_nowhere(const re2::RE2& expression) {
  using Code = re2::RE2::ErrorCode;
  const std::string_view part = expression.error_arg();
  switch (expression.error_code()) {
    case Code::ErrorMissingBracket:
    case Code::ErrorMissingParen:
    case Code::ErrorUnexpectedParen:
    case Code::ErrorTrailingBackslash:
    case Code::ErrorRepeatArgument:
    case Code::ErrorBadUTF8:
      return true;
    case Code::ErrorBadCharRange:  // Java has more names of classes.
      return !part.starts_with("\\p") && !part.starts_with("\\P");
    case Code::ErrorRepeatOp:  // Java has possessive quantifiers.
      return !part.ends_with('+');
    default:
      return false;
  }
}

re2::StringPiece piece_of(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

/// Those of one match: [0] is the whole of it.
struct Regexp::Groups {
  explicit Groups(std::size_t count) : found(count) {}

  std::vector<re2::StringPiece> found;

  [[nodiscard]] std::string_view operator[](std::size_t group) const {
    return {found[group].data(), found[group].size()};
  }
};

Regexp::Regexp(std::unique_ptr<const re2::RE2> expression, Re2Syntax syntax)
    : expression_{std::move(expression)}, syntax_{std::move(syntax)} {}
Regexp::Regexp(Regexp&&) noexcept = default;
Regexp& Regexp::operator=(Regexp&&) noexcept = default;
Regexp::~Regexp() = default;

Result<Regexp> Regexp::compile(std::string_view pattern) {
  if (pattern.size() > kMostPatternBytes) {
    return Error{Errc::not_implemented, "it has more than " + std::to_string(kMostPatternBytes) + " bytes"};
  }
  auto syntax = re2_of_java(pattern);
  if (!syntax) return syntax.error();
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMostMemoryBytes);
  auto expression = std::make_unique<const re2::RE2>(syntax->text, options);
  if (!expression->ok()) {
    return Error{is_valid_nowhere(*expression) ? Errc::invalid_request : Errc::not_implemented,
                 expression->error()};
  }
  return Regexp{std::move(expression), std::move(*syntax)};
}

bool Regexp::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(piece_of(text), *expression_);
}

std::size_t Regexp::all_groups() const {
  return static_cast<std::size_t>(expression_->NumberOfCapturingGroups()) + 1;
}

bool Regexp::find(std::string_view text, std::size_t from, Groups& groups) const {
  if (!expression_->Match(piece_of(text), from, text.size(), re2::RE2::UNANCHORED, groups.found.data(),
                          static_cast<int>(groups.found.size())))
    return false;
  // What a $ has looked ahead at is no part of it.
  auto& all = groups.found[0];
  for (const auto number : syntax_.line_ends) {
    const auto end = groups[number];
    if (end.data() != nullptr)
      all = {all.data(), std::min(all.size(), static_cast<std::size_t>(end.data() - all.data()))};
  }
  return true;
}

std::optional<std::string_view> Regexp::first(std::string_view text) const {
  // Groups cost more than the match.
  Groups groups{syntax_.line_ends.empty() ? 1 : all_groups()};
  if (!find(text, 0, groups)) return std::nullopt;
  return groups[0];
}

Regexp::Replaced Regexp::replace_all(std::string_view text, std::string_view replacement, std::size_t most,
                                     std::string& out, std::size_t& searched) const {
  const auto pieces = parse_replacement(replacement, *expression_, syntax_.groups);
  if (!pieces) return Replaced::bad_replacement;
  Groups groups{all_groups()};
  out.clear();
  std::size_t at = 0;
  std::size_t copied = 0;
  searched = 0;
  while (at <= text.size() && find(text, at, groups)) {
    searched += text.size() - at;
    if (searched > kMostSearchedBytes) return Replaced::too_much_work;
    const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    const auto end = begin + groups[0].size();
    out += text.substr(copied, begin - copied);
    for (const auto& piece : *pieces) {
      out += piece.literal;
      if (piece.group) out += groups[*piece.group];
      if (out.size() > most) return Replaced::too_long;
    }
    copied = end;
    if (end > begin) {
      at = end;
      continue;
    }
    // Nothing was matched: go on behind the next character, which stays.
    if (end == text.size()) break;
    at = end + std::max<std::size_t>(character_bytes(text.substr(end)), 1);
  }
  out += text.substr(std::min(copied, text.size()));
  return out.size() > most ? Replaced::too_long : Replaced::done;
}

}  // namespace iotemu::rules::sql
