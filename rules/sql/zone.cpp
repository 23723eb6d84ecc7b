#include "rules/sql/zone.h"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <utility>

#include "rules/sql/calendar.h"

namespace iotemu::rules::sql {
namespace {

constexpr std::int32_t kHour = 3600;
/// What the library can reckon with.
constexpr std::int64_t kFarthestSeconds = 200'000'000'000;
/// The machine's files list clock changes up to 2037; the rule behind them is not read by the library.
constexpr std::int64_t kListedUntil = day_number(2037, 1, 1) * kSecondsPerDay;
/// Common years that begin with each weekday from Monday on, all of them listed.
constexpr std::array<std::int64_t, 7> kListedYears{2029, 2030, 2025, 2026, 2027, 2033, 2034};

/// English names of the zones that people write, in pairs of standard and summer time. The id is the region
/// that a text with such a name means. Short names are not unique; they go to the region that JDK's tables
/// prefer in the United States. differs: BST is British, where some JDKs say Bougainville.
struct Names {
  std::string_view id{};
  std::string_view standard{};
  std::string_view summer{};
  std::string_view long_standard{};
  std::string_view long_summer{};
  std::int32_t offset{0};  ///< Of standard time.
};

constexpr std::array kNames{
    Names{"UTC", "UTC", "", "Coordinated Universal Time", "", 0},
    Names{"Europe/London", "GMT", "BST", "Greenwich Mean Time", "British Summer Time", 0},
    Names{"America/Los_Angeles", "PST", "PDT", "Pacific Standard Time", "Pacific Daylight Time", -8 * kHour},
    Names{"America/Denver", "MST", "MDT", "Mountain Standard Time", "Mountain Daylight Time", -7 * kHour},
    Names{"America/Chicago", "CST", "CDT", "Central Standard Time", "Central Daylight Time", -6 * kHour},
    Names{"America/New_York", "EST", "EDT", "Eastern Standard Time", "Eastern Daylight Time", -5 * kHour},
    Names{"America/Halifax", "AST", "ADT", "Atlantic Standard Time", "Atlantic Daylight Time", -4 * kHour},
    Names{"America/St_Johns", "NST", "NDT", "Newfoundland Standard Time", "Newfoundland Daylight Time",
          -(3 * kHour + 1800)},
    Names{"America/Anchorage", "AKST", "AKDT", "Alaska Standard Time", "Alaska Daylight Time", -9 * kHour},
    Names{"Pacific/Honolulu", "HST", "HDT", "Hawaii-Aleutian Standard Time", "Hawaii-Aleutian Daylight Time",
          -10 * kHour},
    Names{"America/Havana", "CST", "CDT", "Cuba Standard Time", "Cuba Daylight Time", -5 * kHour},
    Names{"America/Sao_Paulo", "BRT", "BRST", "Brasilia Standard Time", "Brasilia Summer Time", -3 * kHour},
    Names{"America/Argentina/Buenos_Aires", "ART", "ARST", "Argentina Standard Time", "Argentina Summer Time",
          -3 * kHour},
    Names{"Europe/Lisbon", "WET", "WEST", "Western European Standard Time", "Western European Summer Time",
          0},
    Names{"Europe/Paris", "CET", "CEST", "Central European Standard Time", "Central European Summer Time",
          kHour},
    Names{"Europe/Bucharest", "EET", "EEST", "Eastern European Standard Time", "Eastern European Summer Time",
          2 * kHour},
    Names{"Europe/Moscow", "MSK", "MSD", "Moscow Standard Time", "Moscow Summer Time", 3 * kHour},
    Names{"Asia/Kolkata", "IST", "", "India Standard Time", "", 5 * kHour + 1800},
    Names{"Asia/Jerusalem", "IST", "IDT", "Israel Standard Time", "Israel Daylight Time", 2 * kHour},
    Names{"Asia/Karachi", "PKT", "PKST", "Pakistan Standard Time", "Pakistan Summer Time", 5 * kHour},
    Names{"Asia/Shanghai", "CST", "CDT", "China Standard Time", "China Daylight Time", 8 * kHour},
    Names{"Asia/Hong_Kong", "HKT", "HKST", "Hong Kong Standard Time", "Hong Kong Summer Time", 8 * kHour},
    Names{"Asia/Singapore", "SGT", "", "Singapore Standard Time", "", 8 * kHour},
    Names{"Asia/Tokyo", "JST", "JDT", "Japan Standard Time", "Japan Daylight Time", 9 * kHour},
    Names{"Asia/Seoul", "KST", "KDT", "Korean Standard Time", "Korean Daylight Time", 9 * kHour},
    Names{"Asia/Jakarta", "WIB", "", "Western Indonesia Time", "", 7 * kHour},
    Names{"Africa/Johannesburg", "SAST", "", "South Africa Standard Time", "", 2 * kHour},
    Names{"Africa/Lagos", "WAT", "", "West Africa Standard Time", "", kHour},
    Names{"Africa/Nairobi", "EAT", "", "East Africa Time", "", 3 * kHour},
    Names{"Africa/Maputo", "CAT", "", "Central Africa Time", "", 2 * kHour},
    Names{"Australia/Perth", "AWST", "AWDT", "Australian Western Standard Time",
          "Australian Western Daylight Time", 8 * kHour},
    Names{"Australia/Adelaide", "ACST", "ACDT", "Australian Central Standard Time",
          "Australian Central Daylight Time", 9 * kHour + 1800},
    Names{"Australia/Sydney", "AEST", "AEDT", "Australian Eastern Standard Time",
          "Australian Eastern Daylight Time", 10 * kHour},
    Names{"Pacific/Auckland", "NZST", "NZDT", "New Zealand Standard Time", "New Zealand Daylight Time",
          12 * kHour},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "+1", "+01", "+0130", "+01:30", and the same with seconds.
std::optional<std::int32_t> joda_offset(std::string_view id) {
  if (id.size() < 2 || (id.front() != '+' && id.front() != '-')) return std::nullopt;
  const bool negative = id.front() == '-';
  id.remove_prefix(1);
  std::array<std::int32_t, 3> parts{};
  bool colons = false;
  for (std::size_t part = 0; part < parts.size() && !id.empty(); ++part) {
    if (part > 0) {
      const bool colon = id.front() == ':';
      if (part == 1) colons = colon;
      if (colon != colons) return std::nullopt;
      if (colon) id.remove_prefix(1);
    }
    std::size_t digits = 0;
    while (digits < 2 && digits < id.size() && is_digit(id[digits])) {
      parts[part] = parts[part] * 10 + (id[digits++] - '0');
    }
    if (digits == 0 || (part > 0 && digits < 2)) return std::nullopt;
    id.remove_prefix(digits);
  }
  if (!id.empty() || parts[0] > 23 || parts[1] > 59 || parts[2] > 59) return std::nullopt;
  const auto seconds = parts[0] * kHour + parts[1] * 60 + parts[2];
  return negative ? -seconds : seconds;
}

/// What to take off a time beyond the list to come to one in it that the same rules meet: whole weeks, to the
/// same place in a year of the same weekdays. Clock changes go by weekdays of a month.
std::int64_t beyond_list(std::int64_t seconds) {
  if (seconds < kListedUntil) return 0;
  const auto day = day_of(floor_div(seconds, kSecondsPerDay));
  const bool is_early = day.month == 1 || (day.month == 2 && day.day < 29);
  const int month = is_early ? 1 : 3;
  const auto begin = day_number(day.year, month, 1);
  // Common years have 59 days before March.
  const auto january = is_early ? begin : begin - 59;
  const auto listed = kListedYears.at(static_cast<std::size_t>(weekday_of(january) - 1));
  return (begin - day_number(listed, month, 1)) * kSecondsPerDay;
}

std::int64_t listed(std::int64_t seconds) {
  const auto within = std::clamp(seconds, -kFarthestSeconds, kFarthestSeconds);
  return within - beyond_list(within);
}

}  // namespace

std::string offset_text(std::int32_t offset_seconds, std::string_view separator) {
  const auto two = [](std::int32_t n) {
    return std::string{static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)};
  };
  const auto seconds = std::abs(offset_seconds);
  std::string text{offset_seconds < 0 ? '-' : '+'};
  text.append(two(seconds / kHour)).append(separator).append(two(seconds / 60 % 60));
  if (seconds % 60 != 0) text.append(separator).append(two(seconds % 60));
  return text;
}

Zone Zone::fixed(std::int32_t offset_seconds, std::string name) {
  Zone zone;
  zone.offset_ = offset_seconds;
  zone.id_ = std::move(name);
  return zone;
}

std::optional<Zone> Zone::region(std::string_view id) {
  if (id == "UTC") return Zone{};
  try {
    Zone zone;
    zone.region_ = date::locate_zone(id);
    zone.id_ = id;
    return zone;
  } catch (const std::exception&) {  // unknown, or a machine without the database
    return std::nullopt;
  }
}

std::optional<Zone> Zone::joda(std::string_view id) {
  if (const auto offset = joda_offset(id))
    return *offset == 0 ? Zone{} : fixed(*offset, offset_text(*offset));
  return region(id);
}

std::optional<Zone> Zone::named(std::string_view text, std::size_t& length) {
  const Names* best = nullptr;
  length = 0;
  for (const auto& names : kNames) {
    for (const auto name : {names.standard, names.summer, names.long_standard, names.long_summer}) {
      // Strictly longer: of two zones with one name the first stands.
      if (name.size() <= length || !text.starts_with(name)) continue;
      best = &names;
      length = name.size();
    }
  }
  return best != nullptr ? region(best->id) : std::nullopt;
}

Zone::At Zone::at(std::int64_t epoch_seconds) const {
  if (region_ == nullptr) return {.offset_seconds = offset_, .abbreviation = id_};
  try {
    const auto found = region_->get_info(date::sys_seconds{std::chrono::seconds{listed(epoch_seconds)}});
    const auto offset = static_cast<std::int32_t>(found.offset.count());
    // The tz database writes "+04" for zones without an abbreviation of their own.
    const bool is_number = !found.abbrev.empty() && (found.abbrev[0] == '+' || found.abbrev[0] == '-');
    return {.offset_seconds = offset, .abbreviation = is_number ? offset_text(offset) : found.abbrev};
  } catch (const std::exception&) {  // the zone's file is gone or broken
    return {.offset_seconds = 0, .abbreviation = "UTC"};
  }
}

std::string Zone::long_name(std::int64_t epoch_seconds) const {
  const auto now = at(epoch_seconds);
  for (const auto& names : kNames) {
    if (names.standard == now.abbreviation && names.offset == now.offset_seconds) {
      return std::string{names.long_standard};
    }
    if (!names.summer.empty() && names.summer == now.abbreviation &&
        names.offset + kHour == now.offset_seconds) {
      return std::string{names.long_summer};
    }
  }
  return now.abbreviation;
}

std::int64_t Zone::to_epoch(std::int64_t local_seconds) const {
  if (region_ == nullptr) return local_seconds - offset_;
  try {
    const auto found = region_->get_info(date::local_seconds{std::chrono::seconds{listed(local_seconds)}});
    return local_seconds - found.first.offset.count();
  } catch (const std::exception&) {
    return local_seconds;
  }
}

}  // namespace iotemu::rules::sql
