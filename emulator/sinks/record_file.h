#pragma once

// What the recorder keeps, as lines of JSON in a file or on stdout (`--record-actions FILE|-`). A thread of
// its own makes the lines and writes them; what comes faster than it is dropped and counted in the log.
// Thread-safe.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/descriptor.h"
#include "base/executor.h"
#include "base/result.h"
#include "base/thread_executor.h"
#include "iotemu/events.h"

namespace iotemu::sinks {

class RecordFile {
 public:
  /// Appends to `path`, which is made for its owner alone: payloads stand in it. "-" is stdout. Errc::io with
  /// the system's reason, or because others can write to the file. `work` outlives the file.
  static Result<std::unique_ptr<RecordFile>> open(const std::string& path, WorkCounter& work);
  /// Writes what waits, and logs how much is missing.
  ~RecordFile();

  /// Queues the record; it is dropped and counted beyond 10,000 that wait, or 64 MiB of them.
  void add(std::shared_ptr<const ActionRecord> record);
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  static constexpr std::size_t kMaxWaiting = 10'000;
  static constexpr std::size_t kMaxWaitingBytes = 64 * std::size_t{1024} * 1024;

  RecordFile(Descriptor file, WorkCounter& work)
      : file_{std::move(file)}, thread_{std::make_unique<ThreadExecutor>(work, "iotemu-record", 1)} {}
  void write(const std::string& line);

  const Descriptor file_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::size_t> waiting_bytes_{0};
  std::atomic<std::uint64_t> dropped_{0};
  bool write_failed_{false};  ///< the thread's alone
  std::unique_ptr<ThreadExecutor> thread_;
};

}  // namespace iotemu::sinks
