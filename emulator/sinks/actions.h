#pragma once

// All actions of rules: finds the sink of the kind, bounds how many are under way, and keeps what became of
// each in the recorder. Filled before the first action runs. Thread-safe; `run` never blocks.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "emulator/sinks/recorder.h"
#include "emulator/sinks/sink.h"
#include "rules/ports.h"

namespace iotemu::sinks {

struct ActionLimits {
  /// Actions that may be under way at once, those that wait to be tried again included, and the bytes of
  /// their payloads and parameters. What comes on top fails at once. Not counted: the message as it came,
  /// which all its actions share, and the request made of a payload, about 4/3 of it once more.
  std::size_t actions{10'000};
  std::size_t bytes{256 * 1024 * 1024};
};

class Actions final : public rules::ActionSink {
 public:
  /// All references outlive the actions.
  Actions(ActionRecorder& recorder, const Clock& clock, ActionLimits limits = {})
      : recorder_{recorder}, clock_{clock}, limits_{limits} {}

  void add(std::string kind, std::unique_ptr<Sink> sink) {
    counts_[kind];
    sinks_[std::move(kind)] = std::move(sink);
  }
  /// One that says no more than whether it has failed.
  void add(std::string kind, std::unique_ptr<rules::ActionSink> sink);

  /// Goes over every text that is recorded or told of a failure: takes out what nobody may see. Set before
  /// the first action runs; thread-safe itself.
  void hide_with(std::function<std::string(std::string)> hide) { hide_ = std::move(hide); }

  void run(rules::ActionRequest request, Done done) override;
  /// The kinds that have a sink.
  [[nodiscard]] std::vector<std::string> kinds() const;
  /// How many actions of a kind ended in which way.
  struct Ends {
    std::string_view kind{};
    std::uint64_t delivered{};
    std::uint64_t failed{};
    std::uint64_t recorded{};
  };
  [[nodiscard]] std::vector<Ends> ends() const;
  [[nodiscard]] std::size_t under_way() const { return actions_; }
  /// Forgets what waits to be sent together; what is under way leaves no record any more.
  void reset();

 private:
  [[nodiscard]] std::string shown(std::string text) const { return hide_ ? hide_(std::move(text)) : text; }
  void end(const rules::ActionRequest& request, std::uint64_t epoch, Ended ended, const Done& done);

  ActionRecorder& recorder_;
  const Clock& clock_;
  const ActionLimits limits_;
  std::map<std::string, std::unique_ptr<Sink>, std::less<>> sinks_;
  struct Counts {
    std::atomic<std::uint64_t> delivered{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> recorded{0};
  };
  std::map<std::string, Counts, std::less<>> counts_;  ///< One of each sink.
  std::function<std::string(std::string)> hide_{};
  std::atomic<std::size_t> actions_{0};
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::uint64_t> epoch_{0};  ///< Grows with every reset.
};

/// Hands everything on; `actions` outlives it.
[[nodiscard]] std::unique_ptr<rules::ActionSink> forward_to(Actions& actions);

}  // namespace iotemu::sinks
