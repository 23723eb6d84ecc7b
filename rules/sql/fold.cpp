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

std::vector<std::optional<Value>> constants_of(const Node& call) {
  std::vector<std::optional<Value>> constants;
  for (const Node& part : call.parts) {
    constants.push_back(is_literal(part) ? std::optional{part.literal} : std::nullopt);
  }
  return constants;
}

Status check(const Node& node, const Source& source) {
  if (node.kind != Kind::call || node.function->object == nullptr) return Ok{};
  const auto constants = constants_of(node);
  const auto objection = node.function->object(ConstantArguments{constants});
  if (!objection) return Ok{};
  return Error{Errc::sql_parse, Lexer::place(source.text, node.parts[objection->argument].place) + ": " +
                                    std::string{node.function->name} + "(): " + objection->why};
}

void prepare(Node& node) {
  if (node.kind != Kind::call || node.function->prepare == nullptr) return;
  const auto constants = constants_of(node);
  node.prepared = node.function->prepare(ConstantArguments{constants});
}

}  // namespace

Status fold(Node& node, Version version, Source& source, std::size_t& budget) {
  if (node.query) {
    if (auto done = fold(*node.query, version, source, budget); !done) return done;
  }
  for (Node& part : node.parts) {
    if (auto done = fold(part, version, source, budget); !done) return done;
  }
  if (auto checked = check(node, source); !checked) return checked;
  if (!is_constant(node)) {
    prepare(node);
    return Ok{};
  }
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
  // What fails now, or has something to tell, does so for the message, where it has a place in the log.
  if (evaluator.failure() || !evaluator.notes().empty()) {
    prepare(node);
    return Ok{};
  }
  node = Node{.kind = Kind::literal, .place = node.place, .literal = value};
  return Ok{};
}

Status fold(Query& query, Version version, Source& source, std::size_t& budget) {
  for (Item& item : query.items) {
    if (auto done = fold(item.node, version, source, budget); !done) return done;
  }
  if (query.from) {
    if (auto done = fold(*query.from, version, source, budget); !done) return done;
  }
  return query.where ? fold(*query.where, version, source, budget) : Status{Ok{}};
}

}  // namespace iotemu::rules::sql
