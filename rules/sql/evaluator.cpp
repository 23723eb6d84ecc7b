#include "rules/sql/evaluator.h"

#include <algorithm>
#include <utility>

#include "rules/sql/operators.h"

namespace iotemu::rules::sql {
namespace {

using Kind = Node::Kind;

/// Members that are looked through in one step.
constexpr std::size_t kMembersOfAStep = 16;

/// Expressions within expressions, variables included: what the stack of any thread holds.
constexpr std::size_t kMostNesting = 1000;

}  // namespace

/// One call: arguments evaluated before it, or on demand.
class Evaluator::Call final : public FunctionCall {
 public:
  Call(Evaluator& evaluator, const Node& node, const Scope& scope, std::size_t earlier)
      : FunctionCall{evaluator.scene_},
        evaluator_{evaluator},
        node_{node},
        scope_{scope},
        earlier_{earlier},
        arguments_{evaluator.scene_.arena.make<Known>(node.parts.size())} {}

  [[nodiscard]] std::size_t count() const override { return node_.parts.size(); }

  [[nodiscard]] const Value& argument(std::size_t index) override {
    Known& known = arguments_[index];
    if (!known.is_known) {
      if (!is_star(index)) known.value = evaluator_.evaluate(node_.parts[index], scope_);
      known.is_known = true;
    }
    return known.value;
  }

  [[nodiscard]] Result<Value> attempt(std::size_t index) override {
    const Value& value = argument(index);
    // What has no budget left cannot go on.
    if (!evaluator_.failure_ || evaluator_.exhausted_) return value;
    Error error = *std::exchange(evaluator_.failure_, std::nullopt);
    arguments_[index].is_known = false;
    return error;
  }

  [[nodiscard]] bool is_star(std::size_t index) const override {
    return node_.parts[index].kind == Kind::star;
  }
  [[nodiscard]] std::size_t earlier_calls() const override { return earlier_; }

  Value fail(std::string why) override {
    return evaluator_.fail(Errc::invalid_request, std::string{node_.function->name} + "(): " + why);
  }
  bool charge(std::size_t steps) override { return evaluator_.charge(steps); }
  void note(std::string why) override {
    if (evaluator_.notes_.size() == kMostNotes) return;
    evaluator_.notes_.push_back(std::string{node_.function->name} + "(): " + why);
  }

 private:
  [[nodiscard]] const Prepared* any_prepared() const override { return node_.prepared.get(); }

  Evaluator& evaluator_;
  const Node& node_;
  const Scope& scope_;
  std::size_t earlier_;
  std::span<Known> arguments_;
};

Evaluator::Evaluator(const FunctionCall::Scene& scene, const std::vector<Variable>& variables,
                     std::size_t steps)
    : scene_{scene}, variables_{variables}, steps_left_{steps} {}

Value Evaluator::fail(Errc code, std::string why) {
  if (!failure_) failure_ = Error{code, std::move(why)};
  return {};
}

bool Evaluator::charge(std::size_t steps) {
  if (failure_) return false;
  if (steps <= steps_left_) {
    steps_left_ -= steps;
    return true;
  }
  steps_left_ = 0;
  exhausted_ = true;
  (void)fail(Errc::limit_exceeded,
             "The rule needs more than " + std::to_string(kMostSteps) + " steps for this message");
  return false;
}

std::optional<Error> Evaluator::end_template() {
  return exhausted_ ? failure_ : std::exchange(failure_, std::nullopt);
}

const Value& Evaluator::payload() {
  if (!payload_read_) {
    payload_read_ = true;
    if (const auto read = read_json(scene_.message.payload, scene_.version, scene_.arena)) payload_ = *read;
  }
  return payload_;
}

Value Evaluator::evaluate(const Node& node, const Scope& scope) {
  if (!charge(1)) return {};
  // One expression cannot be as deep, a chain of variables that use one another can.
  if (depth_ == kMostNesting) {
    exhausted_ = true;
    return fail(Errc::limit_exceeded, "The variables of the statement are nested too deep in one another");
  }
  ++depth_;
  const Value out = evaluated(node, scope);
  --depth_;
  return out;
}

Value Evaluator::evaluated(const Node& node, const Scope& scope) {
  switch (node.kind) {
    case Kind::literal:
      return node.literal;
    case Kind::name:
      return name(node.name, scope);
    case Kind::field:
      return path(node, scope);
    case Kind::variable:
      return variable(node.variable);
    case Kind::star:
      return {};
    case Kind::call:
      return call(node, scope);
    case Kind::cast:
      return cast(evaluate(node.parts[0], scope), node.type, scene_.version, scene_.arena);
    case Kind::negative:
      return negative_of(evaluate(node.parts[0], scope), scene_.version, scene_.arena);
    case Kind::negation: {
      const auto truth = boolean_of(evaluate(node.parts[0], scope));
      return truth ? Value::boolean(!*truth) : Value{};
    }
    case Kind::chain:
      return chain(node, scope);
    case Kind::all_of:
      return all_of(node, scope, false);
    case Kind::any_of:
      return all_of(node, scope, true);
    case Kind::choice:
      return choice(node, scope);
    case Kind::array:
      return array(node, scope);
    case Kind::object:
      return object(node, scope);
    case Kind::query:
      return rows(*node.query, scope);
    case Kind::exists: {
      const Value found = rows(*node.query, scope);
      return Value::boolean(found.is_array() && !found.elements().empty());
    }
  }
  return {};
}

Value Evaluator::name(std::string_view name, const Scope& scope) {
  for (const Scope* at = &scope; at != nullptr; at = at->outer) {
    if (!at->alias.empty() && at->alias == name) return *at->element;
  }
  return member(scope.element != nullptr ? *scope.element : payload(), name);
}

Value Evaluator::member(const Value& of, std::string_view name) {
  if (!of.is_object() || !charge(of.members().size() / kMembersOfAStep)) return {};
  const Value* const found = of.find(name);
  return found != nullptr ? *found : Value{};
}

Value Evaluator::path(const Node& node, const Scope& scope) {
  Value out = evaluate(node.parts[0], scope);
  for (const std::string_view name : node.keys) out = member(out, name);
  return out;
}

Value Evaluator::variable(std::size_t index) {
  Known& known = known_[index];
  if (known.is_known) return known.value;
  const Value value = evaluate(variables_[index].node, top_);
  if (failure_) return {};
  variable_bytes_ += json_size(value, kMostTextBytes);
  if (variable_bytes_ > kMostTextBytes) {
    return fail(Errc::limit_exceeded, "The variables of the statement hold more than 128 KiB, with @" +
                                          std::string{variables_[index].name} + " (RU-20)");
  }
  known = {.is_known = true, .value = value};
  return value;
}

Value Evaluator::call(const Node& node, const Scope& scope) {
  const Function& function = *node.function;
  if (node.parts.size() < function.least || node.parts.size() > function.most) return {};
  std::size_t earlier = 0;
  if (function.waits) {
    const auto known = std::ranges::find(calls_, &function, &Calls::function);
    if (known == calls_.end()) {
      calls_.push_back({&function, 1});
    } else {
      earlier = known->count++;
    }
  }
  Call out{*this, node, scope, earlier};
  if (!function.lazy) {
    for (std::size_t i = 0; i < node.parts.size(); ++i) (void)out.argument(i);
    if (failure_) return {};
  }
  const Value value = function.run(out);
  return failure_ ? Value{} : value;
}

Value Evaluator::chain(const Node& node, const Scope& scope) {
  Value out = evaluate(node.parts[0], scope);
  for (std::size_t i = 0; i < node.operators.size(); ++i) {
    const Value right = evaluate(node.parts[i + 1], scope);
    if (failure_) return {};
    std::size_t work = 0;
    out = apply(node.operators[i], out, right, scene_.version, scene_.arena, work);
    if (!charge(work)) return {};
  }
  return out;
}

Value Evaluator::all_of(const Node& node, const Scope& scope, bool is_or) {
  // Undefined on any side makes the whole Undefined, whatever the others say.
  bool out = !is_or;
  for (const Node& part : node.parts) {
    const auto truth = boolean_of(evaluate(part, scope));
    if (!truth) return {};
    out = is_or ? out || *truth : out && *truth;
  }
  return Value::boolean(out);
}

Value Evaluator::choice(const Node& node, const Scope& scope) {
  const Value wanted = evaluate(node.parts[0], scope);
  if (wanted.is_undefined()) return {};
  const std::size_t branches = node.parts.size() - (node.has_else ? 1 : 0);
  for (std::size_t i = 1; i + 1 < branches; i += 2) {
    const Value value = evaluate(node.parts[i], scope);
    std::size_t work = 0;
    const bool matches = !value.is_undefined() && equal(wanted, value, work);
    if (!charge(work)) return {};
    if (matches) return evaluate(node.parts[i + 1], scope);
  }
  return node.has_else ? evaluate(node.parts.back(), scope) : Value{};
}

Value Evaluator::array(const Node& node, const Scope& scope) {
  const auto elements = scene_.arena.make<Value>(node.parts.size());
  std::size_t count = 0;
  for (const Node& part : node.parts) {
    // JSON has nothing for Undefined: such an element is left out [unc].
    if (const Value value = evaluate(part, scope); !value.is_undefined()) elements[count++] = value;
  }
  return Value::array(elements.first(count));
}

Value Evaluator::object(const Node& node, const Scope& scope) {
  ObjectBuilder out{scene_.arena};
  out.reserve(node.parts.size());
  for (std::size_t i = 0; i < node.parts.size(); ++i) out.set(node.keys[i], evaluate(node.parts[i], scope));
  return out.finish();
}

Value Evaluator::rows(const Query& query, const Scope& scope) {
  const Value source = evaluate(*query.from, scope);
  if (!source.is_array() && !source.is_object()) return {};
  const std::span<const Value> elements = source.is_array() ? source.elements() : std::span{&source, 1};
  std::pmr::vector<Value> out{scene_.arena.resource()};
  for (const Value& element : elements) {
    if (!charge(1)) return {};
    const Scope inner{.element = &element, .alias = query.alias, .outer = &scope};
    if (query.where) {
      const auto truth = boolean_of(evaluate(*query.where, inner));
      if (!truth || !*truth) continue;
    }
    const Value row = query.selects_all() ? element : selected(query, inner);
    if (!row.is_undefined()) out.push_back(row);
  }
  const auto kept = scene_.arena.make<Value>(out.size());
  std::ranges::copy(out, kept.begin());
  Value rows = Value::array(kept);
  if (source.is_object() && kept.size() == 1 && !query.is_value) rows.mark_as_of_one_object();
  return rows;
}

Value Evaluator::selected(const Query& query, const Scope& scope) {
  if (query.is_value) return evaluate(query.items.front().node, scope);
  ObjectBuilder out{scene_.arena};
  out.reserve(query.items.size());
  for (const Item& item : query.items) {
    if (item.is_star) {
      const Value& all = scope.element != nullptr ? *scope.element : payload();
      if (all.is_object() && !charge(all.members().size() / kMembersOfAStep)) return {};
      out.add_all(all);
      continue;
    }
    const Value value = evaluate(item.node, scope);
    if (failure_) return {};
    if (item.is_spread) {
      out.add_all(value);
    } else {
      set_path(out, item.path, value);
    }
  }
  return out.finish();
}

void Evaluator::set_path(ObjectBuilder& out, std::span<const std::string_view> path, const Value& value) {
  if (value.is_undefined()) return;
  if (path.size() == 1) return out.set(path.front(), value);
  // `a AS x.y, b AS x.z` fill the same object.
  ObjectBuilder inner{scene_.arena};
  if (const Value* const known = out.find(path.front())) inner.add_all(*known);
  set_path(inner, path.subspan(1), value);
  out.set(path.front(), inner.finish());
}

}  // namespace iotemu::rules::sql
