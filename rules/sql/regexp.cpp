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

re2::StringPiece piece_of(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Regexp::Regexp(std::unique_ptr<const re2::RE2> expression) : expression_{std::move(expression)} {}
Regexp::Regexp(Regexp&&) noexcept = default;
Regexp& Regexp::operator=(Regexp&&) noexcept = default;
Regexp::~Regexp() = default;

std::optional<Regexp> Regexp::compile(std::string_view pattern) {
  if (pattern.size() > kMostPatternBytes) return std::nullopt;
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
  if (!expression->ok()) return std::nullopt;
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
