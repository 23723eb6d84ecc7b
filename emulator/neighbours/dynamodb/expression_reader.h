#pragma once

// What all expressions of DynamoDB share: their tokens, the names (#n) and values (:v) that the request
// binds, and document paths. An ExpressionReader reads one expression; the Bindings of a request outlive its
// readers and know afterwards what nobody used. Pure.

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "emulator/neighbours/dynamodb/document_path.h"
#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours::dynamodb {

/// ExpressionAttributeNames and ExpressionAttributeValues of one request.
class Bindings {
 public:
  /// `input` is the request's, or one entry of a batch.
  static Answer<Bindings> read(const Json& input);

  /// Null if the request binds no such name or value.
  [[nodiscard]] const std::string* name(const std::string& placeholder);
  [[nodiscard]] const Json* value(const std::string& placeholder);
  /// ValidationException for what no expression used.
  [[nodiscard]] Done check_all_used() const;

 private:
  Json names_ = Json::object();
  Json values_ = Json::object();
  std::set<std::string> used_{};
};

enum class TokenKind { end, word, name, value, number, symbol };

struct Token {
  TokenKind kind{TokenKind::end};
  std::string_view text{};
  std::size_t at{0};
};

class ExpressionReader {
 public:
  /// `parameter` is what the request calls it ("ConditionExpression"). `text` and `bindings` outlive the
  /// reader.
  static Answer<ExpressionReader> open(std::string_view parameter, std::string_view text, Bindings& bindings);

  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const;
  Token take();
  /// Takes the symbol if it comes next.
  bool accept(std::string_view symbol);
  /// The same of a keyword, in either case.
  bool accept_word(std::string_view word);
  [[nodiscard]] bool next_is_word(std::string_view word) const;
  Done expect(std::string_view symbol);
  Done expect_end();

  Answer<DocumentPath> path();
  /// What a `:v` stands for.
  Answer<Json> value();
  /// Counts an operator against the limit of 300.
  Done count_operator();

  /// `Invalid <parameter>: <what>`
  [[nodiscard]] Fault invalid(std::string_view what) const;
  /// At the token that comes next.
  [[nodiscard]] Fault syntax_error() const;

 private:
  ExpressionReader(std::string_view parameter, std::string_view text, Bindings& bindings)
      : parameter_{parameter}, text_{text}, bindings_{&bindings} {}
  Done read_tokens();
  Answer<std::string> attribute_name();

  std::string_view parameter_;
  std::string_view text_;
  Bindings* bindings_;
  std::vector<Token> tokens_{};
  std::size_t next_{0};
  std::size_t operators_{0};
};

}  // namespace iotemu::neighbours::dynamodb
