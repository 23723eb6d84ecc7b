#pragma once

// What functions write. FunctionLog keeps the last lines of all functions for `GET /_iot/logs`;
// InvocationLog turns the output of one child into lines, and knows the end of what one invocation wrote.

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"

namespace iotemu::runtime {

struct LogLine {
  Time time{};
  std::string function{};
  std::string arn{};
  std::string request_id{};  ///< Of the invocation under way; empty before the first.
  std::string text{};
};

/// Any thread. A ring of 10,000 lines and 16 MB at most; the oldest go first.
class FunctionLog {
 public:
  void add(LogLine line);
  /// Those of one function, by name or ARN, oldest first; of all if it is empty. An ARN without a qualifier
  /// means all versions. Each as
  /// `{"timestamp": ms, "function", "functionArn", "requestId", "message"}`.
  [[nodiscard]] Json list(std::string_view function) const;
  void clear();

 private:
  mutable std::mutex mutex_;  ///< Guards the ring; nothing else is locked under it.
  std::deque<LogLine> lines_;
  std::size_t bytes_{0};
};

/// Of one child; one thread. Takes the bytes of its stdout and stderr as they come.
class InvocationLog {
 public:
  /// `log` and `clock` outlive it.
  InvocationLog(FunctionLog& log, const Clock& clock, std::string function, std::string arn);

  enum class Stream { output, errors };
  /// Complete lines are written at once. Beyond 1 MB of one invocation the rest is counted and thrown away.
  void take(Stream stream, std::string_view bytes);
  /// A line of ours: START, END, REPORT.
  void write(std::string_view line);
  /// What follows belongs to that invocation.
  void begin(const std::string& request_id);
  /// Writes what has no line end yet; says how much was thrown away.
  void flush();
  /// The last 4 KB of this invocation.
  [[nodiscard]] const std::string& tail() const { return tail_; }
  /// Whether the child spoke of memory that it did not get.
  [[nodiscard]] bool out_of_memory() const { return out_of_memory_; }

 private:
  void emit(std::string_view line);

  FunctionLog& log_;
  const Clock& clock_;
  std::string function_;
  std::string arn_;
  std::string request_id_;
  std::string partial_[2];
  std::string tail_;
  std::size_t written_{0};
  std::size_t cut_{0};
  bool out_of_memory_{false};
};

}  // namespace iotemu::runtime
