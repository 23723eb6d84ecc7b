#include <array>
#include <utility>

#include "rules/sql/parser.h"

namespace iotemu::rules::sql {
namespace {

using Kind = Node::Kind;

/// Words of other dialects, and what stands for them here.
struct Foreign {
  std::string_view word{};
  std::string_view advice{};
};
constexpr std::array<Foreign, 8> kForeign{
    Foreign{"LIKE", "write startswith(), endswith() or regexp_matches()"},
    Foreign{"IS", "write isNull() or isUndefined()"},
    Foreign{"BETWEEN", "write two comparisons joined by AND"},
    Foreign{"NOT", "write NOT before the whole comparison"},
    Foreign{"JOIN", "a rule selects from one topic filter"},
    Foreign{"GROUP", "a rule sees one message at a time"},
    Foreign{"ORDER", "a rule sees one message at a time"},
    Foreign{"LIMIT", "a rule sees one message at a time"},
};

Node literal(Value value) {
  return {.kind = Kind::literal, .literal = value};
}

/// Counts a level of nesting for as long as it lives.
class Level {
 public:
  explicit Level(int& depth) : depth_{depth} { ++depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  ~Level() { --depth_; }

 private:
  int& depth_;
};

}  // namespace

Node Parser::expression() {
  if (failed_) return {};
  if (depth_ >= kMostDepth) {
    return fail(token_, "the expression is nested more than " + std::to_string(kMostDepth) + " levels deep");
  }
  const Level level{depth_};
  Node node = joined(Kind::any_of, "OR", &Parser::conjunction);
  if (failed_ || token_.kind != Token::Kind::word) return node;
  for (const auto& foreign : kForeign) {
    if (!token_.is_word(foreign.word)) continue;
    return fail(token_, "found " + found() + ", which has no place here: " + std::string{foreign.advice});
  }
  return node;
}

Node Parser::joined(Node::Kind kind, std::string_view word, Node (Parser::*operand)()) {
  Node first = (this->*operand)();
  if (failed_ || !token_.is_word(word)) return first;
  Node out{.kind = kind};
  out.parts.push_back(std::move(first));
  while (take_word(word)) out.parts.push_back((this->*operand)());
  return out;
}

Node Parser::conjunction() {
  return joined(Kind::all_of, "AND", &Parser::negation);
}

Node Parser::negation() {
  if (failed_ || !token_.is_word("NOT")) return comparison();
  // One NOT undoes the other, but what both leave of a String is a Boolean.
  std::size_t count = 0;
  while (take_word("NOT")) ++count;
  Node node = comparison();
  for (count = count % 2 == 1 ? 1 : 2; count > 0; --count) {
    Node outer{.kind = Kind::negation};
    outer.parts.push_back(std::move(node));
    node = std::move(outer);
  }
  return node;
}

Node Parser::chain(Node (Parser::*operand)(), std::optional<Operator> (Parser::*seen)() const) {
  Node first = (this->*operand)();
  if (failed_ || !(this->*seen)()) return first;
  Node out{.kind = Kind::chain};
  out.parts.push_back(std::move(first));
  while (!failed_) {
    const auto next = (this->*seen)();
    if (!next) break;
    out.operators.push_back(*next);
    advance();
    out.parts.push_back((this->*operand)());
  }
  return out;
}

Node Parser::comparison() {
  return chain(&Parser::sum, &Parser::seen_comparison);
}

Node Parser::sum() {
  return chain(&Parser::product, &Parser::seen_sum);
}

Node Parser::product() {
  return chain(&Parser::sign, &Parser::seen_product);
}

std::optional<Operator> Parser::seen_comparison() const {
  if (token_.is('=')) return Operator::equal;
  if (token_.is_symbol("<>")) return Operator::not_equal;
  if (token_.is('<')) return Operator::less;
  if (token_.is_symbol("<=")) return Operator::less_or_equal;
  if (token_.is('>')) return Operator::greater;
  if (token_.is_symbol(">=")) return Operator::greater_or_equal;
  if (token_.is_word("IN")) return Operator::in;
  return std::nullopt;
}

std::optional<Operator> Parser::seen_sum() const {
  if (token_.is('+')) return Operator::plus;
  if (token_.is('-')) return Operator::minus;
  return std::nullopt;
}

std::optional<Operator> Parser::seen_product() const {
  if (token_.is('*')) return Operator::times;
  if (token_.is('/')) return Operator::by;
  if (token_.is('%')) return Operator::modulo;
  return std::nullopt;
}

Node Parser::sign() {
  if (failed_ || !token_.is('-')) return postfix();
  if (depth_ >= kMostDepth) {
    return fail(token_, "the expression is nested more than " + std::to_string(kMostDepth) + " levels deep");
  }
  const Level level{depth_};
  advance();
  Node out{.kind = Kind::negative};
  out.parts.push_back(sign());
  return out;
}

Node Parser::postfix() {
  Node node = primary();
  int levels = 0;
  while (!failed_ && token_.is('.')) {
    const Token dot = token_;
    advance();
    if (failed_) break;
    if (token_.kind != Token::Kind::word)
      return expected("the name of a member behind '.'; others are read with get()");
    if (++levels > kMostDepth) {
      return fail(dot, "the path is more than " + std::to_string(kMostDepth) + " members deep");
    }
    if (levels == 1) {
      Node field{.kind = Kind::field};
      field.parts.push_back(std::move(node));
      node = std::move(field);
    }
    node.keys.push_back(token_.text);
    advance();
  }
  if (!failed_ && token_.is('['))
    return expected("an operator; elements of arrays are read with get(array, index)");
  return node;
}

Node Parser::primary() {
  if (failed_) return {};
  const Token token = token_;
  switch (token.kind) {
    case Token::Kind::number: {
      auto number = Number::parse(token.text);
      if (!number) return fail(token, "the number " + found() + " is out of range: 9.99E999 is the greatest");
      if (is_2016()) number = number->simplified();
      advance();
      return literal(Value::number(*number, source_.constants));
    }
    case Token::Kind::string:
      advance();
      return literal(Value::string(token.text));
    case Token::Kind::variable: {
      for (std::size_t i = 0; i < variables_.size(); ++i) {
        if (variables_[i].name != token.text) continue;
        may_wait_ = may_wait_ || variables_[i].may_wait;
        advance();
        return {.kind = Kind::variable, .variable = i};
      }
      const std::string name = "@" + std::string{token.text};
      if (declaring_ == token.text) return fail(token, name + " is used in its own value");
      return fail(token,
                  name + " is not set; variables are set by SET before SELECT, and before they are used");
    }
    case Token::Kind::word:
      return word();
    default:
      break;
  }
  if (token.is('(')) return parentheses();
  if (token.is('[')) return array();
  if (token.is('{')) return object();
  if (token.is('*')) return fail(token, "found '*', expected an expression: '*' is an item of its own");
  return expected("an expression");
}

Node Parser::word() {
  const Token token = token_;
  if (token.is_word("CASE")) return choice();
  if (token.is_word("EXISTS")) return exists();
  if (token.is_word("NULL")) {
    advance();
    return literal(Value::null());
  }
  if (token.is_word("TRUE") || token.is_word("FALSE")) {
    advance();
    return literal(Value::boolean(token.is_word("TRUE")));
  }
  // Where an operand stands these mean nothing else: fields may be called so.
  const bool may_be_field = token.is_word("IS") || token.is_word("IN") || token.is_word("SET") ||
                            (token.is_word("END") && choices_ == 0);
  if (is_reserved(token.text) && !may_be_field) {
    if (token.is_word("SELECT")) return expected("an expression; a nested query stands in parentheses");
    if (token.is_word("NOT")) return expected("an expression; NOT stands before the whole comparison");
    return expected("an expression");
  }
  advance();
  if (!failed_ && token_.is('(') && !may_be_field) return call(token);
  if (token.is_word("SET") && token_.kind == Token::Kind::variable) {
    return fail(token, "SET stands once, before SELECT");
  }
  return {.kind = Kind::name, .name = token.text};
}

Node Parser::choice() {
  if (depth_ >= kMostDepth) {
    return fail(token_, "the expression is nested more than " + std::to_string(kMostDepth) + " levels deep");
  }
  const Level open{choices_};
  advance();
  if (token_.is_word("WHEN")) return expected("the value that CASE compares: CASE value WHEN … THEN … END");
  Node out{.kind = Kind::choice};
  out.parts.push_back(expression());
  if (!failed_ && !token_.is_word("WHEN")) return expected("WHEN");
  while (take_word("WHEN")) {
    out.parts.push_back(expression());
    if (!take_word("THEN")) return expected("THEN");
    out.parts.push_back(expression());
  }
  if (take_word("ELSE")) {
    out.has_else = true;
    out.parts.push_back(expression());
  }
  if (!take_word("END")) return expected(out.has_else ? "END" : "WHEN, ELSE or END");
  return out;
}

Node Parser::array() {
  if (!needs_2016(token_, "array literals exist")) return {};
  advance();
  Node out{.kind = Kind::array};
  if (take(']')) return out;
  do {
    out.parts.push_back(expression());
  } while (take(','));
  (void)wants(']', "or ',' in the array");
  return out;
}

Node Parser::object() {
  if (!needs_2016(token_, "object literals exist")) return {};
  advance();
  Node out{.kind = Kind::object};
  if (take('}')) return out;
  do {
    if (failed_) return {};
    if (token_.kind != Token::Kind::string) return expected("a key in quotes");
    out.keys.push_back(token_.text);
    advance();
    if (!wants(':', "behind the key")) return {};
    out.parts.push_back(expression());
  } while (take(','));
  (void)wants('}', "or ',' in the object");
  return out;
}

Node Parser::parentheses() {
  const Token open = token_;
  advance();
  if (!failed_ && token_.is_word("SELECT")) {
    if (!needs_2016(open, "nested queries exist")) return {};
    if (depth_ >= kMostDepth) {
      return fail(open, "the expression is nested more than " + std::to_string(kMostDepth) + " levels deep");
    }
    const Level level{depth_};
    advance();
    Node out{.kind = Kind::query};
    out.query = std::make_shared<Query>(nested_query());
    (void)wants(')', "behind the nested query");
    return out;
  }
  Node inner = expression();
  (void)wants(')', "or an operator");
  return inner;
}

Node Parser::exists() {
  const Token word = token_;
  if (!needs_2016(word, "EXISTS exists")) return {};
  advance();
  if (failed_ || !token_.is('(')) return expected("'(' and a nested query behind EXISTS");
  const Token open = token_;
  Node inner = parentheses();
  if (failed_) return {};
  if (inner.kind != Kind::query) return fail(open, "EXISTS asks a nested query: EXISTS (SELECT … FROM …)");
  inner.kind = Kind::exists;
  return inner;
}

}  // namespace iotemu::rules::sql
