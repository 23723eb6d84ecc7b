#pragma once

// What the text of a date said, before anybody asked whether it makes a date (see date_pattern.h).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rules/sql/zone.h"

namespace iotemu::rules::sql {

/// One value a letter: of letters that mean the same field, the first of this list.
///   G era 0/1, u year, y year of era, Q quarter, M month, d day of month, D day of year, g modified Julian
///   day, Y week-based year, w its week, W week of month, E weekday (ISO), e weekday (local), F aligned
///   weekday of month, a half of the day 0/1, h K hour of it, k H hour, m, s, n nanosecond, A millisecond of
///   day, N nanosecond of day, X offset in seconds.
inline constexpr std::string_view kFieldLetters = "GuyQMdDgYwWEeFahKkHmsnANX";

class ReadFields {
 public:
  /// False if the text has said otherwise before.
  [[nodiscard]] bool set(char letter, std::int64_t value) {
    auto& slot = values_[kFieldLetters.find(letter)];
    if (slot && *slot != value) return false;
    slot = value;
    return true;
  }
  [[nodiscard]] const std::optional<std::int64_t>& get(char letter) const {
    return values_[kFieldLetters.find(letter)];
  }

  std::optional<Zone> zone{};

 private:
  std::array<std::optional<std::int64_t>, kFieldLetters.size()> values_{};
};

/// Milliseconds since 1970, as JDK's SMART style resolves: 31 April is the 30th, 24:00 is the next day,
/// fields that contradict each other are nothing.
[[nodiscard]] std::optional<std::int64_t> resolve(const ReadFields& fields);

}  // namespace iotemu::rules::sql
