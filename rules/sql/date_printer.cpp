#include <array>
#include <cstdlib>
#include <utility>

#include "rules/sql/calendar.h"
#include "rules/sql/date_pattern.h"

namespace iotemu::rules::sql {
namespace {

constexpr std::string_view kLetters = "GCYyxweEMdDaKhHkmsSzZ";
/// Joda-Time's years go from -292275054 to 292278993; these milliseconds hold them all.
constexpr std::int64_t kFarthestMs = 9'223'372'036'000'000;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// At least `width` digits; a sign stands before them.
std::string padded(std::int64_t number, std::size_t width) {
  auto digits = std::to_string(number < 0 ? -number : number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return number < 0 ? '-' + digits : digits;
}

/// The moment, taken apart.
struct Moment {
  std::int64_t epoch_seconds{0};
  Day day{};
  std::int64_t day_number{0};
  int hour{0};
  int minute{0};
  int second{0};
  int millisecond{0};
};

Moment taken_apart(std::int64_t epoch_ms, std::int32_t offset_seconds) {
  const auto epoch_seconds = floor_div(epoch_ms, 1000);
  const auto local = epoch_seconds + offset_seconds;
  const auto number = floor_div(local, kSecondsPerDay);
  const auto second = static_cast<int>(floor_mod(local, kSecondsPerDay));
  return {.epoch_seconds = epoch_seconds,
          .day = day_of(number),
          .day_number = number,
          .hour = second / 3600,
          .minute = second / 60 % 60,
          .second = second % 60,
          .millisecond = static_cast<int>(floor_mod(epoch_ms, 1000))};
}

std::string year_text(std::int64_t year, std::size_t count) {
  return count == 2 ? padded(std::abs(year) % 100, 2) : padded(year, count);
}

std::string fraction(int millisecond, std::size_t count) {
  auto digits = padded(millisecond, 3);
  digits.resize(count, '0');
  return digits;
}

std::string named(std::string_view name, std::size_t count) {
  return std::string{count >= 4 ? name : short_name(name)};
}

}  // namespace

std::string_view month_name(int month) {
  constexpr std::array<std::string_view, 12> kNames{"January",   "February", "March",    "April",
                                                    "May",       "June",     "July",     "August",
                                                    "September", "October",  "November", "December"};
  return kNames.at(static_cast<std::size_t>(month - 1));
}

std::string_view weekday_name(int weekday) {
  constexpr std::array<std::string_view, 7> kNames{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};
  return kNames.at(static_cast<std::size_t>(weekday - 1));
}

std::string_view short_name(std::string_view name) {
  return name.substr(0, 3);
}

std::optional<TimePrinter> TimePrinter::compile(std::string_view pattern) {
  // Joda-Time refuses an empty pattern.
  if (pattern.empty() || pattern.size() > kMostPatternBytes) return std::nullopt;
  std::vector<Step> steps;
  const auto add_literal = [&](char c) {
    if (steps.empty() || steps.back().letter != 0) steps.push_back({});
    steps.back().literal += c;
  };
  bool quoted = false;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c == '\'') {
      if (at + 1 < pattern.size() && pattern[at + 1] == '\'') {
        add_literal(c);
        ++at;
      } else {
        quoted = !quoted;  // one that is not closed goes to the end
      }
      continue;
    }
    if (quoted || !is_letter(c)) {
      add_literal(c);
      continue;
    }
    if (kLetters.find(c) == kLetters.npos) return std::nullopt;
    auto end = at;
    while (end < pattern.size() && pattern[end] == c) ++end;
    steps.push_back({.letter = c, .count = end - at, .literal = {}});
    at = end - 1;
  }
  return TimePrinter{std::move(steps)};
}

std::optional<std::string> TimePrinter::print(std::int64_t epoch_ms, const Zone& zone) const {
  if (epoch_ms < -kFarthestMs || epoch_ms > kFarthestMs) return std::nullopt;
  const auto in_zone = zone.at(floor_div(epoch_ms, 1000));
  const auto moment = taken_apart(epoch_ms, in_zone.offset_seconds);
  const auto year = moment.day.year;
  const auto year_of_era = year > 0 ? year : 1 - year;
  constexpr Weeks kIso{.first_weekday = 1, .least_days = 4};

  std::string out;
  for (const auto& [letter, count, literal] : steps_) {
    switch (letter) {
      case 0:
        out += literal;
        break;
      case 'G':
        out += year > 0 ? "AD" : "BC";
        break;
      case 'C':
        out += padded(std::abs(year) / 100, count);
        break;
      case 'Y':
        out += year_text(year_of_era, count);
        break;
      case 'y':
        out += year_text(year, count);
        break;
      case 'x':
        out += year_text(kIso.year_of(moment.day_number), count);
        break;
      case 'w':
        out += padded(kIso.week_of_year(moment.day_number), count);
        break;
      case 'e':
        out += padded(weekday_of(moment.day_number), count);
        break;
      case 'E':
        out += named(weekday_name(weekday_of(moment.day_number)), count);
        break;
      case 'M':
        out += count >= 3 ? named(month_name(moment.day.month), count) : padded(moment.day.month, count);
        break;
      case 'd':
        out += padded(moment.day.day, count);
        break;
      case 'D':
        out += padded(day_of_year(moment.day_number), count);
        break;
      case 'a':
        out += moment.hour < 12 ? "AM" : "PM";
        break;
      case 'K':
        out += padded(moment.hour % 12, count);
        break;
      case 'h':
        out += padded((moment.hour + 11) % 12 + 1, count);
        break;
      case 'H':
        out += padded(moment.hour, count);
        break;
      case 'k':
        out += padded((moment.hour + 23) % 24 + 1, count);
        break;
      case 'm':
        out += padded(moment.minute, count);
        break;
      case 's':
        out += padded(moment.second, count);
        break;
      case 'S':
        out += fraction(moment.millisecond, count);
        break;
      case 'z':
        out += count >= 4 ? zone.long_name(moment.epoch_seconds) : in_zone.abbreviation;
        break;
      case 'Z':
        if (count >= 3) {
          out += zone.id();
        } else {  // hours and minutes; seconds of old local times are cut off
          out += offset_text(in_zone.offset_seconds / 60 * 60, count == 1 ? "" : ":");
        }
        break;
      default:
        break;  // compile lets no other pass
    }
  }
  return out;
}

}  // namespace iotemu::rules::sql
