#pragma once

// Messages of an http action that are sent together (RU-32): a batch for each account, rule (its error
// action apart), URL and, unless it goes across topics, topic. The first limit that is reached closes it; its
// time runs by the emulator's clock. Thread-safe.

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "base/timers.h"
#include "emulator/sinks/sink.h"

namespace iotemu::sinks {

/// `batchConfig`, with its defaults.
struct BatchConfig {
  std::chrono::milliseconds open{20};
  std::size_t messages{10};
  std::size_t bytes{5120};
  bool across_topics{false};
};

[[nodiscard]] BatchConfig batch_config_of(const rules::ActionRequest& action);

/// One message of a batch.
struct Batched {
  RequestPtr request{};
  Sink::Done done{};
};
using Batch = std::vector<Batched>;

/// `[result, …]`
[[nodiscard]] std::string body_of(const Batch& batch);
/// The payload of the error action for all of it.
[[nodiscard]] std::string failure_document(const Batch& batch, bool across_topics,
                                           const std::string& resource, const std::string& why);

class HttpBatches {
 public:
  using Send = std::function<void(Batch)>;

  /// `timers` outlives the batches; `send` is called on the thread that closes one.
  HttpBatches(Timers& timers, Send send) : timers_{timers}, send_{std::move(send)} {}

  void add(Batched message, const BatchConfig& config);
  /// Forgets the open ones; each message is told that it is done.
  void reset();

 private:
  using Key = std::tuple<std::string, std::string, std::string, bool, std::string, std::string>;
  struct Open {
    Batch messages{};
    std::size_t bytes{0};
    std::uint64_t number{0};
  };

  void close(const Key& key, std::uint64_t number);

  Timers& timers_;
  const Send send_;
  std::mutex mutex_;
  std::map<Key, Open> open_;  ///< guarded, as is last_
  std::uint64_t last_{0};
};

}  // namespace iotemu::sinks
