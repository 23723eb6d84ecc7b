#include "registry/index/query.h"

#include <algorithm>
#include <array>
#include <utility>

namespace iotemu::registry::index {
namespace {

using Symbol = ValueTest::Symbol;
using Symbols = std::vector<Symbol>;

constexpr std::string_view kAttributes = "attributes.";

constexpr std::array<std::string_view, 7> kThingFields{"thingName",
                                                       "thingId",
                                                       "thingTypeName",
                                                       "thingGroupNames",
                                                       "registry.version",
                                                       "registry.thingTypeName",
                                                       "registry.thingGroupNames"};
constexpr std::array<std::string_view, 3> kConnectivityFields{
    "connectivity.connected", "connectivity.timestamp", "connectivity.disconnectReason"};
constexpr std::array<std::string_view, 4> kGroupFields{"thingGroupName", "thingGroupId",
                                                       "thingGroupDescription", "parentGroupNames"};

template <class Fields>
bool contains(const Fields& fields, std::string_view field) {
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

/// Why a query cannot ask for this field; empty: it can.
std::string objection(std::string_view field, const Schema& schema) {
  if (field.starts_with(kAttributes) && field.size() > kAttributes.size()) return {};
  if (schema.index == Schema::Index::thing_groups) {
    if (contains(kGroupFields, field)) return {};
    return "thing groups have no field '" + std::string{field} +
           "'; they have thingGroupName, thingGroupId, thingGroupDescription, parentGroupNames and "
           "attributes.<name>";
  }
  if (contains(kThingFields, field)) return {};
  if (contains(kConnectivityFields, field)) {
    if (schema.connectivity) return {};
    return "'" + std::string{field} + "' is indexed only while thingConnectivityIndexingMode is STATUS";
  }
  if (field.starts_with("shadow.")) return "shadows are not emulated, so nothing is indexed of them";
  if (field.starts_with("deviceDefender.")) {
    return "Device Defender is not emulated, so nothing is indexed of it";
  }
  return "things have no field '" + std::string{field} +
         "'; they have thingName, thingId, thingTypeName, thingGroupNames, attributes.<name>, "
         "registry.version and connectivity.connected, .timestamp and .disconnectReason";
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Ends a word unless escaped.
bool ends_word(char c) {
  return is_space(c) || std::string_view{R"(()[]{}":<>)"}.find(c) != std::string_view::npos;
}

std::string plain(const Symbols& word) {
  std::string text;
  for (const auto& symbol : word) text += symbol.character;
  return text;
}

bool has_wildcard(const Symbols& word) {
  return std::any_of(word.begin(), word.end(),
                     [](const Symbol& symbol) { return symbol.kind != Symbol::Kind::literal; });
}

bool is_star(const Symbols& word) {
  return word.size() == 1 && word.front().kind == Symbol::Kind::any_run;
}

}  // namespace

/// Recursive descent over the text; the first error wins.
///   disjunction := conjunction (OR conjunction)*      conjunction := unary ((AND)? unary)*
///   unary := (NOT | -) unary | ( disjunction ) | FIELD operator operand | operand
class Parser {
 public:
  Parser(std::string_view text, const Schema& schema, const QueryLimits& limits)
      : text_{text}, schema_{schema}, limits_{limits} {}

  Result<Query::Node> parse() {
    if (text_.size() > limits_.characters) {
      return Error{Errc::invalid_query, "The query has " + std::to_string(text_.size()) +
                                            " characters, more than " + std::to_string(limits_.characters)};
    }
    auto root = disjunction();
    if (!failed_ && !at_end()) fail("')' closes nothing");
    if (!failed_ && leading_wildcards_ > 0 && text_.size() > limits_.characters_with_leading_wildcard) {
      at_ = 0;
      fail("a query with a term that begins with a wildcard has at most " +
           std::to_string(limits_.characters_with_leading_wildcard) + " characters");
    }
    if (failed_) return *failed_;
    return root;
  }

 private:
  using Node = Query::Node;
  using Kind = Node::Kind;

  Node disjunction() { return joined(Kind::disjunction); }

  Node joined(Kind kind) {
    Node first = next_level(kind);
    std::vector<Node> parts;
    while (!failed_ && goes_on(kind)) {
      if (parts.empty()) parts.push_back(std::move(first));
      parts.push_back(next_level(kind));
    }
    if (parts.empty()) return first;
    return {.kind = kind, .parts = std::move(parts)};
  }

  Node next_level(Kind kind) { return kind == Kind::disjunction ? joined(Kind::conjunction) : unary(); }

  /// Takes the word between two parts, if the next part belongs to the same list.
  bool goes_on(Kind kind) {
    if (at_end() || text_[at_] == ')') return false;
    if (kind == Kind::disjunction) return take_keyword("OR");
    if (take_keyword("AND")) return true;
    return !sees_keyword("OR");
  }

  Node unary() {
    if (failed_) return {};
    if (at_end()) return fail("a term is missing");
    if (depth_ >= limits_.depth) {
      return fail("it is nested more than " + std::to_string(limits_.depth) + " levels deep");
    }
    ++depth_;
    Node node = deeper();
    --depth_;
    return node;
  }

  Node deeper() {
    if (sees_keyword("AND") || sees_keyword("OR")) return fail("a term is missing before the operator");
    if (take_keyword("NOT") || take('-')) return {.kind = Kind::negation, .parts = single(unary())};
    if (take('!')) return fail("'!' is not supported: use NOT", 1);
    if (take('+')) return fail("'+' is not supported: terms are joined by AND", 1);
    if (take('(')) return group();
    return term();
  }

  static std::vector<Node> single(Node node) {
    std::vector<Node> parts;
    parts.push_back(std::move(node));
    return parts;
  }

  Node group() {
    Node inner = disjunction();
    if (!failed_ && !take(')')) return fail("')' is missing");
    return inner;
  }

  Node term() {
    if (!field_.empty()) return operand();
    const auto start = at_;
    if (text_[at_] != '"' && text_[at_] != '[' && text_[at_] != '{') {
      const Symbols name = word();
      if (failed_) return {};
      skip_spaces();
      const bool comparison = !done() && (text_[at_] == '<' || text_[at_] == '>');
      if (comparison || (!done() && text_[at_] == ':')) return field(plain(name), start);
      at_ = start;
    }
    return operand();
  }

  Node field(std::string name, std::size_t start) {
    if (const auto why = objection(name, schema_); !why.empty()) {
      at_ = start;
      return fail(why);
    }
    field_ = std::move(name);
    take(':');
    Node node = take('(') ? group() : operand();
    field_.clear();
    return node;
  }

  /// What stands behind a field, or alone.
  Node operand() {
    if (at_end()) return fail("a value is missing");
    if (++terms_ > limits_.terms) {
      return fail("it has more than " + std::to_string(limits_.terms) + " terms");
    }
    const char c = text_[at_];
    if (c == '<' || c == '>') return comparison();
    if (c == '[' || c == '{') return range();
    if (c == '"') {
      auto phrase = quoted();
      if (failed_) return {};
      return test(ValueTest::phrase(std::move(phrase)));
    }
    Symbols value = word();
    if (failed_) return {};
    if (!done() && text_[at_] == ':') return fail(R"(a ':' inside a value is written '\:')");
    if (is_star(value)) return field_.empty() ? Node{} : test(ValueTest::exists());
    if (value.front().kind != Symbol::Kind::literal && ++leading_wildcards_ > 1) {
      return fail("only one term may begin with a wildcard");
    }
    return test(ValueTest::word(std::move(value)));
  }

  Node comparison() {
    if (field_.empty()) return fail("a comparison needs a field");
    const bool greater = text_[at_++] == '>';
    const bool inclusive = take('=');
    auto bound = this->bound();
    if (failed_) return {};
    if (!bound) return fail("a comparison needs a value");
    bound->inclusive = inclusive;
    return test(greater ? ValueTest::range(std::move(bound), std::nullopt)
                        : ValueTest::range(std::nullopt, std::move(bound)));
  }

  Node range() {
    if (field_.empty()) return fail("a range needs a field");
    const bool from_inclusive = text_[at_++] == '[';
    auto low = bound();
    if (!failed_ && !take_keyword("TO")) fail("a range is written [low TO high]");
    auto high = failed_ ? std::nullopt : bound();
    if (failed_) return {};
    const bool to_inclusive = take(']');
    if (!to_inclusive && !take('}')) return fail("the range is not closed by ']' or '}'");
    if (low) low->inclusive = from_inclusive;
    if (high) high->inclusive = to_inclusive;
    return test(ValueTest::range(std::move(low), std::move(high)));
  }

  /// Nothing for `*`.
  std::optional<ValueTest::Bound> bound() {
    if (at_end()) {
      fail("a value is missing");
      return std::nullopt;
    }
    if (text_[at_] == '"') return ValueTest::Bound{.text = quoted()};
    const Symbols value = word();
    if (failed_ || is_star(value)) return std::nullopt;
    if (has_wildcard(value)) {
      fail("the ends of a range hold no wildcards");
      return std::nullopt;
    }
    return ValueTest::Bound{.text = plain(value)};
  }

  Node test(ValueTest value_test) {
    return {.kind = Kind::term, .field = field_, .test = std::move(value_test)};
  }

  /// At least one character, up to a blank or a sign of the language.
  Symbols word() {
    Symbols symbols;
    while (!failed_ && !done() && !ends_word(text_[at_])) {
      const char c = text_[at_];
      if (c == '\\') {
        if (at_ + 1 == text_.size()) {
          fail("nothing follows the '\\'");
          return {};
        }
        symbols.push_back({Symbol::Kind::literal, text_[at_ + 1]});
        at_ += 2;
        continue;
      }
      if (c == '~' || c == '^')
        fail(std::string{c == '~' ? "fuzzy search" : "boosting"} + " is not supported");
      if (std::string_view{"`@#%/';,"}.find(c) != std::string_view::npos) {
        fail("the special character '" + std::string{c} + R"(' is written with a '\' before it)");
      }
      const bool operators = text_.substr(at_).starts_with("&&") || text_.substr(at_).starts_with("||");
      if (operators) fail("operators are written AND, OR and NOT");
      symbols.push_back({c == '*'   ? Symbol::Kind::any_run
                         : c == '?' ? Symbol::Kind::any_character
                                    : Symbol::Kind::literal,
                         c});
      ++at_;
    }
    if (symbols.empty())
      fail(done() ? "a value is missing" : "'" + std::string{text_[at_]} + "' is not expected");
    return symbols;
  }

  std::string quoted() {
    const auto start = at_++;
    std::string text;
    while (!done() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      text += text_[at_++];
    }
    if (done()) {
      at_ = start;
      fail("the quotation is not closed");
      return {};
    }
    ++at_;
    return text;
  }

  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  void skip_spaces() {
    while (!done() && is_space(text_[at_])) ++at_;
  }
  bool at_end() {
    skip_spaces();
    return done();
  }
  bool take(char c) {
    skip_spaces();
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool sees_keyword(std::string_view keyword) {
    skip_spaces();
    const auto rest = text_.substr(at_);
    if (!rest.starts_with(keyword)) return false;
    return rest.size() == keyword.size() || is_space(rest[keyword.size()]) || rest[keyword.size()] == '(' ||
           rest[keyword.size()] == ')';
  }
  bool take_keyword(std::string_view keyword) {
    if (!sees_keyword(keyword)) return false;
    at_ += keyword.size();
    return true;
  }

  Node fail(const std::string& what, std::size_t back = 0) {
    if (!failed_) {
      failed_ = Error{Errc::invalid_query,
                      "The query is invalid at character " + std::to_string(at_ - back + 1) + ": " + what};
    }
    return {};
  }

  std::string_view text_;
  const Schema& schema_;
  const QueryLimits& limits_;
  std::size_t at_{0};
  std::size_t depth_{0};
  std::size_t terms_{0};
  std::size_t leading_wildcards_{0};
  std::string field_;  ///< Of the group or operand under way.
  std::optional<Error> failed_;
};

Result<std::shared_ptr<const Query>> Query::parse(std::string_view text, const Schema& schema,
                                                  const QueryLimits& limits) {
  auto root = Parser{text, schema, limits}.parse();
  if (!root) return root.error();
  auto query = std::make_shared<Query>();
  query->text_ = text;
  query->root_ = std::move(*root);
  return std::shared_ptr<const Query>{std::move(query)};
}

bool Query::matches(const Document& document) const {
  return root_.matches(document);
}

bool Query::depends_on(std::string_view prefix) const {
  return root_.depends_on(prefix);
}

std::string Query::required_prefix(std::string_view field) const {
  return root_.required_prefix(field);
}

bool Query::Node::matches(const Document& document) const {
  const auto part_matches = [&](const Node& part) { return part.matches(document); };
  switch (kind) {
    case Kind::everything:
      return true;
    case Kind::term:
      return document.any_value(field, *test);
    case Kind::negation:
      return !parts.front().matches(document);
    case Kind::conjunction:
      return std::all_of(parts.begin(), parts.end(), part_matches);
    case Kind::disjunction:
      break;
  }
  return std::any_of(parts.begin(), parts.end(), part_matches);
}

bool Query::Node::depends_on(std::string_view prefix) const {
  if (kind == Kind::term && (field.empty() || field.starts_with(prefix))) return true;
  return std::any_of(parts.begin(), parts.end(), [&](const Node& part) { return part.depends_on(prefix); });
}

std::string Query::Node::required_prefix(std::string_view of) const {
  if (kind == Kind::term && field == of) return test->literal_prefix();
  std::string longest;
  if (kind != Kind::conjunction) return longest;
  for (const auto& part : parts) {
    auto own = part.required_prefix(of);
    if (own.size() > longest.size()) longest = std::move(own);
  }
  return longest;
}

}  // namespace iotemu::registry::index
