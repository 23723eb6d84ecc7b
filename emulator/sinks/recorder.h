#pragma once

// What became of the actions of rules, newest last, for tests and for `GET /_iot/actions`: a ring that is
// bounded by number and by bytes and drops its oldest records. Thread-safe.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "iotemu/events.h"
#include "rules/ports.h"

namespace iotemu::sinks {

struct RecorderLimits {
  std::size_t records{10'000};
  std::size_t bytes{64 * 1024 * 1024};
};

class ActionRecorder {
 public:
  /// Gets each record too, under the recorder's lock: it only queues.
  using Also = std::function<void(std::shared_ptr<const ActionRecord>)>;

  explicit ActionRecorder(RecorderLimits limits = {}, Also also = {})
      : limits_{limits}, also_{std::move(also)} {}

  void add(ActionRecord record);
  /// Oldest first.
  [[nodiscard]] std::vector<ActionRecord> list() const;
  /// `{"actions": […], "dropped": n}`, the newest first, at most `limit`; an empty text filters nothing.
  [[nodiscard]] Json to_json(std::string_view rule, std::string_view action, std::size_t limit) const;
  /// Records that were dropped because there were too many.
  [[nodiscard]] std::uint64_t dropped() const;
  void clear();

 private:
  const RecorderLimits limits_;
  const Also also_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const ActionRecord>> records_;  ///< guarded, as is all below
  std::size_t bytes_{0};
  std::uint64_t dropped_{0};
};

/// A payload stands as JSON where it is an object or an array, else as text, else as base64.
[[nodiscard]] Json to_json(const ActionRecord& record);

/// The parameters without what opens doors: values of headers and properties whose names tell of a secret,
/// user names and queries of URLs, and the token of Salesforce.
[[nodiscard]] Json without_secrets(std::string_view kind, Json parameters);

/// A target that is a URL without its user name and query.
[[nodiscard]] std::string shown_target(std::string target);

}  // namespace iotemu::sinks
