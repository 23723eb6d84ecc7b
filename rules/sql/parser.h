#pragma once

// Reads rules SQL (M 7.3) by recursive descent, bounded in depth. The first mistake wins; it tells its place,
// what stands there and what should. One parser reads one text; one thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/sql/lexer.h"
#include "rules/sql/tree.h"

namespace iotemu::rules::sql {

/// Nested parentheses, calls, CASEs, queries and signs.
inline constexpr int kMostDepth = 64;
/// RU-20.
inline constexpr std::size_t kMostVariables = 10;

class Parser {
 public:
  /// `variables` are those that are declared already: none for a statement.
  Parser(Source& source, Version version, std::vector<Variable> variables = {});

  /// The whole text as a statement.
  Result<Tree> statement();
  /// The expression at byte `at`, up to the brace behind it, which is what `at` is moved behind.
  Result<Node> expression_in_braces(std::size_t& at);
  /// Whether something that was read asks the FunctionHost.
  [[nodiscard]] bool may_wait() const { return may_wait_; }

 private:
  // Statements: parser.cpp.
  void assignments();
  void topic_filter(Tree& tree);
  void select(Query& query);
  Item item();
  /// Whether `state.reported.*` follows.
  [[nodiscard]] bool sees_members() const;
  Item members();
  void alias(Item& item);
  Query nested_query();

  // Expressions: expressions.cpp. From what binds least to what binds most.
  Node expression();
  Node conjunction();
  Node negation();
  Node comparison();
  Node sum();
  Node product();
  Node sign();
  Node postfix();
  Node primary();
  Node word();
  Node choice();
  Node array();
  Node object();
  Node parentheses();
  Node exists();
  Node call(const Token& name);
  Node cast();
  Node chain(Node (Parser::*operand)(), std::optional<Operator> (Parser::*seen)() const);
  Node joined(Node::Kind kind, std::string_view word, Node (Parser::*operand)());
  [[nodiscard]] std::optional<Operator> seen_comparison() const;
  [[nodiscard]] std::optional<Operator> seen_sum() const;
  [[nodiscard]] std::optional<Operator> seen_product() const;

  // Rules about functions: calls.cpp.
  void check_call(const Node& node, const Token& name);

  void advance();
  bool take(char symbol);
  bool take_word(std::string_view word);
  /// Takes the symbol or fails.
  bool wants(char symbol, std::string_view why);
  [[nodiscard]] bool is_2016() const { return version_ != Version::v2015_10_08; }
  /// "'FROM'", "the end".
  [[nodiscard]] std::string found() const;
  /// What stands at the token is not what should.
  Node expected(std::string_view what);
  Node fail(const Token& at, std::string why);
  /// Fails if the version knows no such thing.
  bool needs_2016(const Token& at, std::string_view what);

  Source& source_;
  Version version_;
  std::vector<Variable> variables_;
  Lexer lexer_;
  Token token_{};
  std::size_t previous_end_{0};
  std::optional<Error> failed_{};
  int depth_{0};
  int choices_{0};  ///< CASEs that are open.
  bool is_template_{false};
  bool may_wait_{false};
  std::size_t proto_decodes_{0};
  std::string_view declaring_{};  ///< The variable whose value is being read.
};

/// Works out what is constant and calls `prepare` of the functions. `budget` of steps is for the whole text.
/// Errc::sql_parse: a function objects to its constant arguments.
Status fold(Node& node, Version version, Source& source, std::size_t& budget);
Status fold(Query& query, Version version, Source& source, std::size_t& budget);

/// Whether an expression asks the FunctionHost, itself or through its variables.
[[nodiscard]] bool waits(const Node& node, const std::vector<Variable>& variables);

}  // namespace iotemu::rules::sql
