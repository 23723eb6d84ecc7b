#include "emulator/neighbours/dynamodb/expression_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/hex.h"
#include "emulator/neighbours/dynamodb/reserved_words.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours::dynamodb {
namespace {

constexpr std::size_t kMaxBytes = 4096;
constexpr std::size_t kMaxOperators = 300;
constexpr std::size_t kMaxSteps = 32;
/// What is bound by a request is at most 2 MB; of placeholders there may be no more than operators need.
constexpr std::size_t kMaxPlaceholders = 4096;

constexpr std::array<std::string_view, 5> kParameters{"ConditionExpression", "FilterExpression",
                                                      "KeyConditionExpression", "ProjectionExpression",
                                                      "UpdateExpression"};

Fault refused(std::string message) {
  return {"ValidationException", std::move(message)};
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool continues_word(char c) {
  return is_letter(c) || is_digit(c);
}

bool is_placeholder(const std::string& text, char first) {
  return text.size() > 1 && text.size() <= 255 && text[0] == first &&
         std::all_of(text.begin() + 1, text.end(), continues_word);
}

std::string joined(const std::vector<std::string>& keys) {
  std::string text;
  for (const auto& key : keys) text += (text.empty() ? "" : ", ") + key;
  return text;
}

/// The values or names of a request: something, for some expression, under placeholders.
Done check_bound(const std::string& parameter, const Json& bound, char first, bool any_expression) {
  if (!any_expression) return refused(parameter + " can only be specified when using expressions");
  if (bound.empty()) return refused(parameter + " must not be empty");
  if (bound.size() > kMaxPlaceholders) {
    return refused(parameter + " has more than " + std::to_string(kMaxPlaceholders) + " entries");
  }
  for (const auto& [key, value] : bound.items()) {
    if (is_placeholder(key, first)) continue;
    return refused(parameter + " contains invalid key: Syntax error; key: \"" + key.substr(0, 255) + "\"");
  }
  return Ok{};
}

}  // namespace

Answer<Bindings> Bindings::read(const Json& input) {
  Bindings bindings;
  const bool any =
      std::ranges::any_of(kParameters, [&](std::string_view parameter) { return input.contains(parameter); });
  if (const auto names = input.find("ExpressionAttributeNames"); names != input.end()) {
    if (auto good = check_bound("ExpressionAttributeNames", *names, '#', any); !good) return good.fault();
    for (const auto& [key, name] : names->items()) {
      if (!name.get_ref<const std::string&>().empty()) continue;
      return refused("ExpressionAttributeNames contains invalid value: must not be empty for key " + key);
    }
    bindings.names_ = *names;
  }
  if (const auto values = input.find("ExpressionAttributeValues"); values != input.end()) {
    if (auto good = check_bound("ExpressionAttributeValues", *values, ':', any); !good) return good.fault();
    for (const auto& [key, wire] : values->items()) {
      auto value = read_value(wire);
      if (!value) {
        if (value.fault().name != "ValidationException") return value.fault();
        return refused("ExpressionAttributeValues contains invalid value: " + value.fault().message +
                       " for key " + key);
      }
      bindings.values_[key] = std::move(*value);
    }
  }
  return bindings;
}

const std::string* Bindings::name(const std::string& placeholder) {
  const auto found = names_.find(placeholder);
  if (found == names_.end()) return nullptr;
  used_.insert(placeholder);
  return &found->get_ref<const std::string&>();
}

const Json* Bindings::value(const std::string& placeholder) {
  const auto found = values_.find(placeholder);
  if (found == values_.end()) return nullptr;
  used_.insert(placeholder);
  return &*found;
}

Done Bindings::check_all_used() const {
  const auto unused = [&](const Json& bound) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : bound.items()) {
      if (!used_.contains(key)) keys.push_back(key);
    }
    return keys;
  };
  if (const auto names = unused(names_); !names.empty()) {
    return refused("Value provided in ExpressionAttributeNames unused in expressions: keys: {" +
                   joined(names) + "}");
  }
  if (const auto values = unused(values_); !values.empty()) {
    return refused("Value provided in ExpressionAttributeValues unused in expressions: keys: {" +
                   joined(values) + "}");
  }
  return Ok{};
}

Answer<ExpressionReader> ExpressionReader::open(std::string_view parameter, std::string_view text,
                                                Bindings& bindings) {
  ExpressionReader reader{parameter, text, bindings};
  if (text.size() > kMaxBytes) {
    return reader.invalid("Expression size has exceeded the maximum allowed size; expression size: " +
                          std::to_string(text.size()));
  }
  if (auto read = reader.read_tokens(); !read) return read.fault();
  if (reader.peek().kind == TokenKind::end) return reader.invalid("The expression can not be empty;");
  return reader;
}

Done ExpressionReader::read_tokens() {
  std::size_t at = 0;
  const auto add = [&](TokenKind kind, std::size_t length) {
    tokens_.push_back({.kind = kind, .text = text_.substr(at, length), .at = at});
    at += length;
  };
  const auto run = [&](std::size_t from, auto belongs) {
    auto end = from;
    while (end < text_.size() && belongs(text_[end])) ++end;
    return end - at;
  };
  while (at < text_.size()) {
    const char c = text_[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at;
    } else if (is_letter(c)) {
      add(TokenKind::word, run(at, continues_word));
    } else if ((c == '#' || c == ':') && at + 1 < text_.size() && continues_word(text_[at + 1])) {
      add(c == '#' ? TokenKind::name : TokenKind::value, run(at + 1, continues_word));
    } else if (is_digit(c)) {
      add(TokenKind::number, run(at, is_digit));
    } else if (const auto two = text_.substr(at, 2); two == "<>" || two == "<=" || two == ">=") {
      add(TokenKind::symbol, 2);
    } else if (std::string_view{"()[].,=<>+-"}.find(c) != std::string_view::npos) {
      add(TokenKind::symbol, 1);
    } else {
      tokens_.push_back({.kind = TokenKind::symbol, .text = text_.substr(at, 1), .at = at});
      next_ = tokens_.size() - 1;
      return syntax_error();
    }
  }
  tokens_.push_back({.kind = TokenKind::end, .text = "<EOF>", .at = text_.size()});
  return Ok{};
}

const Token& ExpressionReader::peek(std::size_t ahead) const {
  return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
}

Token ExpressionReader::take() {
  const auto token = peek();
  if (token.kind != TokenKind::end) ++next_;
  return token;
}

bool ExpressionReader::accept(std::string_view symbol) {
  if (peek().kind != TokenKind::symbol || peek().text != symbol) return false;
  ++next_;
  return true;
}

bool ExpressionReader::next_is_word(std::string_view word) const {
  return peek().kind == TokenKind::word && lowercase(peek().text) == lowercase(word);
}

bool ExpressionReader::accept_word(std::string_view word) {
  if (!next_is_word(word)) return false;
  ++next_;
  return true;
}

Done ExpressionReader::expect(std::string_view symbol) {
  if (!accept(symbol)) return syntax_error();
  return Ok{};
}

Done ExpressionReader::expect_end() {
  if (peek().kind != TokenKind::end) return syntax_error();
  return Ok{};
}

Answer<std::string> ExpressionReader::attribute_name() {
  const auto& token = peek();
  if (token.kind == TokenKind::name) {
    const std::string placeholder{take().text};
    if (const auto* name = bindings_->name(placeholder)) return *name;
    return invalid("An expression attribute name used in the document path is not defined; attribute name: " +
                   placeholder);
  }
  if (token.kind != TokenKind::word) return syntax_error();
  const std::string word{take().text};
  if (is_reserved(word)) {
    return invalid("Attribute name is a reserved keyword; reserved keyword: " + word);
  }
  return word;
}

Answer<DocumentPath> ExpressionReader::path() {
  DocumentPath path;
  auto first = attribute_name();
  if (!first) return first.fault();
  path.push_back({.name = std::move(*first)});
  while (true) {
    if (accept(".")) {
      auto name = attribute_name();
      if (!name) return name.fault();
      path.push_back({.name = std::move(*name)});
    } else if (accept("[")) {
      const auto& token = peek();
      std::size_t index = 0;
      const auto* end = token.text.data() + token.text.size();
      if (token.kind != TokenKind::number) return syntax_error();
      if (std::from_chars(token.text.data(), end, index).ec != std::errc{}) {
        return invalid("List index is not within the allowable range; index: [" + std::string{token.text} +
                       "]");
      }
      take();
      if (auto closed = expect("]"); !closed) return closed.fault();
      path.push_back({.index = index});
    } else {
      return path;
    }
    if (path.size() > kMaxSteps) {
      return invalid("The document path has too many nesting elements; nesting levels: " +
                     std::to_string(path.size()));
    }
  }
}

Answer<Json> ExpressionReader::value() {
  if (peek().kind != TokenKind::value) return syntax_error();
  const std::string placeholder{take().text};
  if (const auto* value = bindings_->value(placeholder)) return *value;
  return invalid("An expression attribute value used in expression is not defined; attribute value: " +
                 placeholder);
}

Done ExpressionReader::count_operator() {
  if (++operators_ <= kMaxOperators) return Ok{};
  return invalid("The expression contains too many operators; operator count: " + std::to_string(operators_));
}

Fault ExpressionReader::invalid(std::string_view what) const {
  return refused("Invalid " + std::string{parameter_} + ": " + std::string{what});
}

Fault ExpressionReader::syntax_error() const {
  const auto& token = peek();
  const auto begin = next_ == 0 ? token.at : tokens_[next_ - 1].at;
  const auto after = next_ + 1 < tokens_.size() ? tokens_[next_ + 1] : token;
  const auto end = after.kind == TokenKind::end ? text_.size() : after.at + after.text.size();
  return invalid("Syntax error; token: \"" + std::string{token.text} + "\", near: \"" +
                 std::string{text_.substr(begin, end - begin)} + "\"");
}

}  // namespace iotemu::neighbours::dynamodb
