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

std::optional<std::vector<Piece>> parse_replacement(std::string_view text, const re2::RE2& expression) {
  const auto groups = static_cast<std::size_t>(expression.NumberOfCapturingGroups());
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
    std::size_t group = 0;
    if (text[at] == '{') {
      const auto end = text.find('}', at);
      if (end == text.npos) return std::nullopt;
      const auto& names = expression.NamedCapturingGroups();
      const auto named = names.find(std::string{text.substr(at + 1, end - at - 1)});
      if (named == names.end()) return std::nullopt;
      group = static_cast<std::size_t>(named->second);
      at = end;
    } else {
      if (!is_digit(text[at])) return std::nullopt;
      group = static_cast<std::size_t>(text[at] - '0');
      if (group > groups) return std::nullopt;
      // More digits belong to the number as long as there is such a group.
      while (at + 1 < text.size() && is_digit(text[at + 1])) {
        const auto longer = group * 10 + static_cast<std::size_t>(text[at + 1] - '0');
        if (longer > groups) break;
        group = longer;
        ++at;
      }
    }
    pieces.back().group = group;
    pieces.emplace_back();
  }
  return pieces;
}

/// What Java reads in another way than RE2, which would take it.
std::string_view read_differently(std::string_view pattern) {
  bool in_class = false;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const auto rest = pattern.substr(at);
    if (rest.starts_with("\\Q")) {
      const auto end = pattern.find("\\E", at);
      at = end == pattern.npos ? pattern.size() : end + 1;
    } else if (rest.front() == '\\') {
      ++at;
    } else if (in_class && rest.front() == '[') {
      return "a class within a class";
    } else if (in_class && rest.starts_with("&&")) {
      return "an intersection of classes: &&";
    } else if (rest.front() == '[') {
      in_class = true;
      // The first sign of a class is one of its characters, even if it is ']'.
      if (rest.substr(1).starts_with('^')) ++at;
      if (pattern.substr(at + 1).starts_with(']')) ++at;
    } else if (rest.front() == ']') {
      in_class = false;
    } else if (!in_class && rest.starts_with("(?")) {
      const auto flags = rest.substr(2, rest.find_first_of(":)<=!>", 2) - 2);
      if (flags.find('U') != flags.npos) return "the flag U";
    }
  }
  return {};
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

Regexp::Regexp(std::unique_ptr<const re2::RE2> expression) : expression_{std::move(expression)} {}
Regexp::Regexp(Regexp&&) noexcept = default;
Regexp& Regexp::operator=(Regexp&&) noexcept = default;
Regexp::~Regexp() = default;

Result<Regexp> Regexp::compile(std::string_view pattern) {
  if (pattern.size() > kMostPatternBytes) {
    return Error{Errc::not_implemented, "it has more than " + std::to_string(kMostPatternBytes) + " bytes"};
  }
  if (const auto what = read_differently(pattern); !what.empty()) {
    return Error{Errc::not_implemented, std::string{what}};
  }
  // Java writes (?<name>…) where this RE2 reads (?P<name>…).
  std::string text;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      text += pattern[at++];
    } else if (pattern.substr(at).starts_with("(?<") && !pattern.substr(at + 3).starts_with('=') &&
               !pattern.substr(at + 3).starts_with('!')) {
      text += "(?P<";
      at += 2;
      continue;
    }
    text += pattern[at];
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMostMemoryBytes);
  auto expression = std::make_unique<const re2::RE2>(text, options);
  if (!expression->ok()) {
    return Error{is_valid_nowhere(*expression) ? Errc::invalid_request : Errc::not_implemented,
                 expression->error()};
  }
  return Regexp{std::move(expression)};
}

bool Regexp::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(piece_of(text), *expression_);
}

std::optional<std::string_view> Regexp::first(std::string_view text) const {
  re2::StringPiece match;
  if (!expression_->Match(piece_of(text), 0, text.size(), re2::RE2::UNANCHORED, &match, 1))
    return std::nullopt;
  return std::string_view{match.data(), match.size()};
}

Regexp::Replaced Regexp::replace_all(std::string_view text, std::string_view replacement, std::size_t most,
                                     std::string& out, std::size_t& searched) const {
  const auto pieces = parse_replacement(replacement, *expression_);
  if (!pieces) return Replaced::bad_replacement;
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(expression_->NumberOfCapturingGroups()) + 1);
  const auto input = piece_of(text);
  out.clear();
  std::size_t at = 0;
  std::size_t copied = 0;
  searched = 0;
  while (at <= text.size() && expression_->Match(input, at, text.size(), re2::RE2::UNANCHORED, groups.data(),
                                                 static_cast<int>(groups.size()))) {
    searched += text.size() - at;
    if (searched > kMostSearchedBytes) return Replaced::too_much_work;
    const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    const auto end = begin + groups[0].size();
    out += text.substr(copied, begin - copied);
    for (const auto& piece : *pieces) {
      out += piece.literal;
      if (piece.group) out.append(groups[*piece.group].data(), groups[*piece.group].size());
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
