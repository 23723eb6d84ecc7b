#include "rules/sql/parser.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "rules/topic_filter.h"

namespace iotemu::rules::sql {

Parser::Parser(Source& source, Version version, std::vector<Variable> variables)
    : source_{source},
      version_{version},
      variables_{std::move(variables)},
      lexer_{source.text, 0, source.constants} {}

void Parser::advance() {
  if (failed_) return;
  previous_end_ = token_.end;
  token_ = lexer_.next();
  if (token_.kind == Token::Kind::broken) (void)fail(token_, std::string{token_.text});
}

bool Parser::take(char symbol) {
  if (failed_ || !token_.is(symbol)) return false;
  advance();
  return !failed_;
}

bool Parser::take_word(std::string_view word) {
  if (failed_ || !token_.is_word(word)) return false;
  advance();
  return !failed_;
}

bool Parser::wants(char symbol, std::string_view why) {
  if (take(symbol)) return true;
  (void)expected(std::string{"'"} + symbol + "' " + std::string{why});
  return false;
}

std::string Parser::found() const {
  if (token_.kind == Token::Kind::end) return "the end of the text";
  constexpr std::size_t most = 40;
  const std::string_view written =
      std::string_view{source_.text}.substr(token_.begin, token_.end - token_.begin);
  if (written.size() <= most) return "'" + std::string{written} + "'";
  return "'" + std::string{front_characters(written, most)} + "…'";
}

Node Parser::expected(std::string_view what) {
  return fail(token_, "found " + found() + ", expected " + std::string{what});
}

Node Parser::fail(const Token& at, std::string why) {
  if (!failed_)
    failed_ = Error{Errc::sql_parse, Lexer::place(source_.text, at.begin) + ": " + std::move(why)};
  return {};
}

bool Parser::needs_2016(const Token& at, std::string_view what) {
  if (is_2016()) return true;
  (void)fail(
      at, std::string{what} + " from SQL version 2016-03-23 on; the rule's awsIotSqlVersion is 2015-10-08");
  return false;
}

Result<Tree> Parser::statement() {
  Tree tree{.version = version_};
  advance();
  if (take_word("SET")) assignments();
  if (!take_word("SELECT")) {
    (void)expected(variables_.empty() ? "SELECT or SET" : "',' and another variable, or SELECT");
  }
  select(tree.query);
  if (take_word("FROM")) topic_filter(tree);
  if (take_word("WHERE")) tree.query.where = expression();
  if (!failed_ && token_.kind != Token::Kind::end) {
    if (token_.is_word("SET")) {
      (void)fail(token_, "SET stands once, before SELECT");
    } else if (token_.is_word("AS") && !tree.filter.empty()) {
      (void)fail(token_, "the topic filter of a statement has no alias; FROM in a nested query has one");
    } else {
      (void)expected(tree.query.where      ? "an operator or the end"
                     : tree.filter.empty() ? "an operator, ',', AS, FROM, WHERE or the end"
                                           : "WHERE or the end");
    }
  }
  if (failed_) return *failed_;
  tree.variables = std::move(variables_);
  tree.may_wait = may_wait_;
  return tree;
}

Result<Node> Parser::expression_in_braces(std::size_t& at) {
  is_template_ = true;
  depth_ = 0;
  lexer_ = Lexer{source_.text, at, source_.constants};
  advance();
  Node node = expression();
  if (!failed_ && !token_.is('}')) (void)expected("'}' behind the expression");
  if (failed_) return *failed_;
  at = token_.end;
  return node;
}

void Parser::assignments() {
  do {
    if (failed_) return;
    const Token name = token_;
    if (name.kind != Token::Kind::variable) {
      (void)expected("a variable (@name)");
      return;
    }
    if (std::ranges::find(variables_, name.text, &Variable::name) != variables_.end()) {
      (void)fail(name, "@" + std::string{name.text} + " is set already; a variable is set once");
    }
    if (variables_.size() == kMostVariables) {
      (void)fail(name, "@" + std::string{name.text} + " is the 11th variable; a statement has at most 10");
    }
    advance();
    if (!wants('=', "and the value of the variable")) return;
    declaring_ = name.text;
    const bool waited = std::exchange(may_wait_, false);
    Variable variable{.name = name.text, .node = expression()};
    variable.may_wait = may_wait_;
    may_wait_ = may_wait_ || waited;
    declaring_ = {};
    variables_.push_back(std::move(variable));
  } while (take(','));
}

void Parser::topic_filter(Tree& tree) {
  if (failed_) return;
  const Token filter = token_;
  if (filter.kind != Token::Kind::string) {
    (void)expected("a topic filter in single quotes");
    return;
  }
  if (!filter.single_quoted) {
    (void)fail(filter, "the topic filter stands in single quotes");
    return;
  }
  if (const auto why = objection_to_filter(filter.text); !why.empty()) {
    (void)fail(filter, why);
    return;
  }
  tree.filter = std::string{filter.text};
  advance();
}

void Parser::select(Query& query) {
  if (failed_) return;
  if (token_.is_word("VALUE")) {
    // A field may be called so: then what follows cannot begin an expression.
    const Lexer saved = lexer_;
    const Token follower = lexer_.next();
    lexer_ = saved;
    using Kind = Token::Kind;
    const bool is_operator_word = follower.is_word("AS") || follower.is_word("FROM") ||
                                  follower.is_word("IN") || follower.is_word("AND") ||
                                  follower.is_word("OR") || follower.is_word("WHERE");
    bool begins = follower.kind == Kind::number || follower.kind == Kind::string ||
                  follower.kind == Kind::variable || follower.is('(') || follower.is('[') ||
                  follower.is('{') || (follower.kind == Kind::word && !is_operator_word);
    if (follower.is('*')) {
      (void)lexer_.next();
      const Token behind = lexer_.next();
      lexer_ = saved;
      begins =
          behind.kind == Kind::end || behind.is(')') || behind.is_word("FROM") || behind.is_word("WHERE");
    }
    if (begins) {
      query.is_value = true;
      advance();
    }
  }
  if (query.is_value) {
    Item only;
    only.is_star = take('*');
    if (!only.is_star) only.node = expression();
    if (token_.is(',')) (void)fail(token_, "SELECT VALUE has one expression");
    if (token_.is_word("AS")) (void)fail(token_, "the expression of SELECT VALUE has no alias");
    query.items.push_back(std::move(only));
    return;
  }
  do {
    query.items.push_back(item());
  } while (take(','));
}

Item Parser::item() {
  Item out;
  if (failed_) return out;
  if (take('*')) {
    out.is_star = true;
    if (token_.is_word("AS")) (void)fail(token_, "'*' has no alias");
    return out;
  }
  if (sees_members()) return members();
  const std::size_t begin = token_.begin;
  out.node = expression();
  if (take_word("AS")) {
    alias(out);
  } else if (out.node.kind == Node::Kind::object) {
    out.is_spread = true;
  } else if (out.node.kind == Node::Kind::name) {
    out.path = {out.node.name};
  } else if (out.node.kind == Node::Kind::field) {
    out.path = {out.node.keys.back()};
  } else if (!failed_) {
    out.path = {std::string_view{source_.text}.substr(begin, previous_end_ - begin)};
  }
  return out;
}

bool Parser::sees_members() const {
  if (token_.kind != Token::Kind::word && token_.kind != Token::Kind::variable) return false;
  Lexer ahead = lexer_;
  while (ahead.next().is('.')) {
    const Token next = ahead.next();
    if (next.is('*')) return true;
    if (next.kind != Token::Kind::word) break;
  }
  return false;
}

// No page of AWS has it; rules that people run have, for the members of a shadow's state [unc].
Item Parser::members() {
  Item out{.is_spread = true};
  const Token first = token_;
  out.node = primary();
  Node field{.kind = Node::Kind::field};
  while (take('.') && !take('*')) {
    field.keys.push_back(token_.text);
    if (field.keys.size() > static_cast<std::size_t>(kMostDepth)) {
      (void)fail(first, "the path is more than " + std::to_string(kMostDepth) + " members deep");
    }
    advance();
  }
  if (!field.keys.empty()) {
    field.parts.push_back(std::move(out.node));
    out.node = std::move(field);
  }
  if (token_.is_word("AS")) (void)fail(token_, "'*' has no alias");
  return out;
}

void Parser::alias(Item& item) {
  do {
    if (failed_) return;
    if (token_.kind != Token::Kind::word) {
      (void)expected("a name behind AS");
      return;
    }
    if (item.path.size() == kMostDepth) {
      (void)fail(token_, "the alias is more than " + std::to_string(kMostDepth) + " names deep");
      return;
    }
    item.path.push_back(token_.text);
    advance();
  } while (take('.'));
}

Query Parser::nested_query() {
  Query query;
  select(query);
  if (!take_word("FROM")) {
    (void)expected("FROM and what the nested query selects from");
    return query;
  }
  if (token_.kind == Token::Kind::string) {
    (void)fail(token_, "a nested query selects from an array or an object, not from a topic");
    return query;
  }
  query.from = postfix();
  if (take_word("AS")) {
    if (token_.kind != Token::Kind::word) {
      (void)expected("a name behind AS");
      return query;
    }
    query.alias = token_.text;
    advance();
  }
  if (take_word("WHERE")) query.where = expression();
  return query;
}

}  // namespace iotemu::rules::sql
