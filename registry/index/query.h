#pragma once

// The query language of fleet indexing (FI-3): text in, tree out, matched against one thing or thing group at
// a time. Pure; a parsed query is immutable and shared. Bounded: length, terms and depth of the text, and no
// test takes longer than pattern times value.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace iotemu::registry::index {

/// What a term asks of one value of a field. Letter case (ASCII) does not matter.
class ValueTest {
 public:
  /// One character of a pattern: itself, or the wildcard `*` or `?`.
  struct Symbol {
    enum class Kind { literal, any_run, any_character } kind{};
    char character{};
  };
  struct Bound {
    std::string text{};
    bool inclusive{true};
  };

  /// There is a value.
  [[nodiscard]] static ValueTest exists();
  /// One word of the value is that.
  [[nodiscard]] static ValueTest word(std::vector<Symbol> pattern);
  /// The words of the phrase follow each other in the value.
  [[nodiscard]] static ValueTest phrase(std::string text);
  /// Between the bounds: as numbers if bound and value are numbers, else as text. None: open.
  [[nodiscard]] static ValueTest range(std::optional<Bound> low, std::optional<Bound> high);

  [[nodiscard]] bool matches(std::string_view value) const;
  /// The characters of a word before its first wildcard.
  [[nodiscard]] std::string literal_prefix() const;

 private:
  enum class Kind { exists, word, phrase, range };
  explicit ValueTest(Kind kind) : kind_{kind} {}

  Kind kind_;
  std::vector<Symbol> pattern_{};
  std::string phrase_{};
  std::optional<Bound> low_{};
  std::optional<Bound> high_{};
};

/// A thing or a thing group as a query sees it.
class Document {
 public:
  virtual ~Document() = default;
  /// Whether the test holds for any value of the field; of any field, if its name is empty.
  [[nodiscard]] virtual bool any_value(std::string_view field, const ValueTest& test) const = 0;
  [[nodiscard]] virtual std::vector<std::string> values(std::string_view field) const = 0;
};

/// What can be asked.
struct Schema {
  enum class Index { things, thing_groups } index{Index::things};
  bool connectivity{true};  ///< thingConnectivityIndexingMode STATUS.
};

/// FI-3.
struct QueryLimits {
  std::size_t characters{1000};
  std::size_t terms{12};
  std::size_t depth{20};
  /// Longest query with a term that begins with a wildcard; there may be one such term.
  std::size_t characters_with_leading_wildcard{100};
};

class Query {
 public:
  /// Errc::invalid_query with the position of what is wrong.
  static Result<std::shared_ptr<const Query>> parse(std::string_view text, const Schema& schema,
                                                    const QueryLimits& limits = {});

  [[nodiscard]] bool matches(const Document& document) const;
  [[nodiscard]] const std::string& text() const { return text_; }
  /// A term asks for a field that begins with `prefix`, or for any field at all.
  [[nodiscard]] bool depends_on(std::string_view prefix) const;
  /// How the field's value begins in every document that matches, as far as the text alone tells.
  [[nodiscard]] std::string required_prefix(std::string_view field) const;

 private:
  friend class Parser;
  struct Node {
    enum class Kind { everything, term, negation, conjunction, disjunction } kind{Kind::everything};
    std::string field{};
    std::optional<ValueTest> test{};
    std::vector<Node> parts{};

    [[nodiscard]] bool matches(const Document& document) const;
    [[nodiscard]] bool depends_on(std::string_view prefix) const;
    [[nodiscard]] std::string required_prefix(std::string_view of) const;
  };

  std::string text_{};
  Node root_{};
};

}  // namespace iotemu::registry::index
