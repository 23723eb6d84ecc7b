#pragma once

// One rule run for one message: what WHERE and SELECT say, the actions with their templates replaced, and,
// should some of them fail, the error action with its document (RU-28, RU-29). Pure but for the FunctionHost.
// Belongs to one thread at a time.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "rules/message.h"
#include "rules/plan/rule.h"
#include "rules/ports.h"

namespace iotemu::rules::plan {

/// An action of the rule for this message.
struct Due {
  const Action* action{};
  std::size_t position{0};
  /// The error is that of a template: this action fails, the others run.
  Result<Json> parameters;
};

struct Outcome {
  sql::Selected selected{};
  std::vector<Due> actions{};
};

class Execution {
 public:
  /// Everything outlives it. `host` as in sql::Evaluation.
  Execution(const Rule& rule, const Message& message, const Surroundings& surroundings, Random& random,
            FunctionHost* host)
      : rule_{rule}, evaluation_{rule.statement(), message, surroundings, random, host} {}

  /// Nothing: WHERE says no (RU-11). An error ends the rule without any action (RU-28).
  Result<std::optional<Outcome>> run();
  /// As sql::Evaluation::notes.
  [[nodiscard]] const std::vector<std::string>& notes() const { return evaluation_.notes(); }
  /// What it holds of the heap by now.
  [[nodiscard]] std::size_t bytes() const { return evaluation_.bytes(); }
  /// The parameters of the error action; only if the rule has one.
  Result<Json> error_parameters() { return rule_.error_action()->resolve(evaluation_); }

 private:
  const Rule& rule_;
  sql::Evaluation evaluation_;
};

/// What `clientid()` and RU-29 call a client that is none of MQTT.
inline constexpr std::string_view kNoClient = "n/a";

/// The payload of the error action (RU-29). Not of a batch (RU-32).
[[nodiscard]] std::string error_document(std::string_view rule, const Message& message,
                                         std::string_view trace_id,
                                         const std::vector<ActionFailure>& failures);

}  // namespace iotemu::rules::plan
