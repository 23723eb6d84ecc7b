#include "rules/sql/lexer.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace iotemu::rules::sql {
namespace {

constexpr std::size_t kMostVariableName = 64;

constexpr std::array<std::string_view, 19> kReserved{
    "SELECT", "FROM", "WHERE", "AS",  "AND",  "OR",   "NOT",   "IN",  "EXISTS", "CASE",
    "WHEN",   "THEN", "ELSE",  "END", "NULL", "TRUE", "FALSE", "SET", "IS"};

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool equals_word(std::string_view text, std::string_view capitals) {
  return std::ranges::equal(text, capitals, {}, upper);
}

}  // namespace

bool Token::is_word(std::string_view word) const {
  return kind == Kind::word && equals_word(text, word);
}

bool is_reserved(std::string_view word) {
  return std::ranges::any_of(kReserved,
                             [&](std::string_view reserved) { return equals_word(word, reserved); });
}

Token Lexer::made(Token::Kind kind, std::size_t begin) const {
  return {.kind = kind, .begin = begin, .end = at_, .text = text_.substr(begin, at_ - begin)};
}

Token Lexer::broken(std::size_t begin, std::string_view why) const {
  return {.kind = Token::Kind::broken, .begin = begin, .end = at_, .text = why};
}

Token Lexer::next() {
  constexpr std::string_view space = " \t\r\n\f\v";
  at_ = std::min(text_.find_first_not_of(space, at_), text_.size());
  if (at_ == text_.size()) return made(Token::Kind::end, at_);
  const std::size_t begin = at_;
  const char c = text_[at_];
  if (c == '\'' || c == '"') return string(c);
  if (c == '@') return variable();
  if (is_digit(c)) return number();
  const auto letter = [&]() -> std::size_t {
    if (at_ == text_.size()) return 0;
    if (static_cast<unsigned char>(text_[at_]) >= 0x80) return character_bytes(text_.substr(at_));
    return is_letter(text_[at_]) || (at_ > begin && is_digit(text_[at_])) ? 1 : 0;
  };
  for (std::size_t length = letter(); length > 0; length = letter()) at_ += length;
  return at_ > begin ? made(Token::Kind::word, begin) : symbol();
}

Token Lexer::symbol() {
  const std::size_t begin = at_;
  constexpr std::array<std::string_view, 3> pairs{"<>", "<=", ">="};
  for (const std::string_view pair : pairs) {
    if (!text_.substr(at_).starts_with(pair)) continue;
    at_ += 2;
    return made(Token::Kind::symbol, begin);
  }
  ++at_;
  if (std::string_view{"()[]{},.:=<>+-*/%"}.find(text_[begin]) != std::string_view::npos) {
    return made(Token::Kind::symbol, begin);
  }
  if (text_.substr(begin).starts_with("!=")) return broken(begin, "'!=' is no operator: write <>");
  if (text_[begin] == ';') return broken(begin, "';' has no place in rules SQL: a rule has one statement");
  if (text_[begin] == '`')
    return broken(begin, "names are not quoted: a field that needs quotes is read with get()");
  return broken(begin, "this character has no place outside quotes");
}

Token Lexer::string(char quote) {
  // A quote inside is written twice or behind a backslash. Other backslashes stand for themselves, so that
  // regular expressions can be written as they are [unc].
  const std::size_t begin = at_++;
  bool changed = false;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    const char follower = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (c == '\\' && (follower == quote || follower == '\\')) {
      changed = true;
      at_ += 2;
      continue;
    }
    if (c == quote) {
      if (follower != quote) break;
      changed = true;
      at_ += 2;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x80) {
      ++at_;
      continue;
    }
    const std::size_t length = character_bytes(text_.substr(at_));
    if (length == 0) return broken(begin, "this string is not UTF-8");
    at_ += length;
  }
  if (at_ == text_.size()) return broken(begin, "this string has no closing quote");
  const std::string_view raw = text_.substr(begin + 1, at_ - begin - 1);
  ++at_;
  Token out = made(Token::Kind::string, begin);
  out.text = raw;
  out.single_quoted = quote == '\'';
  if (!changed) return out;
  char* const to = constants_->characters(raw.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool is_pair = i + 1 < raw.size() && (raw[i] == quote || raw[i] == '\\') &&
                         (raw[i + 1] == quote || (raw[i] == '\\' && raw[i + 1] == '\\'));
    if (is_pair) ++i;
    to[size++] = raw[i];
  }
  out.text = {to, size};
  return out;
}

Token Lexer::number() {
  const std::size_t begin = at_;
  const auto sees_digit = [&](std::size_t at) { return at < text_.size() && is_digit(text_[at]); };
  const auto take_digits = [&] {
    while (sees_digit(at_)) ++at_;
  };
  take_digits();
  if (at_ < text_.size() && text_[at_] == '.' && sees_digit(at_ + 1)) {
    ++at_;
    take_digits();
  }
  if (at_ < text_.size() && upper(text_[at_]) == 'E') {
    const bool is_signed = at_ + 1 < text_.size() && (text_[at_ + 1] == '-' || text_[at_ + 1] == '+');
    const std::size_t digits = at_ + (is_signed ? 2 : 1);
    if (sees_digit(digits)) {
      at_ = digits;
      take_digits();
    }
  }
  if (at_ < text_.size() && is_letter(text_[at_])) {
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    return broken(begin, "names do not begin with a digit: such a field is read with get()");
  }
  return made(Token::Kind::number, begin);
}

Token Lexer::variable() {
  const std::size_t begin = at_++;
  while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
  Token out = made(Token::Kind::variable, begin);
  out.text.remove_prefix(1);
  if (out.text.empty()) return broken(begin, "'@' is followed by the name of a variable");
  if (out.text.size() > kMostVariableName) {
    return broken(begin, "the name of a variable has at most 64 characters");
  }
  return out;
}

std::string Lexer::place(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t newline = before.rfind('\n');
  const std::string_view in_line = newline == before.npos ? before : before.substr(newline + 1);
  return "Line " + std::to_string(line) + ", column " + std::to_string(count_characters(in_line) + 1);
}

}  // namespace iotemu::rules::sql
