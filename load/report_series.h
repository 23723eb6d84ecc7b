#pragma once

// The seconds of a run as the charts of the report want them: few enough points to be drawn and pointed at.
// Within load/ only.

#include <cstdint>
#include <optional>
#include <vector>

#include "load/results.h"

namespace iotemu::load {

class ReportSeries {
 public:
  explicit ReportSeries(const Results& results);

  /// Of each point, in seconds since the start of the run.
  [[nodiscard]] const std::vector<double>& at() const { return at_; }
  /// How many seconds one point stands for.
  [[nodiscard]] std::int64_t width() const { return width_; }

  using Values = std::vector<std::optional<double>>;
  /// Events a second; absent where no second was looked at.
  [[nodiscard]] Values rate(std::uint64_t Second::*member) const;
  /// The largest of the seconds behind each point; absent where none tells.
  template <class T>
  [[nodiscard]] Values most(std::optional<T> Second::*member) const {
    Values values;
    for (const auto& group : groups_) {
      auto& value = values.emplace_back();
      for (const auto& second : group) {
        const auto& seen = second.*member;
        if (seen && (!value || static_cast<double>(*seen) > *value)) value = static_cast<double>(*seen);
      }
    }
    return values;
  }

 private:
  std::int64_t width_{1};
  std::vector<double> at_;
  std::vector<std::vector<Second>> groups_;
};

}  // namespace iotemu::load
