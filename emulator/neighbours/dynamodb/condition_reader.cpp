#include <algorithm>
#include <array>
#include <utility>

#include "emulator/neighbours/dynamodb/condition.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace iotemu::neighbours::dynamodb {
namespace {

constexpr std::array<std::string_view, 6> kComparators{"=", "<>", "<", "<=", ">", ">="};
constexpr std::size_t kMaxChoices = 100;  // of IN

struct FunctionRow {
  std::string_view name;
  std::size_t operands;
};
constexpr std::array<FunctionRow, 5> kFunctions{{{"attribute_exists", 1},
                                                 {"attribute_not_exists", 1},
                                                 {"attribute_type", 2},
                                                 {"begins_with", 2},
                                                 {"contains", 2}}};
constexpr std::array<std::string_view, 10> kTypeNames{"B",  "NULL", "SS", "BOOL", "L",
                                                      "BS", "N",    "NS", "S",    "M"};

class ConditionReader {
 public:
  explicit ConditionReader(ExpressionReader& reader) : reader_{reader} {}

  Answer<Condition> any() {
    return chain(Condition::Kind::any, "OR", [this] { return all(); });
  }

 private:
  Answer<Condition> all() {
    return chain(Condition::Kind::all, "AND", [this] { return negation(); });
  }

  template <class Next>
  Answer<Condition> chain(Condition::Kind kind, std::string_view word, Next next) {
    auto first = next();
    if (!first || !reader_.next_is_word(word)) return first;
    Condition chain{.kind = kind};
    chain.parts.push_back(std::move(*first));
    while (reader_.accept_word(word)) {
      if (auto counted = reader_.count_operator(); !counted) return counted.fault();
      auto part = next();
      if (!part) return part;
      chain.parts.push_back(std::move(*part));
    }
    return chain;
  }

  Answer<Condition> negation() {
    if (!reader_.accept_word("NOT")) return primary();
    if (auto counted = reader_.count_operator(); !counted) return counted.fault();
    auto denied = negation();
    if (!denied) return denied;
    Condition condition{.kind = Condition::Kind::negation};
    condition.parts.push_back(std::move(*denied));
    return condition;
  }

  Answer<Condition> primary() {
    if (reader_.peek().text == "(") return enclosed();
    const bool call = reader_.peek().kind == TokenKind::word && reader_.peek(1).text == "(";
    if (call && reader_.peek().text != "size") return function();
    return comparison();
  }

  Answer<Condition> enclosed() {
    if (auto counted = reader_.count_operator(); !counted) return counted.fault();
    reader_.take();
    auto inner = any();
    if (!inner) return inner;
    if (auto closed = reader_.expect(")"); !closed) return closed.fault();
    if (inner->enclosed) return reader_.invalid("The expression has redundant parentheses;");
    inner->enclosed = true;
    return inner;
  }

  Answer<Condition> function() {
    const std::string name{reader_.take().text};
    const auto row = std::ranges::find(kFunctions, name, &FunctionRow::name);
    if (name == "if_not_exists" || name == "list_append") {
      return reader_.invalid("The function is not allowed in a condition expression; function: " + name);
    }
    if (row == kFunctions.end()) return reader_.invalid("Invalid function name; function: " + name);
    if (auto counted = reader_.count_operator(); !counted) return counted.fault();
    auto operands = list_of_operands();
    if (!operands) return operands.fault();
    if (operands->size() != row->operands) {
      return reader_.invalid("Incorrect number of operands for operator or function; operator or function: " +
                             name + ", number of operands: " + std::to_string(operands->size()));
    }
    Condition condition{.kind = Condition::Kind::function, .word = name, .operands = std::move(*operands)};
    if (auto good = check_function(condition); !good) return good.fault();
    return condition;
  }

  /// `(a, b, …)`
  Answer<std::vector<Operand>> list_of_operands() {
    if (auto open = reader_.expect("("); !open) return open.fault();
    std::vector<Operand> operands;
    do {
      auto one = operand();
      if (!one) return one.fault();
      operands.push_back(std::move(*one));
    } while (reader_.accept(","));
    if (auto closed = reader_.expect(")"); !closed) return closed.fault();
    return operands;
  }

  [[nodiscard]] Fault wrong_type(const std::string& word, const Operand& operand) const {
    return reader_.invalid("Incorrect operand type for operator or function; operator or function: " + word +
                           ", operand type: " + type_of(operand.value));
  }

  [[nodiscard]] Done check_function(const Condition& condition) const {
    const auto& first = condition.operands[0];
    const auto& name = condition.word;
    if (name.starts_with("attribute_") && first.kind != Operand::Kind::path) {
      return reader_.invalid("Operator or function requires a document path; operator or function: " + name);
    }
    if (condition.operands.size() < 2) return Ok{};
    const auto& second = condition.operands[1];
    if (first.kind == Operand::Kind::path && second.kind == Operand::Kind::path &&
        first.path == second.path) {
      return not_distinct(name, first);
    }
    if (second.kind != Operand::Kind::value) return Ok{};
    if (name == "begins_with" && type_of(second.value) != "S" && type_of(second.value) != "B") {
      return wrong_type(name, second);
    }
    if (name != "attribute_type") return Ok{};
    if (type_of(second.value) != "S") return wrong_type(name, second);
    const auto& type = content_of(second.value).get_ref<const std::string&>();
    if (std::ranges::find(kTypeNames, type) == kTypeNames.end()) {
      std::string valid;
      for (const auto& known : kTypeNames) valid += (valid.empty() ? "" : ",") + std::string{known};
      return reader_.invalid("Invalid attribute type name found; type: " + type + ", valid types: {" + valid +
                             "}");
    }
    return Ok{};
  }

  [[nodiscard]] Fault not_distinct(const std::string& word, const Operand& first) const {
    return reader_.invalid(
        "The first operand must be distinct from the remaining operands for this operator or function; "
        "operator: " +
        word + ", first operand: " + shown(first.path));
  }

  Answer<Operand> operand() {
    const auto& token = reader_.peek();
    if (token.kind == TokenKind::value) {
      auto value = reader_.value();
      if (!value) return value.fault();
      return Operand{.kind = Operand::Kind::value, .value = std::move(*value)};
    }
    auto kind = Operand::Kind::path;
    if (token.kind == TokenKind::word && token.text == "size" && reader_.peek(1).text == "(") {
      if (auto counted = reader_.count_operator(); !counted) return counted.fault();
      reader_.take();
      reader_.take();
      kind = Operand::Kind::size;
      if (reader_.peek().kind == TokenKind::value) {
        return reader_.invalid("Operator or function requires a document path; operator or function: size");
      }
    }
    auto path = reader_.path();
    if (!path) return path.fault();
    if (kind == Operand::Kind::size) {
      if (auto closed = reader_.expect(")"); !closed) return closed.fault();
    }
    return Operand{.kind = kind, .path = std::move(*path)};
  }

  Answer<Condition> comparison() {
    auto first = operand();
    if (!first) return first.fault();
    if (auto counted = reader_.count_operator(); !counted) return counted.fault();
    if (reader_.accept_word("BETWEEN")) return between(std::move(*first));
    if (reader_.accept_word("IN")) return choice(std::move(*first));
    const auto& token = reader_.peek();
    if (token.kind != TokenKind::symbol ||
        std::ranges::find(kComparators, token.text) == kComparators.end()) {
      return reader_.syntax_error();
    }
    const std::string word{reader_.take().text};
    auto second = operand();
    if (!second) return second.fault();
    if (first->kind == Operand::Kind::path && second->kind == Operand::Kind::path &&
        first->path == second->path) {
      return not_distinct(word, *first);
    }
    if (word != "=" && word != "<>") {
      for (const auto* one : {&*first, &*second}) {
        if (one->kind == Operand::Kind::value && !is_ordered(one->value)) return wrong_type(word, *one);
      }
    }
    return Condition{.kind = Condition::Kind::comparison,
                     .word = word,
                     .operands = {std::move(*first), std::move(*second)}};
  }

  Answer<Condition> between(Operand middle) {
    auto low = operand();
    if (!low) return low.fault();
    if (!reader_.accept_word("AND")) return reader_.syntax_error();
    auto high = operand();
    if (!high) return high.fault();
    for (const auto* one : {&middle, &*low, &*high}) {
      if (one->kind == Operand::Kind::value && !is_ordered(one->value)) return wrong_type("BETWEEN", *one);
    }
    if (low->kind == Operand::Kind::value && high->kind == Operand::Kind::value) {
      const auto bounds = "; lower bound operand: AttributeValue: " + shown_value(low->value) +
                          ", upper bound operand: AttributeValue: " + shown_value(high->value);
      if (type_of(low->value) != type_of(high->value)) {
        return reader_.invalid("The BETWEEN operator requires same data type for lower and upper bounds" +
                               bounds);
      }
      if (order_of(low->value) > order_of(high->value)) {
        return reader_.invalid(
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound" + bounds);
      }
    }
    return Condition{.kind = Condition::Kind::between,
                     .word = "BETWEEN",
                     .operands = {std::move(middle), std::move(*low), std::move(*high)}};
  }

  static std::string shown_value(const Json& value) {
    return "{" + type_of(value) + ":" + content_of(value).get<std::string>() + "}";
  }

  Answer<Condition> choice(Operand wanted) {
    auto operands = list_of_operands();
    if (!operands) return operands.fault();
    if (operands->size() > kMaxChoices) {
      return reader_.invalid(
          "Incorrect number of operands for operator or function; operator or function: IN, number of "
          "operands: " +
          std::to_string(operands->size() + 1));
    }
    operands->insert(operands->begin(), std::move(wanted));
    return Condition{.kind = Condition::Kind::in, .word = "IN", .operands = std::move(*operands)};
  }

  ExpressionReader& reader_;
};

void gather(const Condition& condition, std::vector<std::string>& names) {
  for (const auto& operand : condition.operands) {
    if (operand.kind != Operand::Kind::value) names.push_back(operand.path[0].name);
  }
  for (const auto& part : condition.parts) gather(part, names);
}

}  // namespace

Answer<Condition> read_condition(std::string_view parameter, std::string_view text, Bindings& bindings) {
  auto reader = ExpressionReader::open(parameter, text, bindings);
  if (!reader) return reader.fault();
  auto condition = ConditionReader{*reader}.any();
  if (!condition) return condition;
  if (auto end = reader->expect_end(); !end) return end.fault();
  return condition;
}

std::vector<std::string> attributes_of(const Condition& condition) {
  std::vector<std::string> names;
  gather(condition, names);
  return names;
}

}  // namespace iotemu::neighbours::dynamodb
