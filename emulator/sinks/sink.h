#pragma once

// Where the actions of one kind go, as this folder sees it: like rules::ActionSink, and what became of the
// action is told in full, because the recorder keeps it. Thread-safe; `run` never blocks.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "iotemu/events.h"
#include "rules/ports.h"

namespace iotemu::sinks {

using RequestPtr = std::shared_ptr<const rules::ActionRequest>;

/// The end of one action. The members are those of ActionRecord.
struct Ended {
  ActionRecord::Outcome outcome{ActionRecord::Outcome::delivered};
  std::string target{};
  std::string operation{};
  std::string payload{};
  std::string request_body{};
  std::string reason{};
  /// For the rule's error action; nothing where it succeeded, or where another has told the engine (RU-32).
  std::optional<rules::ActionFailure> failure{};
};

class Sink {
 public:
  using Done = std::function<void(Ended)>;

  virtual ~Sink() = default;
  /// `done` is called once, inside the call or later, on any thread. What is worth trying again has been
  /// tried again by then. After `stop` it may not be called at all.
  virtual void run(RequestPtr request, Done done) = 0;
  /// Forgets what waits to be sent together, and ends it.
  virtual void reset() {}
};

/// Where the action goes, by the parameter that names it: `failedResource` of RU-29.
[[nodiscard]] std::string resource_of(const rules::ActionRequest& request);
/// `failedAction` of RU-29: "S3Action".
[[nodiscard]] std::string failed_action_name(std::string_view kind);

/// A failed end, told to the engine too.
[[nodiscard]] Ended failed(const rules::ActionRequest& request, std::string why);

}  // namespace iotemu::sinks
