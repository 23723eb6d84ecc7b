#pragma once

// Time zones for the functions of SQL: UTC, a fixed offset, or a region of the machine's tz database. Values;
// the database is read once, when the first region is asked for, and shared by all threads.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace iotemu::rules::sql {

class Zone {
 public:
  /// UTC under that name.
  Zone() = default;
  /// `name`: what it is called, "+01:00" or "GMT".
  static Zone fixed(std::int32_t offset_seconds, std::string name);
  /// "America/Belize", case-sensitive. Nothing if the tz database has no such region, or is not there.
  static std::optional<Zone> region(std::string_view id);
  /// As Joda-Time reads an id: UTC, a region, "+01:00", "-0330", "+1".
  static std::optional<Zone> joda(std::string_view id);
  /// A name in English as texts hold it, short or long: "PST", "Eastern Standard Time". The longest that
  /// `text` begins with; `length` is how long.
  static std::optional<Zone> named(std::string_view text, std::size_t& length);

  struct At {
    std::int32_t offset_seconds{0};
    std::string abbreviation{};  ///< "CST", "UTC"; "+04:00" where the zone has none.
  };
  [[nodiscard]] At at(std::int64_t epoch_seconds) const;
  /// "Central Standard Time"; the abbreviation where the name is not known.
  [[nodiscard]] std::string long_name(std::int64_t epoch_seconds) const;
  /// The instant of a wall clock's seconds since 1970. A time that the clock skips counts on from before the
  /// gap; of a time that comes twice it is the first.
  [[nodiscard]] std::int64_t to_epoch(std::int64_t local_seconds) const;
  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  const date::time_zone* region_{nullptr};
  std::int32_t offset_{0};
  std::string id_{"UTC"};
};

/// "+01:00", "-03:30", with seconds where there are some.
[[nodiscard]] std::string offset_text(std::int32_t offset_seconds, std::string_view separator = ":");

}  // namespace iotemu::rules::sql
