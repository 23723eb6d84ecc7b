#pragma once

// The days of the proleptic Gregorian calendar (ISO 8601), for years far beyond any use. Pure.

#include <cstdint>

namespace iotemu::rules::sql {

inline constexpr std::int64_t kSecondsPerDay = 86'400;

/// a / b and a % b that round towards minus infinity, for b > 0.
[[nodiscard]] constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}
[[nodiscard]] constexpr std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  return a % b + (a % b < 0 ? b : 0);
}

struct Day {
  std::int64_t year{1970};
  int month{1};
  int day{1};
};

[[nodiscard]] constexpr bool is_leap_year(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
[[nodiscard]] constexpr int days_of_year(std::int64_t year) {
  return is_leap_year(year) ? 366 : 365;
}
[[nodiscard]] constexpr int days_of_month(std::int64_t year, int month) {
  if (month == 2) return is_leap_year(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// Days since 1970-01-01. Years up to ±10^10.
[[nodiscard]] constexpr std::int64_t day_number(std::int64_t year, int month, int day) {
  // Years that begin in March, so that the leap day is the last.
  const auto y = month <= 2 ? year - 1 : year;
  const auto era = floor_div(y, 400);
  const auto year_of_era = y - era * 400;
  const auto day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}
[[nodiscard]] constexpr std::int64_t day_number(const Day& day) {
  return day_number(day.year, day.month, day.day);
}

[[nodiscard]] constexpr Day day_of(std::int64_t number) {
  const auto shifted = number + 719'468;
  const auto era = floor_div(shifted, 146'097);
  const auto day_of_era = shifted - era * 146'097;
  const auto year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const auto day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const auto march_month = (5 * day_of_year + 2) / 153;
  const auto month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  return {.year = year_of_era + era * 400 + (month <= 2 ? 1 : 0),
          .month = month,
          .day = static_cast<int>(day_of_year - (153 * march_month + 2) / 5 + 1)};
}

/// 1 = Monday … 7 = Sunday.
[[nodiscard]] constexpr int weekday_of(std::int64_t number) {
  return static_cast<int>(floor_mod(number + 3, 7)) + 1;
}
/// 1 …
[[nodiscard]] constexpr int day_of_year(std::int64_t number) {
  return static_cast<int>(number - day_number(day_of(number).year, 1, 1)) + 1;
}

/// A week counting: which weekday a week begins with and how many days of a year its first week has. ISO:
/// {1, 4}; the United States: {7, 1}.
struct Weeks {
  int first_weekday{1};
  int least_days{4};

  /// The weekday in this counting, 1 … 7.
  [[nodiscard]] constexpr int weekday(std::int64_t number) const {
    return static_cast<int>(floor_mod(weekday_of(number) - first_weekday, 7)) + 1;
  }
  /// The first day of week 1 of a week-based year.
  [[nodiscard]] constexpr std::int64_t begin_of(std::int64_t year) const {
    const auto first = day_number(year, 1, 1);
    const auto before = weekday(first) - 1;  // days of that week that lie in the old year
    return 7 - before >= least_days ? first - before : first - before + 7;
  }
  [[nodiscard]] constexpr std::int64_t year_of(std::int64_t number) const {
    const auto year = day_of(number).year;
    if (number < begin_of(year)) return year - 1;
    return number >= begin_of(year + 1) ? year + 1 : year;
  }
  [[nodiscard]] constexpr int week_of_year(std::int64_t number) const {
    return static_cast<int>((number - begin_of(year_of(number))) / 7) + 1;
  }
  /// 0 or 1 for the days at the front of a month, as `least_days` has it.
  [[nodiscard]] constexpr int week_of_month(std::int64_t number) const {
    const auto day = day_of(number).day;
    const auto first = number - day + 1;
    const auto before = weekday(first) - 1;
    return static_cast<int>((day - 1 + before) / 7) + (7 - before >= least_days ? 1 : 0);
  }
};

}  // namespace iotemu::rules::sql
