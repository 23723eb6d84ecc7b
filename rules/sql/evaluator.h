#pragma once

// Evaluates expressions and queries for one message (M 7.3-7.5, 7.7). The work is counted: what exceeds its
// budget, in steps, in memory or in a function that fails, ends the rule. One thread; lives for one message.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/sql/functions.h"
#include "rules/sql/tree.h"

namespace iotemu::rules::sql {

/// What one message may cost a rule, its templates included: about one step for each visit of an expression.
inline constexpr std::size_t kMostSteps = 100'000;

class Evaluator {
 public:
  /// Names inside a nested query mean the element. Without one they mean the payload.
  struct Scope {
    const Value* element{nullptr};
    std::string_view alias{};
    const Scope* outer{nullptr};
  };

  Evaluator(const FunctionCall::Scene& scene, const std::vector<Variable>& variables,
            std::size_t steps = kMostSteps);

  /// At the top: fields of the payload. Throws std::bad_alloc where memory ends.
  Value evaluate(const Node& node) { return evaluate(node, top_); }
  /// The items of a statement that are not a lone `*`.
  Value select(const Query& query) { return selected(query, top_); }
  /// The payload as JSON; Undefined if it is none.
  const Value& payload();

  /// What ends the rule, once something does.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  [[nodiscard]] std::size_t steps_left() const { return steps_left_; }
  /// A template begins: it has its own count of calls.
  void begin_template() { calls_.clear(); }
  /// What functions had to tell beside their values, at most kMostNotes.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  /// What has failed it; other templates can go on, as long as there is budget.
  std::optional<Error> end_template();

 private:
  class Call;

  Value evaluate(const Node& node, const Scope& scope);
  Value evaluated(const Node& node, const Scope& scope);
  Value path(const Node& node, const Scope& scope);
  Value name(std::string_view name, const Scope& scope);
  Value member(const Value& of, std::string_view name);
  Value variable(std::size_t index);
  Value call(const Node& node, const Scope& scope);
  Value chain(const Node& node, const Scope& scope);
  Value all_of(const Node& node, const Scope& scope, bool is_or);
  Value choice(const Node& node, const Scope& scope);
  Value array(const Node& node, const Scope& scope);
  Value object(const Node& node, const Scope& scope);
  Value rows(const Query& query, const Scope& scope);
  Value selected(const Query& query, const Scope& scope);
  void set_path(ObjectBuilder& out, std::span<const std::string_view> path, const Value& value);
  bool charge(std::size_t steps);
  Value fail(Errc code, std::string why);

  static constexpr std::size_t kMostNotes = 4;

  const FunctionCall::Scene& scene_;
  const std::vector<Variable>& variables_;
  std::size_t steps_left_;
  std::size_t depth_{0};
  bool exhausted_{false};
  std::optional<Error> failure_{};
  std::vector<std::string> notes_{};
  Scope top_{};
  bool payload_read_{false};
  Value payload_{};
  struct Known {
    bool is_known{false};
    Value value{};
  };
  std::array<Known, 10> known_{};
  std::size_t variable_bytes_{0};
  struct Calls {
    const Function* function{nullptr};
    std::size_t count{0};
  };
  std::vector<Calls> calls_{};  ///< Of functions that ask the host.
};

}  // namespace iotemu::rules::sql
