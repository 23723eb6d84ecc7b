#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "registry/index/query.h"

namespace iotemu::registry::index {
namespace {

using Symbol = ValueTest::Symbol;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

int compare_text(std::string_view a, std::string_view b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end(),
                                    [](char p, char q) { return lower(p) == lower(q); });
  if (x == a.end() || y == b.end()) return static_cast<int>(x != a.end()) - static_cast<int>(y != b.end());
  return static_cast<unsigned char>(lower(*x)) < static_cast<unsigned char>(lower(*y)) ? -1 : 1;
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [at, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  // "nan" and "inf" are words.
  if (failure != std::errc{} || at != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// Negative, zero or positive; nothing if a number is compared with something that is none.
std::optional<int> compare(std::string_view value, std::string_view bound) {
  const auto limit = number(bound);
  if (!limit) return compare_text(value, bound);
  const auto own = number(value);
  if (!own) return std::nullopt;
  return static_cast<int>(*own > *limit) - static_cast<int>(*own < *limit);
}

/// Greedy with one point of return: never more than pattern times text steps.
bool glob(const std::vector<Symbol>& pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t star = pattern.size();
  std::size_t star_at = 0;
  while (at < text.size()) {
    const bool left = in_pattern < pattern.size();
    if (left && pattern[in_pattern].kind == Symbol::Kind::any_run) {
      star = in_pattern++;
      star_at = at;
    } else if (left && (pattern[in_pattern].kind == Symbol::Kind::any_character ||
                        lower(pattern[in_pattern].character) == lower(text[at]))) {
      ++in_pattern;
      ++at;
    } else if (star != pattern.size()) {
      in_pattern = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(in_pattern), pattern.end(),
                     [](const Symbol& symbol) { return symbol.kind == Symbol::Kind::any_run; });
}

/// Whether `wanted(word)` says yes to any word; an empty value is one empty word.
template <class Wanted>
bool any_word(std::string_view value, Wanted wanted) {
  for (;;) {
    const auto* const space = std::find_if(value.begin(), value.end(), is_space);
    if (wanted(std::string_view{value.begin(), space})) return true;
    if (space == value.end()) return false;
    value = {space + 1, value.end()};
  }
}

bool holds_phrase(std::string_view value, std::string_view phrase) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  for (const char* from = value.begin();;) {
    const auto* const found = std::search(from, value.end(), phrase.begin(), phrase.end(), same);
    if (found == value.end() && !phrase.empty()) return false;
    const auto* const after = found + phrase.size();
    const bool begins = found == value.begin() || is_space(found[-1]);
    if (begins && (after == value.end() || is_space(*after))) return true;
    if (found == value.end()) return false;
    from = found + 1;
  }
}

}  // namespace

ValueTest ValueTest::exists() {
  return ValueTest{Kind::exists};
}

ValueTest ValueTest::word(std::vector<Symbol> pattern) {
  ValueTest test{Kind::word};
  test.pattern_ = std::move(pattern);
  return test;
}

ValueTest ValueTest::phrase(std::string text) {
  ValueTest test{Kind::phrase};
  test.phrase_ = std::move(text);
  return test;
}

ValueTest ValueTest::range(std::optional<Bound> low, std::optional<Bound> high) {
  ValueTest test{Kind::range};
  test.low_ = std::move(low);
  test.high_ = std::move(high);
  return test;
}

bool ValueTest::matches(std::string_view value) const {
  switch (kind_) {
    case Kind::exists:
      return true;
    case Kind::word:
      return any_word(value, [&](std::string_view word) { return glob(pattern_, word); });
    case Kind::phrase:
      return holds_phrase(value, phrase_);
    case Kind::range:
      break;
  }
  if (low_) {
    const auto order = compare(value, low_->text);
    if (!order || *order < 0 || (*order == 0 && !low_->inclusive)) return false;
  }
  if (high_) {
    const auto order = compare(value, high_->text);
    if (!order || *order > 0 || (*order == 0 && !high_->inclusive)) return false;
  }
  return true;
}

std::string ValueTest::literal_prefix() const {
  std::string prefix;
  for (const auto& symbol : pattern_) {
    if (symbol.kind != Symbol::Kind::literal) break;
    prefix += symbol.character;
  }
  return prefix;
}

}  // namespace iotemu::registry::index
