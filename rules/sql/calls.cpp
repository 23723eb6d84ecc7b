#include <algorithm>
#include <array>
#include <utility>

#include "rules/sql/parser.h"

namespace iotemu::rules::sql {
namespace {

using Kind = Node::Kind;

constexpr std::size_t kMostProtoDecodes = 2;

struct CastName {
  std::string_view name{};
  CastType type{};
  int since{1};
};
/// RU-23.
constexpr std::array<CastName, 11> kCastNames{{
    {"STRING", CastType::string},
    {"NVARCHAR", CastType::string},
    {"TEXT", CastType::string},
    {"NTEXT", CastType::string},
    {"VARCHAR", CastType::string},
    {"INT", CastType::integer},
    {"INTEGER", CastType::integer},
    {"DOUBLE", CastType::decimal},
    {"DECIMAL", CastType::decimal, 2},
    {"BOOL", CastType::boolean, 2},
    {"BOOLEAN", CastType::boolean, 2},
}};

bool waits(const Query& query, const std::vector<Variable>& variables) {
  return std::ranges::any_of(query.items, [&](const Item& item) { return waits(item.node, variables); }) ||
         (query.from && waits(*query.from, variables)) || (query.where && waits(*query.where, variables));
}

/// The call itself, whatever its arguments do.
bool call_waits(const Node& call) {
  if (call.function->waits_with == nullptr) return call.function->waits;
  std::vector<std::optional<Value>> constants;
  for (const Node& part : call.parts) {
    constants.push_back(part.kind == Kind::literal ? std::optional{part.literal} : std::nullopt);
  }
  return call.function->waits_with(ConstantArguments{constants});
}

}  // namespace

bool waits(const Node& node, const std::vector<Variable>& variables) {
  if (node.kind == Kind::call && call_waits(node)) return true;
  if (node.kind == Kind::variable && variables[node.variable].may_wait) return true;
  if (node.query && waits(*node.query, variables)) return true;
  return std::ranges::any_of(node.parts, [&](const Node& part) { return waits(part, variables); });
}

Node Parser::call(const Token& name) {
  if (name.is_word("CAST")) return cast();
  const std::string written{name.text};
  const Function* const function = find_function(name.text);
  if (function == nullptr) {
    const std::string_view nearest = nearest_function(name.text);
    return fail(name, "there is no function " + written + "()" +
                          (nearest.empty() ? "" : "; is " + std::string{nearest} + "() meant?"));
  }
  if (function->since > 1 && !needs_2016(name, "the function " + std::string{function->name} + "() exists")) {
    return {};
  }
  Node out{.kind = Kind::call, .function = function};
  advance();
  if (!take(')')) {
    do {
      if (failed_) return {};
      if (token_.is('*')) {
        if (!function->takes_star)
          return fail(token_, "'*' is no argument of " + std::string{function->name} + "()");
        out.parts.push_back({.kind = Kind::star});
        advance();
      } else {
        const auto place = token_.begin;
        out.parts.push_back(expression());
        out.parts.back().place = place;
      }
    } while (take(','));
    (void)wants(')', "or ',' in the arguments of " + std::string{function->name} + "()");
  }
  check_call(out, name);
  return out;
}

void Parser::check_call(const Node& node, const Token& name) {
  if (failed_) return;
  const std::string_view function = node.function->name;
  may_wait_ = may_wait_ || call_waits(node);
  if (function == "get_or_default" && node.parts.size() == 2 && waits(node.parts[1], variables_)) {
    (void)fail(name, "the default of get_or_default() may not call a function that asks another service");
  }
  const bool is_proto = function == "decode" && node.parts.size() > 1 &&
                        node.parts[1].kind == Kind::literal && node.parts[1].literal.is_string() &&
                        node.parts[1].literal.string() == "proto";
  if (!is_proto) return;
  if (is_template_) {
    (void)fail(name, "decode() of 'proto' has no place in a substitution template");
  } else if (++proto_decodes_ > kMostProtoDecodes) {
    (void)fail(name, "a statement decodes 'proto' at most twice");
  }
}

Node Parser::cast() {
  advance();
  Node out{.kind = Kind::cast};
  out.parts.push_back(expression());
  if (!take_word("AS")) return expected("AS and a type: cast(value AS type)");
  const auto* const known =
      std::ranges::find_if(kCastNames, [&](const CastName& type) { return token_.is_word(type.name); });
  if (known == kCastNames.end()) {
    return expected("a type: String, Nvarchar, Text, Ntext, Varchar, Int, Integer, Double" +
                    std::string{is_2016() ? ", Decimal, Bool or Boolean" : ""});
  }
  if (known->since > 1 && !needs_2016(token_, "cast to " + std::string{token_.text} + " exists")) return {};
  out.type = known->type;
  advance();
  (void)wants(')', "behind the type");
  return out;
}

}  // namespace iotemu::rules::sql
