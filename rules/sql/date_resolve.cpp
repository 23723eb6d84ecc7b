#include <algorithm>
#include <limits>

#include "rules/sql/calendar.h"
#include "rules/sql/date_fields.h"

namespace iotemu::rules::sql {
namespace {

constexpr std::int64_t kFarthestYear = 999'999'999;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kMostOffset = 18 * 3600;
/// Weeks as the United States count them: from Sunday, the first with any day of the year [unc].
constexpr Weeks kWeeks{.first_weekday = 7, .least_days = 1};

using Field = std::optional<std::int64_t>;

bool within(const Field& field, std::int64_t least, std::int64_t most) {
  return !field || (*field >= least && *field <= most);
}
bool agrees(const Field& field, std::int64_t value) {
  return !field || *field == value;
}

struct TimeOfDay {
  std::int64_t seconds{0};  ///< May be a whole day: 24:00.
  std::int64_t nanos{0};
};

struct Resolver {
  const ReadFields& fields;

  [[nodiscard]] const Field& at(char letter) const { return fields.get(letter); }

  /// Each field by itself.
  [[nodiscard]] bool in_range() const {
    return within(at('G'), 0, 1) && within(at('y'), 1, kFarthestYear + 1) &&
           within(at('u'), -kFarthestYear, kFarthestYear) && within(at('Y'), -kFarthestYear, kFarthestYear) &&
           within(at('Q'), 1, 4) && within(at('M'), 1, 12) && within(at('d'), 1, 31) &&
           within(at('D'), 1, 366) && within(at('w'), 1, 53) && within(at('W'), 0, 6) &&
           within(at('E'), 1, 7) && within(at('e'), 1, 7) && within(at('F'), 1, 7) && within(at('a'), 0, 1) &&
           within(at('h'), 0, 12) && within(at('K'), 0, 11) && within(at('k'), 0, 24) &&
           within(at('H'), 0, 24) && within(at('m'), 0, 59) && within(at('s'), 0, 59) &&
           within(at('n'), 0, kNanosPerSecond - 1) && within(at('A'), 0, kSecondsPerDay * 1000 - 1) &&
           within(at('N'), 0, kSecondsPerDay * kNanosPerSecond - 1) &&
           within(at('X'), -kMostOffset, kMostOffset);
  }

  /// Nothing if there is none; ok is false if years contradict each other.
  [[nodiscard]] Field year(bool& ok) const {
    auto year = at('u');
    if (at('y')) {
      const bool before_christ = at('G') ? *at('G') == 0 : year && *year <= 0;
      const auto of_era = before_christ ? 1 - *at('y') : *at('y');
      if (year && *year != of_era) ok = false;
      year = of_era;
    }
    return year;
  }

  [[nodiscard]] Field weekday() const {
    if (at('E')) return at('E');
    // Local day 1 is Sunday.
    if (at('e')) return floor_mod(*at('e') - 2, 7) + 1;
    return std::nullopt;
  }

  /// A day number.
  [[nodiscard]] Field date() const {
    bool ok = true;
    const auto in_year = year(ok);
    if (!ok) return std::nullopt;
    const auto local_weekday = [&] { return *weekday() % 7; };  // days after Sunday
    if (at('g')) return *at('g') - 40'587;
    if (in_year && at('M') && at('d')) {
      const auto month = static_cast<int>(*at('M'));
      return day_number(*in_year, month,
                        std::min(static_cast<int>(*at('d')), days_of_month(*in_year, month)));
    }
    if (in_year && at('D')) {
      if (*at('D') > days_of_year(*in_year)) return std::nullopt;
      return day_number(*in_year, 1, 1) + *at('D') - 1;
    }
    if (in_year && at('M') && at('W') && weekday()) {
      const auto first = day_number(*in_year, static_cast<int>(*at('M')), 1);
      return first + (*at('W') - kWeeks.week_of_month(first)) * 7 + local_weekday() -
             (kWeeks.weekday(first) - 1);
    }
    if (at('Y') && at('w') && weekday()) {
      const auto begin = kWeeks.begin_of(*at('Y'));
      const auto weeks = (kWeeks.begin_of(*at('Y') + 1) - begin) / 7;
      return begin + (std::min(*at('w'), weeks) - 1) * 7 + local_weekday();
    }
    return std::nullopt;
  }

  /// What was not needed to find the date must not speak against it.
  [[nodiscard]] bool date_agrees(std::int64_t number) const {
    const auto day = day_of(number);
    bool ok = true;
    const auto in_year = year(ok);
    // Weeks beyond the year's last were taken for the last.
    const bool by_week = !at('g') && !(in_year && (at('D') || (at('M') && (at('d') || at('W')))));
    const auto cut = at('M') && at('d') ? std::min<std::int64_t>(*at('d'), days_of_month(day.year, day.month))
                                        : static_cast<std::int64_t>(day.day);
    return ok && agrees(in_year, day.year) && agrees(at('M'), day.month) && (!at('d') || cut == day.day) &&
           agrees(at('Q'), (day.month - 1) / 3 + 1) && agrees(at('D'), day_of_year(number)) &&
           agrees(weekday(), weekday_of(number)) && (!at('E') || agrees(at('e'), kWeeks.weekday(number))) &&
           agrees(at('F'), (day.day - 1) % 7 + 1) &&
           (by_week ||
            (agrees(at('Y'), kWeeks.year_of(number)) && agrees(at('w'), kWeeks.week_of_year(number)))) &&
           agrees(at('W'), kWeeks.week_of_month(number));
  }

  /// Nothing: the text tells of no time. ok is false for one that contradicts itself.
  [[nodiscard]] std::optional<TimeOfDay> time_of_day(bool& ok) const {
    if (at('N')) return checked({*at('N') / kNanosPerSecond, *at('N') % kNanosPerSecond}, ok);
    if (at('A')) return checked({*at('A') / 1000, *at('A') % 1000 * 1'000'000}, ok);
    auto hour = at('H');
    if (!hour && at('k')) hour = *at('k') % 24;
    const auto of_half = at('K') ? at('K') : at('h') ? Field{*at('h') % 12} : std::nullopt;
    if (!hour && at('a') && of_half) hour = *at('a') * 12 + *of_half;
    if (!hour) return std::nullopt;
    // A smaller unit without the ones above it makes no time.
    if (!at('m') && (at('s') || at('n'))) return std::nullopt;
    if (!at('s') && at('n')) return std::nullopt;
    const TimeOfDay read{*hour * 3600 + at('m').value_or(0) * 60 + at('s').value_or(0), at('n').value_or(0)};
    if (*hour == 24) {
      ok = read.seconds == kSecondsPerDay && read.nanos == 0;
      return read;
    }
    return checked(read, ok);
  }

  [[nodiscard]] TimeOfDay checked(TimeOfDay time, bool& ok) const {
    const auto hour = time.seconds / 3600;
    ok = agrees(at('H'), hour) && (!at('k') || *at('k') % 24 == hour) && agrees(at('a'), hour / 12) &&
         agrees(at('K'), hour % 12) && (!at('h') || *at('h') % 12 == hour % 12) &&
         agrees(at('m'), time.seconds / 60 % 60) && agrees(at('s'), time.seconds % 60) &&
         agrees(at('n'), time.nanos);
    return time;
  }
};

}  // namespace

std::optional<std::int64_t> resolve(const ReadFields& fields) {
  const Resolver resolver{fields};
  if (!resolver.in_range()) return std::nullopt;
  const auto date = resolver.date();
  if (!date || !resolver.date_agrees(*date)) return std::nullopt;
  bool ok = true;
  const auto time = resolver.time_of_day(ok).value_or(TimeOfDay{});
  if (!ok) return std::nullopt;

  const auto local = *date * kSecondsPerDay + time.seconds;
  const auto& offset = fields.get('X');
  const auto seconds = offset ? local - *offset : fields.zone ? fields.zone->to_epoch(local) : local;
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max() / 1000 - 1;
  if (seconds < -kMost || seconds > kMost) return std::nullopt;
  return seconds * 1000 + time.nanos / 1'000'000;
}

}  // namespace iotemu::rules::sql
