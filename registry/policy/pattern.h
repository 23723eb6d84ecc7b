#pragma once

// A resource pattern after its variables were substituted: literal text, `*` (any run of characters, also
// none, also across `/`) and `?` (exactly one character). P7.5. Wildcard characters that came out of a
// variable or an escape are literal, therefore a Pattern is built from pieces and not from a string.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace iotemu::registry::policy {

class Pattern {
 public:
  /// A pattern without pieces matches the empty text only.
  Pattern() = default;

  /// `text` must not contain the bytes 0xFE and 0xFF (they do not occur in UTF-8; see `is_literal_safe`).
  void add_literal(std::string_view text);
  void add_any_run();        // `*`
  void add_any_character();  // `?`

  /// Reads `*` and `?` of `text` as wildcards.
  [[nodiscard]] static Pattern from_wildcards(std::string_view text);

  /// Whether the whole of `text` matches. What stands between two stars is searched once, from left to right,
  /// and never again: no backtracking, no allocation.
  [[nodiscard]] bool matches(std::string_view text) const noexcept;

  /// Where a mismatch happened: offsets into `text()` and into the text that was compared. Of all ways to
  /// spread the stars, the one that reached furthest.
  struct Difference {
    std::size_t in_pattern{};
    std::size_t in_text{};
  };
  [[nodiscard]] Difference furthest_difference(std::string_view text) const;

  /// The pattern cut at its first `cuts` literal colons; fewer parts when it has fewer.
  [[nodiscard]] std::vector<Pattern> split_at_colons(std::size_t cuts) const;

  /// The pattern for people: `*` and `?` again stand for the wildcards.
  [[nodiscard]] std::string text() const;

  /// Whether `text` may be given to add_literal.
  [[nodiscard]] static bool is_literal_safe(std::string_view text);

  friend bool operator==(const Pattern&, const Pattern&) = default;

 private:
  static constexpr char kAnyRun = '\xFF';
  static constexpr char kAnyCharacter = '\xFE';

  std::string pieces_{};       // literal bytes and the two markers
  std::size_t head_{};         // literal bytes before the first marker
  std::size_t tail_{};         // literal bytes after the last marker
  bool has_wildcards_{false};  // otherwise head_ == tail_ == pieces_.size()
};

}  // namespace iotemu::registry::policy
