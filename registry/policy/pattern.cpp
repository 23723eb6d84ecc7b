#include "registry/policy/pattern.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "registry/policy/text.h"

namespace iotemu::registry::policy {
namespace {

using std::string_view;

std::size_t next_character(string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && continues_character(text[at])) ++at;
  return at;
}

std::size_t previous_character(string_view text, std::size_t at) {
  --at;
  while (at > 0 && continues_character(text[at])) --at;
  return at;
}

/// A run of literals and single-character wildcards between two stars.
struct Segment {
  string_view pieces{};
  char any_character{};

  /// Where the segment ends if it stands at `at`.
  [[nodiscard]] std::optional<std::size_t> end_from(string_view text, std::size_t at) const {
    for (const char piece : pieces) {
      if (at >= text.size()) return std::nullopt;
      if (piece == any_character) {
        at = next_character(text, at);
      } else if (piece == text[at]) {
        ++at;
      } else {
        return std::nullopt;
      }
    }
    return at;
  }

  /// Where the segment begins if it ends at the end of `text`.
  [[nodiscard]] std::optional<std::size_t> begin_before_end(string_view text) const {
    std::size_t at = text.size();
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
      if (at == 0) return std::nullopt;
      if (*piece == any_character) {
        at = previous_character(text, at);
      } else if (*piece == text[at - 1]) {
        --at;
      } else {
        return std::nullopt;
      }
    }
    return at;
  }

  /// The end of the leftmost occurrence at or after `from`.
  [[nodiscard]] std::optional<std::size_t> find_end(string_view text, std::size_t from) const {
    const std::size_t leading = std::min(pieces.find_first_not_of(any_character), pieces.size());
    for (std::size_t i = 0; i < leading; ++i) {
      if (from >= text.size()) return std::nullopt;
      from = next_character(text, from);
    }
    const Segment rest{pieces.substr(leading), any_character};
    if (rest.pieces.find(any_character) == string_view::npos) {
      const std::size_t at = text.find(rest.pieces, from);
      if (at == string_view::npos) return std::nullopt;
      return at + rest.pieces.size();
    }
    std::size_t at = text.find(rest.pieces.front(), from);
    while (at != string_view::npos && rest.pieces.size() <= text.size() - at) {
      if (const auto end = rest.end_from(text, at)) return end;
      at = text.find(rest.pieces.front(), at + 1);
    }
    return std::nullopt;
  }
};

}  // namespace

void Pattern::add_literal(string_view text) {
  pieces_ += text;
  tail_ += text.size();
  if (!has_wildcards_) head_ += text.size();
}

void Pattern::add_any_run() {
  has_wildcards_ = true;
  tail_ = 0;
  if (pieces_.empty() || pieces_.back() != kAnyRun) pieces_ += kAnyRun;
}

void Pattern::add_any_character() {
  has_wildcards_ = true;
  tail_ = 0;
  pieces_ += kAnyCharacter;
}

Pattern Pattern::from_wildcards(string_view text) {
  Pattern out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '*') {
      out.add_any_run();
    } else if (text[i] == '?') {
      out.add_any_character();
    } else {
      out.add_literal(text.substr(i, 1));
    }
  }
  return out;
}

bool Pattern::matches(string_view text) const noexcept {
  if (!has_wildcards_) return text == pieces_;
  if (text.size() < head_ + tail_) return false;
  string_view pattern{pieces_};
  if (text.substr(0, head_) != pattern.substr(0, head_)) return false;
  if (text.substr(text.size() - tail_) != pattern.substr(pattern.size() - tail_)) return false;
  // The literal ends are done; what is left begins and ends with a wildcard.
  pattern = pattern.substr(head_, pattern.size() - head_ - tail_);
  text = text.substr(head_, text.size() - head_ - tail_);
  if (pattern.size() == 1 && pattern[0] == kAnyRun) return true;

  const std::size_t first_star = pattern.find(kAnyRun);
  const Segment front{pattern.substr(0, first_star), kAnyCharacter};
  const auto front_end = front.end_from(text, 0);
  if (first_star == string_view::npos) return front_end == text.size();
  if (!front_end) return false;
  text = text.substr(*front_end);
  pattern = pattern.substr(first_star);

  const std::size_t last_star = pattern.rfind(kAnyRun);
  const auto back_begin = Segment{pattern.substr(last_star + 1), kAnyCharacter}.begin_before_end(text);
  if (!back_begin) return false;
  text = text.substr(0, *back_begin);

  // Between two stars the leftmost occurrence leaves the most room, so no choice needs to be undone.
  std::size_t reached = 0;
  for (std::size_t star = 0; star < last_star;) {
    const std::size_t next_star = pattern.find(kAnyRun, star + 1);
    const auto end =
        Segment{pattern.substr(star + 1, next_star - star - 1), kAnyCharacter}.find_end(text, reached);
    if (!end) return false;
    reached = *end;
    star = next_star;
  }
  return true;
}

Pattern::Difference Pattern::furthest_difference(string_view text) const {
  Difference furthest;
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;
  std::size_t star_text = 0;
  for (;;) {
    if (t > furthest.in_text || (t == furthest.in_text && p > furthest.in_pattern)) furthest = {p, t};
    if (p < pieces_.size() && pieces_[p] == kAnyRun) {
      star = ++p;
      star_text = t;
    } else if (p < pieces_.size() && t < text.size() && pieces_[p] == kAnyCharacter) {
      ++p;
      t = next_character(text, t);
    } else if (p < pieces_.size() && t < text.size() && pieces_[p] == text[t]) {
      ++p;
      ++t;
    } else if (star && star_text < text.size()) {
      star_text = next_character(text, star_text);
      t = star_text;
      p = *star;
    } else {
      return furthest;
    }
  }
}

std::vector<Pattern> Pattern::split_at_colons(std::size_t cuts) const {
  std::vector<Pattern> parts(1);
  for (const char& piece : pieces_) {
    if (piece == kAnyRun) {
      parts.back().add_any_run();
    } else if (piece == kAnyCharacter) {
      parts.back().add_any_character();
    } else if (piece == ':' && parts.size() <= cuts) {
      parts.emplace_back();
    } else {
      parts.back().add_literal({&piece, 1});
    }
  }
  return parts;
}

std::string Pattern::text() const {
  std::string out{pieces_};
  std::replace(out.begin(), out.end(), kAnyRun, '*');
  std::replace(out.begin(), out.end(), kAnyCharacter, '?');
  return out;
}

bool Pattern::is_literal_safe(string_view text) {
  return text.find(kAnyRun) == string_view::npos && text.find(kAnyCharacter) == string_view::npos;
}

}  // namespace iotemu::registry::policy
