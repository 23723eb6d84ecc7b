#pragma once

// What a text of rules SQL is compiled to. Immutable once compiled, so shared by all threads. Names and
// strings borrow from the text and the constants of the Source, which the tree lives beside.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/sql/conversions.h"
#include "rules/sql/functions.h"
#include "rules/sql/value.h"

namespace iotemu::rules::sql {

enum class Operator : std::uint8_t {
  plus,
  minus,
  times,
  by,
  modulo,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  equal,
  not_equal,
  in,
};

struct Query;

/// One expression. Moved while it is compiled, never afterwards.
struct Node {
  enum class Kind : std::uint8_t {
    literal,   ///< `literal`
    name,      ///< A field of what is selected from, or the alias of a nested query: `name`
    field,     ///< parts[0] . keys[0] . keys[1] …
    variable,  ///< The SET variable number `variable`
    star,      ///< `*` as an argument
    call,      ///< `function` (parts)
    cast,      ///< parts[0] as `type`
    negative,  ///< -parts[0]
    negation,  ///< NOT parts[0]
    chain,     ///< parts[0] operators[0] parts[1] operators[1] …, from the left
    all_of,    ///< parts joined by AND
    any_of,    ///< parts joined by OR
    choice,    ///< CASE parts[0] WHEN parts[1] THEN parts[2] …; `has_else`: the last part
    array,     ///< [parts]
    object,    ///< {keys[i]: parts[i]}
    query,     ///< `query` as an array
    exists,    ///< EXISTS `query`
  };

  Kind kind{Kind::literal};
  CastType type{CastType::string};
  bool has_else{false};
  std::size_t variable{0};
  std::size_t place{0};  ///< Of an argument of a call: the byte of the text at which it begins.
  Value literal{};
  std::string_view name{};
  const Function* function{nullptr};
  std::vector<Node> parts{};
  std::vector<Operator> operators{};
  std::vector<std::string_view> keys{};
  std::shared_ptr<const Prepared> prepared{};
  std::shared_ptr<Query> query{};
};

/// One item of SELECT.
struct Item {
  bool is_star{false};
  /// An object literal without alias (RU-12), or `path.*`: its members are those of the result.
  bool is_spread{false};
  /// The key in the result; more than one for `AS x.y`.
  std::vector<std::string_view> path{};
  Node node{};
};

struct Query {
  bool is_value{false};  ///< SELECT VALUE: one item, which may be `*`.
  std::vector<Item> items{};
  /// What a nested query selects from; the topic filter of the statement stands in Tree.
  std::optional<Node> from{};
  std::string_view alias{};
  std::optional<Node> where{};

  [[nodiscard]] bool selects_all() const { return items.size() == 1 && items.front().is_star; }
};

struct Variable {
  std::string_view name{};
  Node node{};
  bool may_wait{false};
};

/// What trees borrow from. Neither copied nor moved.
struct Source {
  explicit Source(std::string_view written) : text{written} {}
  const std::string text;
  Arena constants{};
};

/// A whole statement.
struct Tree {
  Version version{Version::v2015_10_08};
  std::vector<Variable> variables{};
  Query query{};
  std::string filter{};
  bool may_wait{false};
};

}  // namespace iotemu::rules::sql
