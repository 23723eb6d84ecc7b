#include <algorithm>

#include "base/random.h"
#include "rules/sql/evaluator.h"
#include "rules/sql/parser.h"

namespace iotemu::rules::sql {
namespace {

using Kind = Node::Kind;

/// Constants have no chance: a function that is pure does not ask.
class NoChance final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, std::uint8_t{0}); }
};

bool is_literal(const Node& node) {
  return node.kind == Kind::literal;
}

bool is_constant(const Node& node) {
  switch (node.kind) {
    case Kind::literal:
    case Kind::name:
    case Kind::variable:
    case Kind::star:
    case Kind::query:
    case Kind::exists:
      return false;
    case Kind::call:
      if (!node.function->pure || node.function->waits) return false;
      break;
    default:
      break;
  }
  return std::ranges::all_of(node.parts, is_literal);
}

void prepare(Node& node) {
  if (node.kind != Kind::call || node.function->prepare == nullptr) return;
  std::vector<std::optional<Value>> constants;
  for (const Node& part : node.parts) {
    constants.push_back(is_literal(part) ? std::optional{part.literal} : std::nullopt);
  }
  node.prepared = node.function->prepare(ConstantArguments{constants});
}

}  // namespace

void fold(Node& node, Version version, Source& source, std::size_t& budget) {
  if (node.query) fold(*node.query, version, source, budget);
  for (Node& part : node.parts) fold(part, version, source, budget);
  if (!is_constant(node)) return prepare(node);
  const Message message;
  const Surroundings surroundings;
  NoChance random;
  const FunctionCall::Scene scene{.version = version,
                                  .message = message,
                                  .surroundings = surroundings,
                                  .random = random,
                                  .arena = source.constants};
  const std::vector<Variable> none;
  Evaluator evaluator{scene, none, budget};
  const Value value = evaluator.evaluate(node);
  budget = evaluator.steps_left();
  // What fails now fails for the message, where it has a place in the log.
  if (evaluator.failure()) return prepare(node);
  node = Node{.kind = Kind::literal, .literal = value};
}

void fold(Query& query, Version version, Source& source, std::size_t& budget) {
  for (Item& item : query.items) fold(item.node, version, source, budget);
  if (query.from) fold(*query.from, version, source, budget);
  if (query.where) fold(*query.where, version, source, budget);
}

}  // namespace iotemu::rules::sql
