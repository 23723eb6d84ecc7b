#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/hex.h"
#include "emulator/neighbours/dynamodb/projection.h"
#include "emulator/neighbours/dynamodb/update.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours::dynamodb {
namespace {

class UpdateReader {
 public:
  explicit UpdateReader(ExpressionReader& reader) : reader_{reader} {}

  Answer<Update> update() {
    std::set<std::string> seen;
    while (reader_.peek().kind != TokenKind::end) {
      if (reader_.peek().kind != TokenKind::word) return reader_.syntax_error();
      const auto section = lowercase(reader_.peek().text);
      if (section != "set" && section != "remove" && section != "add" && section != "delete") {
        return reader_.syntax_error();
      }
      std::string shown_section{reader_.take().text};
      for (auto& c : shown_section) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
      if (!seen.insert(section).second) {
        return reader_.invalid("The \"" + shown_section +
                               "\" section can only be used once in an update expression;");
      }
      do {
        if (auto done = change(section); !done) return done.fault();
      } while (reader_.accept(","));
    }
    std::vector<const DocumentPath*> paths;
    for (const auto& change : update_.changes) paths.push_back(&change.path);
    if (auto apart = check_apart(reader_, paths); !apart) return apart.fault();
    return std::move(update_);
  }

 private:
  Done change(const std::string& section) {
    auto path = reader_.path();
    if (!path) return path.fault();
    Change change{.path = std::move(*path)};
    if (section == "remove") {
      change.kind = Change::Kind::remove;
    } else if (section == "set") {
      if (auto equals = reader_.expect("="); !equals) return equals;
      auto assigned = this->assigned();
      if (!assigned) return assigned.fault();
      change.assigned = std::move(*assigned);
    } else {
      change.kind = section == "add" ? Change::Kind::add : Change::Kind::del;
      auto value = reader_.value();
      if (!value) return value.fault();
      const bool good = is_set(*value) || (section == "add" && type_of(*value) == "N");
      if (!good) {
        const std::string word = section == "add" ? "ADD" : "DELETE";
        return reader_.invalid("Incorrect operand type for operator or function; operator: " + word +
                               ", operand type: " + std::string{long_type_of(*value)} +
                               ", typeSet: ALLOWED_FOR_" + word + "_OPERAND");
      }
      change.assigned.value = std::move(*value);
    }
    update_.changes.push_back(std::move(change));
    return Ok{};
  }

  Answer<Assigned> assigned() {
    auto left = operand();
    if (!left) return left;
    const auto& token = reader_.peek();
    if (token.kind != TokenKind::symbol || (token.text != "+" && token.text != "-")) return left;
    if (auto counted = reader_.count_operator(); !counted) return counted.fault();
    const std::string word{reader_.take().text};
    auto right = operand();
    if (!right) return right;
    for (const auto* one : {&*left, &*right}) {
      if (one->kind == Assigned::Kind::value && type_of(one->value) != "N") return wrong_type(word, *one);
    }
    Assigned result{.kind = word == "+" ? Assigned::Kind::plus : Assigned::Kind::minus};
    result.parts.push_back(std::move(*left));
    result.parts.push_back(std::move(*right));
    return result;
  }

  Answer<Assigned> operand() {
    if (reader_.peek().text == "(") return enclosed();
    if (reader_.peek().kind == TokenKind::value) {
      auto value = reader_.value();
      if (!value) return value.fault();
      return Assigned{.value = std::move(*value)};
    }
    if (reader_.peek().kind == TokenKind::word && reader_.peek(1).text == "(") return function();
    auto path = reader_.path();
    if (!path) return path.fault();
    return Assigned{.kind = Assigned::Kind::path, .path = std::move(*path)};
  }

  Answer<Assigned> enclosed() {
    if (auto counted = reader_.count_operator(); !counted) return counted.fault();
    reader_.take();
    auto inner = assigned();
    if (!inner) return inner;
    if (auto closed = reader_.expect(")"); !closed) return closed.fault();
    return inner;
  }

  Answer<Assigned> function() {
    const std::string name{reader_.take().text};
    if (name != "if_not_exists" && name != "list_append") {
      constexpr std::array<std::string_view, 6> kOthers{
          "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"};
      const bool known = std::ranges::find(kOthers, name) != kOthers.end();
      return reader_.invalid(known ? "The function is not allowed in an update expression; function: " + name
                                   : "Invalid function name; function: " + name);
    }
    if (auto counted = reader_.count_operator(); !counted) return counted.fault();
    reader_.take();
    Assigned result{.kind = Assigned::Kind::list_append};
    if (name == "if_not_exists") {
      result.kind = Assigned::Kind::if_not_exists;
      if (reader_.peek().kind == TokenKind::value) {
        return reader_.invalid(
            "Operator or function requires a document path; operator or function: if_not_exists");
      }
      auto path = reader_.path();
      if (!path) return path.fault();
      result.path = std::move(*path);
    } else {
      auto first = operand();
      if (!first) return first;
      result.parts.push_back(std::move(*first));
    }
    if (reader_.peek().text == ")") return wrong_count(name, 1);
    if (auto comma = reader_.expect(","); !comma) return comma.fault();
    auto second = operand();
    if (!second) return second;
    result.parts.push_back(std::move(*second));
    if (reader_.peek().text == ",") return wrong_count(name, 3);
    if (auto closed = reader_.expect(")"); !closed) return closed.fault();
    if (result.kind == Assigned::Kind::list_append) {
      for (const auto& one : result.parts) {
        if (one.kind == Assigned::Kind::value && type_of(one.value) != "L") return wrong_type(name, one);
      }
    }
    return result;
  }

  [[nodiscard]] Fault wrong_count(const std::string& name, int count) const {
    return reader_.invalid("Incorrect number of operands for operator or function; operator or function: " +
                           name + ", number of operands: " + std::to_string(count));
  }

  [[nodiscard]] Fault wrong_type(const std::string& word, const Assigned& operand) const {
    return reader_.invalid("Incorrect operand type for operator or function; operator or function: " + word +
                           ", operand type: " + type_of(operand.value));
  }

  ExpressionReader& reader_;
  Update update_;
};

}  // namespace

Answer<Update> read_update(std::string_view text, Bindings& bindings) {
  auto reader = ExpressionReader::open("UpdateExpression", text, bindings);
  if (!reader) return reader.fault();
  return UpdateReader{*reader}.update();
}

Answer<std::vector<DocumentPath>> read_projection(std::string_view text, Bindings& bindings) {
  auto reader = ExpressionReader::open("ProjectionExpression", text, bindings);
  if (!reader) return reader.fault();
  std::vector<DocumentPath> paths;
  do {
    auto path = reader->path();
    if (!path) return path.fault();
    paths.push_back(std::move(*path));
  } while (reader->accept(","));
  if (auto end = reader->expect_end(); !end) return end.fault();
  std::vector<const DocumentPath*> all;
  for (const auto& path : paths) all.push_back(&path);
  if (auto apart = check_apart(*reader, all); !apart) return apart.fault();
  return paths;
}

Done check_apart(const ExpressionReader& reader, const std::vector<const DocumentPath*>& paths) {
  // An expression of 4 KB has about 2,000 paths: the pairs are few enough.
  for (std::size_t i = 0; i < paths.size(); ++i) {
    for (std::size_t j = i + 1; j < paths.size(); ++j) {
      const bool overlapping = overlap(*paths[i], *paths[j]);
      if (!overlapping && !conflict(*paths[i], *paths[j])) continue;
      return reader.invalid(std::string{"Two document paths "} + (overlapping ? "overlap" : "conflict") +
                            " with each other; must remove or rewrite one of these paths; path one: " +
                            shown(*paths[i]) + ", path two: " + shown(*paths[j]));
    }
  }
  return Ok{};
}

}  // namespace iotemu::neighbours::dynamodb
