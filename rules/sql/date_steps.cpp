#include <algorithm>
#include <utility>

#include "rules/sql/date_pattern.h"

namespace iotemu::rules::sql {
namespace {

using Kind = ReadingStep::Kind;
using Sign = ReadingStep::Sign;

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
constexpr std::size_t kMostDepth = 16;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// A pattern's text to steps, as DateTimeFormatterBuilder.appendPattern goes.
class Builder {
 public:
  explicit Builder(std::string_view pattern) : pattern_{pattern} {}

  std::optional<std::vector<ReadingStep>> build() {
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_];
      const bool fine = is_letter(c) ? letters() : c == '\'' ? quoted() : mark();
      if (!fine) return std::nullopt;
    }
    while (!open_.empty()) close();
    return std::move(steps_);
  }

 private:
  std::size_t run(char c) {
    const auto begin = at_;
    while (at_ < pattern_.size() && pattern_[at_] == c) ++at_;
    return at_ - begin;
  }

  bool letters() {
    char c = pattern_[at_];
    auto count = run(c);
    std::size_t pad = 0;
    if (c == 'p') {
      if (at_ == pattern_.size() || !is_letter(pattern_[at_]) || pattern_[at_] == 'p') return false;
      pad = count;
      c = pattern_[at_];
      count = run(c);
    }
    const auto before = steps_.size();
    if (!field(c, count)) return false;
    if (pad > 0) {
      if (steps_.size() == before) return false;
      steps_.back().pad = pad;
    }
    return true;
  }

  bool quoted() {
    ++at_;
    std::string text;
    for (;; ++at_) {
      if (at_ == pattern_.size()) return false;
      if (pattern_[at_] != '\'') {
        text += pattern_[at_];
      } else if (at_ + 1 < pattern_.size() && pattern_[at_ + 1] == '\'') {
        text += '\'';
        ++at_;
      } else {
        break;
      }
    }
    ++at_;
    add_literal(text.empty() ? "'" : text);
    return true;
  }

  bool mark() {
    const char c = pattern_[at_++];
    if (c == '[') {
      if (open_.size() == kMostDepth) return false;
      open_.push_back(steps_.size());
      add({.kind = Kind::optional_begin});
      return true;
    }
    if (c == ']') {
      if (open_.empty()) return false;
      close();
      return true;
    }
    if (c == '{' || c == '}' || c == '#') return false;  // reserved
    add_literal(std::string{c});
    return true;
  }

  void close() {
    steps_[open_.back()].match = steps_.size();
    open_.pop_back();
    add({.kind = Kind::optional_end});
  }

  void add(ReadingStep step) {
    steps_.push_back(std::move(step));
    growing_ = kNowhere;
  }
  void add_literal(std::string text) { add({.kind = Kind::literal, .literal = std::move(text)}); }

  /// Numbers that touch: the first takes what the fixed ones behind it leave.
  bool number(char letter, std::size_t least, std::size_t most, Sign sign, Kind kind = Kind::number) {
    ReadingStep step{.kind = kind,
                     .letter = letter,
                     .count = least,
                     .literal = {},
                     .least_digits = least,
                     .most_digits = most,
                     .sign = sign};
    const bool is_fixed = least == most && sign == Sign::never;
    if (growing_ != kNowhere && is_fixed) {
      const auto grows = growing_;
      steps_[grows].following += most;
      add(std::move(step));
      growing_ = grows;
    } else {
      add(std::move(step));
      growing_ = steps_.size() - 1;
    }
    return true;
  }
  bool plain(char letter) { return number(letter, 1, 19, Sign::normal); }
  bool one_or_two(char letter, std::size_t count) {
    if (count > 2) return false;
    return count == 1 ? plain(letter) : number(letter, 2, 2, Sign::never);
  }
  bool year(char letter, std::size_t count) {
    if (count > 19) return false;
    if (count == 2) return number(letter, 2, 2, Sign::never, Kind::reduced);
    return number(letter, count, 19, count < 4 ? Sign::normal : Sign::exceeds_pad);
  }
  bool text(char letter, std::size_t count) {
    add({.kind = Kind::text, .letter = letter, .count = count});
    return true;
  }
  bool simple(Kind kind, char letter, std::size_t count) {
    add({.kind = kind, .letter = letter, .count = count});
    return true;
  }

  bool field(char letter, std::size_t count) {
    switch (letter) {
      case 'u':
      case 'y':
      case 'Y':
        return year(letter, count);
      case 'M':
      case 'L':
        return count <= 2 ? one_or_two('M', count) : count <= 5 && text('M', count);
      case 'Q':
      case 'q':
        return count <= 2 ? one_or_two('Q', count) : count <= 5 && text('Q', count);
      case 'E':
        return count <= 5 && text('E', std::max<std::size_t>(count, 3));
      case 'c':
        if (count == 2) return false;
        return count == 1 ? number('e', 1, 1, Sign::never) : count <= 5 && text('E', count);
      case 'e':
        return count <= 2 ? number('e', count, count, Sign::never) : count <= 5 && text('E', count);
      case 'G':
        return count <= 5 && text('G', std::max<std::size_t>(count, 3));
      case 'a':
        return count == 1 && text('a', count);
      case 'w':
        return count <= 2 && number('w', count, 2, Sign::never);
      case 'W':
        return count == 1 && number('W', 1, 1, Sign::never);
      case 'F':
        return count == 1 && plain('F');
      case 'd':
      case 'h':
      case 'H':
      case 'k':
      case 'K':
      case 'm':
      case 's':
        return one_or_two(letter, count);
      case 'D':
        return count <= 3 && (count == 1 ? plain('D') : number('D', count, 3, Sign::never));
      case 'g':
        return count <= 19 && number('g', count, 19, Sign::normal);
      case 'A':
      case 'n':
      case 'N':
        return count <= 19 && number(letter, count, 19, Sign::never);
      case 'S':
        return count <= 9 && number('n', count, count, Sign::never, Kind::fraction);
      case 'V':
        return count == 2 && simple(Kind::zone_id, letter, count);
      case 'v':
        return (count == 1 || count == 4) && simple(Kind::zone_name, letter, count);
      case 'z':
        return count <= 4 && simple(Kind::zone_name, letter, count);
      case 'O':
        return (count == 1 || count == 4) && simple(Kind::localized_offset, letter, count);
      case 'X':
      case 'x':
        return count <= 5 && simple(Kind::offset, letter, count);
      case 'Z':
        if (count == 4) return simple(Kind::localized_offset, 'O', 4);
        // "+0000" for nothing up to three letters, "Z" for five.
        return count <= 5 && (count == 5 ? simple(Kind::offset, 'X', 5) : simple(Kind::offset, 'x', 2));
      default:
        return false;
    }
  }

  std::string_view pattern_;
  std::size_t at_{0};
  std::vector<ReadingStep> steps_{};
  std::vector<std::size_t> open_{};
  std::size_t growing_{kNowhere};  ///< The number that fixed ones behind it may still shorten.
};

}  // namespace

std::optional<TimeParser> TimeParser::compile(std::string_view pattern) {
  if (pattern.size() > kMostPatternBytes) return std::nullopt;
  auto steps = Builder{pattern}.build();
  if (!steps) return std::nullopt;
  return TimeParser{std::move(*steps)};
}

}  // namespace iotemu::rules::sql
