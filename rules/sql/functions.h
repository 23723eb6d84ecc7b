#pragma once

// The functions of rules SQL (M 7.6): one row each. A row says how a function is called and by which
// versions; its evaluator sees a FunctionCall and answers a Value. Rows are constant and shared by all
// threads; an evaluator keeps nothing between calls but what `prepare` made.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "rules/message.h"
#include "rules/ports.h"
#include "rules/sql/conversions.h"
#include "rules/sql/value.h"

namespace iotemu::rules::sql {

struct Function;

/// What a call keeps from the arguments that are constant: a compiled expression, a parsed pattern.
class Prepared {
 public:
  virtual ~Prepared() = default;
};

/// One call. Arguments are evaluated before it, from left to right, unless the row is `lazy`.
class FunctionCall {
 public:
  /// What stands around all calls of one evaluation.
  struct Scene {
    Version version{Version::v2015_10_08};
    const Message& message;
    const Surroundings& surroundings;
    Random& random;
    FunctionHost* host{nullptr};
    Arena& arena;
  };

  [[nodiscard]] virtual std::size_t count() const = 0;
  /// Argument `index` < count(). Undefined for `*`. With a lazy row: evaluated now, once.
  [[nodiscard]] virtual const Value& argument(std::size_t index) = 0;
  /// The same, but what would end the rule is an answer (get_or_default). For lazy rows.
  [[nodiscard]] virtual Result<Value> attempt(std::size_t index) = 0;
  /// Whether `*` was written. It stands for the payload: message().payload.
  [[nodiscard]] virtual bool is_star(std::size_t index) const = 0;
  /// An argument that should be an Object: that, or the only Object of a nested query (RU-16); else
  /// Undefined.
  [[nodiscard]] Value object(std::size_t index);
  /// How many calls of this function the same statement, or the same template, has made before.
  [[nodiscard]] virtual std::size_t earlier_calls() const = 0;
  /// What the row's `prepare` made; null if there is none or the arguments were not constant.
  template <class T>
  [[nodiscard]] const T* prepared() const {
    return dynamic_cast<const T*>(any_prepared());
  }

  [[nodiscard]] Version version() const { return scene_.version; }
  [[nodiscard]] const Message& message() const { return scene_.message; }
  [[nodiscard]] const Surroundings& surroundings() const { return scene_.surroundings; }
  [[nodiscard]] Random& random() const { return scene_.random; }
  [[nodiscard]] Arena& arena() const { return scene_.arena; }
  /// Null where rules run without one: fail() then.
  [[nodiscard]] FunctionHost* host() const { return scene_.host; }

  /// Ends the rule without its actions (RU-28): `return call.fail("…");`. The text names the function
  /// already.
  virtual Value fail(std::string why) = 0;
  /// A text of one's own as String; more than kMostTextBytes fail the rule.
  [[nodiscard]] Value text(std::string_view own);
  /// Charges work that one step does not tell (a step is about one visit of one value); what exceeds the
  /// message's budget fails the rule. False: stop here.
  virtual bool charge(std::size_t steps) = 0;
  /// Why the value is Undefined although the call looks as if it worked: for the log, beside the value. The
  /// text names the function already. Of one message only the first few are kept.
  virtual void note(std::string why) = 0;

 protected:
  explicit FunctionCall(const Scene& scene) : scene_{scene} {}
  ~FunctionCall() = default;
  [[nodiscard]] virtual const Prepared* any_prepared() const = 0;

 private:
  const Scene& scene_;
};

/// The arguments of a call while it is compiled: those that are constant.
class ConstantArguments {
 public:
  explicit ConstantArguments(std::span<const std::optional<Value>> arguments) : arguments_{arguments} {}
  [[nodiscard]] std::size_t count() const { return arguments_.size(); }
  /// Null: not constant, or not there.
  [[nodiscard]] const Value* at(std::size_t index) const {
    return index < arguments_.size() && arguments_[index] ? &*arguments_[index] : nullptr;
  }

 private:
  std::span<const std::optional<Value>> arguments_;
};

/// What is wrong with a call, and with which of its arguments.
struct Objection {
  std::size_t argument{0};
  std::string why{};
};

/// One row.
struct Function {
  static constexpr std::size_t kAny = 1000;

  std::string_view name{};  ///< As AWS writes it; calls in any case.
  int since{1};             ///< 1: both versions; 2: 2016-03-23 and beta (M 7.6).
  /// A call with other counts is Undefined (RU-22).
  std::size_t least{0};
  std::size_t most{0};
  bool waits{false};       ///< Asks the FunctionHost.
  bool takes_star{false};  ///< `*` may be an argument (RU-13).
  bool lazy{false};        ///< Evaluates its arguments itself.
  /// Its value follows from its arguments alone: a call of constants is worked out when it is compiled.
  bool pure{true};
  Value (*run)(FunctionCall& call){nullptr};
  /// Called once when the statement is compiled; may answer null.
  std::shared_ptr<const Prepared> (*prepare)(const ConstantArguments& arguments){nullptr};
  /// Asked once when the statement is compiled; whoever has an objection refuses the rule. May be null.
  std::optional<Objection> (*object)(const ConstantArguments& arguments){nullptr};
  /// Where it hangs on the arguments whether a call waits; what is not constant yet may become anything.
  /// Null: `waits` says it.
  bool (*waits_with)(const ConstantArguments& arguments){nullptr};
};

/// All rows, in groups: the tables of the functions_*.cpp files. Named in functions.cpp alone.
[[nodiscard]] const std::vector<std::span<const Function>>& function_groups();

/// In any case; null if there is none.
[[nodiscard]] const Function* find_function(std::string_view name);
/// The name that is most like it; empty if none is near.
[[nodiscard]] std::string_view nearest_function(std::string_view name);

}  // namespace iotemu::rules::sql
