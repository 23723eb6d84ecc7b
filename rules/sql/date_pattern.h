#pragma once

// Patterns of dates and times. SQL has two languages of them: parse_time prints by Joda-Time's, time_to_epoch
// reads by those of JDK 11's DateTimeFormatter. A pattern is compiled to steps once; both are immutable then
// and may be shared by threads. Texts are English, week counting for reading is that of the United States
// [unc].

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/sql/zone.h"

namespace iotemu::rules::sql {

/// Longer patterns are refused.
inline constexpr std::size_t kMostPatternBytes = 1024;

/// Letters: G C Y y x w e E M d D a K h H k m s S z Z, quotes. ISO calendar.
class TimePrinter {
 public:
  /// Nothing for a letter that Joda-Time does not know.
  static std::optional<TimePrinter> compile(std::string_view pattern);
  /// Nothing for an instant that Joda-Time's ISO calendar does not hold.
  [[nodiscard]] std::optional<std::string> print(std::int64_t epoch_ms, const Zone& zone) const;

 private:
  struct Step {
    char letter{0};  ///< 0: `literal`.
    std::size_t count{0};
    std::string literal{};
  };
  explicit TimePrinter(std::vector<Step> steps) : steps_{std::move(steps)} {}
  std::vector<Step> steps_;
};

/// One step of reading.
struct ReadingStep {
  enum class Kind {
    literal,
    number,
    reduced,  ///< two digits of a year: 2000 … 2099
    text,
    fraction,
    offset,
    localized_offset,
    zone_id,
    zone_name,
    optional_begin,
    optional_end
  };
  Kind kind{Kind::literal};
  char letter{0};
  std::size_t count{0};
  std::string literal{};
  // Numbers, as JDK's NumberPrinterParser has them.
  std::size_t least_digits{1};
  std::size_t most_digits{19};
  enum class Sign { normal, never, exceeds_pad };
  Sign sign{Sign::normal};
  std::size_t following{0};  ///< Digits that the fixed numbers right behind it need.
  std::size_t match{0};      ///< optional_begin: its end.
  std::size_t pad{0};        ///< Spaces fill it up to this width.
};

/// Letters: G u y D M L d g Q q Y w W E e c F a h K k H m s S A n N V v z O X x Z p, quotes, [ ].
class TimeParser {
 public:
  /// Nothing where DateTimeFormatter refuses the pattern.
  static std::optional<TimeParser> compile(std::string_view pattern);
  /// Milliseconds since 1970. UTC where the text names no zone, midnight where it holds no time. Nothing
  /// where the text does not match, or tells of no date.
  [[nodiscard]] std::optional<std::int64_t> parse(std::string_view text) const;

 private:
  explicit TimeParser(std::vector<ReadingStep> steps) : steps_{std::move(steps)} {}
  std::vector<ReadingStep> steps_;
};

/// The English names of months (1 …) and of weekdays (1 = Monday).
[[nodiscard]] std::string_view month_name(int month);
[[nodiscard]] std::string_view weekday_name(int weekday);
/// The first three letters.
[[nodiscard]] std::string_view short_name(std::string_view name);

}  // namespace iotemu::rules::sql
