#pragma once

// Cuts a text of rules SQL into words, one at a time, each with its place. One thread; borrows the text.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "rules/sql/arena.h"
#include "rules/sql/number.h"

namespace iotemu::rules::sql {

struct Token {
  enum class Kind : std::uint8_t { end, word, variable, number, string, symbol, broken };

  Kind kind{Kind::end};
  std::size_t begin{0};  ///< Bytes from the start of the text.
  std::size_t end{0};
  /// As written; of a string what it stands for, of a variable its name without `@`, of a broken token what
  /// is wrong with it.
  std::string_view text{};
  bool single_quoted{false};

  [[nodiscard]] bool is(char symbol) const {
    return kind == Kind::symbol && text.size() == 1 && text.front() == symbol;
  }
  [[nodiscard]] bool is_symbol(std::string_view symbol) const {
    return kind == Kind::symbol && text == symbol;
  }
  /// In any case; `word` in capitals.
  [[nodiscard]] bool is_word(std::string_view word) const;
};

/// Whether a word cannot stand for a field: SELECT, FROM, AND, …
[[nodiscard]] bool is_reserved(std::string_view word);

class Lexer {
 public:
  /// Strings with escapes are kept in `constants`.
  Lexer(std::string_view text, std::size_t at, Arena& constants)
      : text_{text}, at_{at}, constants_{&constants} {}

  Token next();
  /// "Line 1, column 8"; columns count characters.
  [[nodiscard]] static std::string place(std::string_view text, std::size_t at);

 private:
  Token string(char quote);
  Token number();
  Token variable();
  Token symbol();
  [[nodiscard]] Token made(Token::Kind kind, std::size_t begin) const;
  [[nodiscard]] Token broken(std::size_t begin, std::string_view why) const;

  std::string_view text_;
  std::size_t at_;
  Arena* constants_;
};

}  // namespace iotemu::rules::sql
