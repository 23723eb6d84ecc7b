#include "registry/provisioning/functions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "registry/provisioning/evaluation.h"
#include "registry/provisioning/values.h"

namespace iotemu::registry::provisioning {
namespace {

/// What is read of a call.
struct Call {
  ValueReader& reader;
  const Json& argument;
  const Path& object;     // where the object with the function stands
  const Path& path;       // where its argument stands
  std::string_view form;  // how the function is written

  [[nodiscard]] Error malformed() const {
    return invalid("Expected " + std::string{form} + ", found " + shown(argument), path);
  }
  [[nodiscard]] bool has_elements(std::size_t count) const {
    return argument.is_array() && argument.size() == count;
  }
};

constexpr std::string_view kRef = "Ref";

class Ref final : public Expression {
 public:
  explicit Ref(Reference reference) : reference_{reference} {}
  [[nodiscard]] Shape shape() const override { return Shape::text; }
  Result<Json> evaluate(Evaluation& run, const Path& path) const override {
    auto value = run.referenced(reference_);
    if (!value) return value.error();
    if (auto enough = run.spend(value->size(), path); !enough) return enough.error();
    return Json(*std::move(value));
  }

 private:
  Reference reference_;
};

Result<ExpressionPtr> read_ref(const Call& call) {
  if (!call.argument.is_string()) return call.malformed();
  return ExpressionPtr{
      std::make_unique<Ref>(call.reader.reference(call.argument.get<std::string>(), call.object))};
}

constexpr std::string_view kJoin = "Fn::Join";

class Join final : public Expression {
 public:
  Join(ExpressionPtr delimiter, ExpressionPtr values)
      : delimiter_{std::move(delimiter)}, values_{std::move(values)} {}
  [[nodiscard]] Shape shape() const override { return Shape::text; }
  Result<Json> evaluate(Evaluation& run, const Path& path) const override {
    const Path call{path, kJoin};
    const auto delimiter = run.text(*delimiter_, Path{call, std::size_t{0}});
    if (!delimiter) return delimiter.error();
    const auto values = run.texts(*values_, Path{call, std::size_t{1}});
    if (!values) return values.error();
    std::size_t size = values->empty() ? 0 : (values->size() - 1) * delimiter->size();
    for (const std::string& value : *values) size += value.size();
    if (auto enough = run.spend(size, path); !enough) return enough.error();
    std::string out;
    out.reserve(size);
    for (std::size_t i = 0; i < values->size(); ++i) {
      if (i != 0) out += *delimiter;
      out += (*values)[i];
    }
    return Json(std::move(out));
  }

 private:
  ExpressionPtr delimiter_;
  ExpressionPtr values_;
};

Result<ExpressionPtr> read_join(const Call& call) {
  if (!call.has_elements(2)) return call.malformed();
  auto delimiter = call.reader.text(call.argument[0], Path{call.path, std::size_t{0}});
  if (!delimiter) return delimiter;
  auto values = call.reader.texts(call.argument[1], Path{call.path, std::size_t{1}});
  if (!values) return values;
  return ExpressionPtr{std::make_unique<Join>(*std::move(delimiter), *std::move(values))};
}

constexpr std::string_view kSelect = "Fn::Select";

/// A number from 0, or its digits; else nothing.
std::optional<std::size_t> index_of(std::string_view digits) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return index;
}

class Select final : public Expression {
 public:
  Select(ExpressionPtr index, ExpressionPtr values) : index_{std::move(index)}, values_{std::move(values)} {}
  [[nodiscard]] Shape shape() const override { return Shape::text; }
  Result<Json> evaluate(Evaluation& run, const Path& path) const override {
    const Path call{path, kSelect};
    const auto text = run.text(*index_, Path{call, std::size_t{0}});
    if (!text) return text.error();
    const auto index = index_of(*text);
    if (!index) return no_index(Json(*text), Path{call, std::size_t{0}});
    auto values = run.texts(*values_, Path{call, std::size_t{1}});
    if (!values) return values.error();
    if (*index >= values->size()) {
      return invalid("Fn::Select asks for element " + *text + " of a list of " +
                         std::to_string(values->size()) + ", counted from 0",
                     path);
    }
    return Json(std::move((*values)[*index]));
  }

  static Error no_index(const Json& found, const Path& path) {
    return expected("the index of an element, a number from 0", found, path);
  }

 private:
  ExpressionPtr index_;
  ExpressionPtr values_;
};

Result<ExpressionPtr> read_select(const Call& call) {
  if (!call.has_elements(2)) return call.malformed();
  const Json& index = call.argument[0];
  const Path index_path{call.path, std::size_t{0}};
  if (function_key(index).empty()) {
    const std::string digits = index.is_string() ? index.get<std::string>() : iotemu::to_text(index);
    if (!index_of(digits)) return Select::no_index(index, index_path);
  }
  auto which = call.reader.text(index, index_path);
  if (!which) return which;
  auto values = call.reader.texts(call.argument[1], Path{call.path, std::size_t{1}});
  if (!values) return values;
  return ExpressionPtr{std::make_unique<Select>(*std::move(which), *std::move(values))};
}

constexpr std::string_view kFindInMap = "Fn::FindInMap";

class FindInMap final : public Expression {
 public:
  using Keys = std::array<ExpressionPtr, 3>;
  explicit FindInMap(Keys keys) : keys_{std::move(keys)} {}
  [[nodiscard]] Shape shape() const override { return Shape::text_or_list; }
  Result<Json> evaluate(Evaluation& run, const Path& path) const override {
    const Path call{path, kFindInMap};
    const Json* found = &run.mappings();
    std::string where = "Mappings";
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const auto key = run.text(*keys_[i], Path{call, i});
      if (!key) return key.error();
      const auto member = found->find(*key);
      if (member == found->end()) {
        return invalid("Fn::FindInMap finds no " + shown(Json(*key)) + " in " + where, path);
      }
      found = &*member;
      where += "." + *key;
    }
    if (auto enough = run.spend(iotemu::to_text(*found).size(), path); !enough) return enough.error();
    return *found;
  }

 private:
  Keys keys_;
};

Result<ExpressionPtr> read_find_in_map(const Call& call) {
  FindInMap::Keys keys;
  if (!call.has_elements(keys.size())) return call.malformed();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto key = call.reader.text(call.argument[i], Path{call.path, i});
    if (!key) return key;
    keys[i] = *std::move(key);
  }
  return ExpressionPtr{std::make_unique<FindInMap>(std::move(keys))};
}

constexpr std::string_view kSplit = "Fn::Split";
/// What an element of a list costs besides its bytes: an empty one is not free.
constexpr std::size_t kElementCost = 32;

class Split final : public Expression {
 public:
  Split(std::string delimiter, ExpressionPtr source)
      : delimiter_{std::move(delimiter)}, source_{std::move(source)} {}
  [[nodiscard]] Shape shape() const override { return Shape::list; }
  Result<Json> evaluate(Evaluation& run, const Path& path) const override {
    const auto text = run.text(*source_, Path{Path{path, kSplit}, std::size_t{1}});
    if (!text) return text.error();
    Json out = Json::array();
    std::size_t from = 0;
    for (;;) {
      const std::size_t to = std::min(text->find(delimiter_, from), text->size());
      if (auto enough = run.spend(to - from + kElementCost, path); !enough) return enough.error();
      out.push_back(text->substr(from, to - from));
      if (to == text->size()) return out;
      from = to + delimiter_.size();
    }
  }

 private:
  std::string delimiter_;
  ExpressionPtr source_;
};

Result<ExpressionPtr> read_split(const Call& call) {
  if (!call.has_elements(2)) return call.malformed();
  const Json& delimiter = call.argument[0];
  if (!delimiter.is_string() || delimiter.get_ref<const std::string&>().empty()) {
    return expected("a delimiter of at least one character", delimiter, Path{call.path, std::size_t{0}});
  }
  auto source = call.reader.text(call.argument[1], Path{call.path, std::size_t{1}});
  if (!source) return source;
  return ExpressionPtr{std::make_unique<Split>(delimiter.get<std::string>(), *std::move(source))};
}

constexpr std::string_view kSub = "Fn::Sub";

class Sub final : public Expression {
 public:
  struct Local {
    std::string name{};
    ExpressionPtr value{};
  };
  /// Text as it stands, a local name by its index, or a reference.
  using Part = std::variant<std::string, std::size_t, Reference>;

  Sub(std::vector<Part> parts, std::vector<Local> locals)
      : parts_{std::move(parts)}, locals_{std::move(locals)} {}
  [[nodiscard]] Shape shape() const override { return Shape::text; }

  Result<Json> evaluate(Evaluation& run, const Path& path) const override {
    const Path call{path, kSub};
    const Path local_path{call, std::size_t{1}};
    std::vector<std::string> values;
    for (const Local& local : locals_) {
      auto value = run.text(*local.value, Path{local_path, local.name});
      if (!value) return value.error();
      values.push_back(*std::move(value));
    }
    std::string out;
    for (const Part& part : parts_) {
      std::string owned;
      const std::string* piece = &owned;
      if (const auto* literal = std::get_if<std::string>(&part)) {
        piece = literal;
      } else if (const auto* local = std::get_if<std::size_t>(&part)) {
        piece = &values[*local];
      } else {
        auto value = run.referenced(*std::get_if<Reference>(&part));
        if (!value) return value.error();
        owned = *std::move(value);
      }
      if (auto enough = run.spend(piece->size(), path); !enough) return enough.error();
      out += *piece;
    }
    return Json(std::move(out));
  }

 private:
  std::vector<Part> parts_;
  std::vector<Local> locals_;
};

/// Takes `text` apart: `${Name}` is a name, `${!Name}` is the text `${Name}`, `${` without `}` is text.
Result<std::vector<Sub::Part>> read_parts(const Call& call, const std::string& text,
                                          const std::vector<Sub::Local>& locals) {
  std::vector<Sub::Part> parts;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) parts.emplace_back(std::exchange(literal, {}));
  };
  std::size_t from = 0;
  for (;;) {
    const std::size_t open = text.find("${", from);
    const std::size_t close = open == text.npos ? open : text.find('}', open);
    if (close == text.npos) break;
    literal.append(text, from, open - from);
    from = close + 1;
    const std::string name = text.substr(open + 2, close - open - 2);
    if (name.empty()) return invalid("${} in Fn::Sub holds no name", call.path);
    if (name.front() == '!') {
      literal += "${" + name.substr(1) + "}";
      continue;
    }
    flush();
    const auto local = std::find_if(locals.begin(), locals.end(),
                                    [&](const Sub::Local& candidate) { return candidate.name == name; });
    if (local != locals.end()) {
      parts.emplace_back(static_cast<std::size_t>(local - locals.begin()));
    } else {
      parts.emplace_back(call.reader.reference(name, call.object));
    }
  }
  literal.append(text, from);
  flush();
  return parts;
}

Result<ExpressionPtr> read_sub(const Call& call) {
  const bool plain = call.argument.is_string();
  if (!plain && !(call.has_elements(2) && call.argument[0].is_string())) return call.malformed();
  std::vector<Sub::Local> locals;
  if (!plain) {
    const Json& values = call.argument[1];
    const Path values_path{call.path, std::size_t{1}};
    if (!values.is_object()) return expected("an object of names and strings", values, values_path);
    if (!function_key(values).empty()) return call.malformed();
    for (const auto& [name, json] : values.items()) {
      auto value = call.reader.text(json, Path{values_path, name});
      if (!value) return value;
      locals.push_back({.name = name, .value = *std::move(value)});
    }
  }
  const Json& text = plain ? call.argument : call.argument[0];
  auto parts = read_parts(call, text.get_ref<const std::string&>(), locals);
  if (!parts) return parts.error();
  return ExpressionPtr{std::make_unique<Sub>(*std::move(parts), std::move(locals))};
}

struct Function {
  std::string_view name{};
  std::string_view form{};
  Result<ExpressionPtr> (*read)(const Call& call){nullptr};
};

constexpr std::array<Function, 6> kFunctions{{
    {kRef, R"({"Ref": "name"})", read_ref},
    {kJoin, R"({"Fn::Join": ["delimiter", [values]]})", read_join},
    {kSelect, R"({"Fn::Select": [index, [values]]})", read_select},
    {kFindInMap, R"({"Fn::FindInMap": ["map", key, key]})", read_find_in_map},
    {kSplit, R"({"Fn::Split": ["delimiter", string]})", read_split},
    {kSub, R"({"Fn::Sub": "text"} or {"Fn::Sub": ["text", {"name": value}]})", read_sub},
}};

}  // namespace

std::string function_key(const Json& object) {
  if (!object.is_object()) return {};
  for (const auto& [key, value] : object.items()) {
    if (key == "Ref" || key.starts_with("Fn::")) return key;
  }
  return {};
}

Result<ExpressionPtr> read_function(ValueReader& reader, std::string_view name, const Json& argument,
                                    const Path& path) {
  std::string known;
  for (const Function& function : kFunctions) {
    if (function.name == name)
      return function.read({reader, argument, path, Path{path, name}, function.form});
    known += (known.empty() ? "" : ", ") + std::string{function.name};
  }
  return invalid("There is no function " + shown(Json(name)) + " (there are " + known + ")", path);
}

}  // namespace iotemu::registry::provisioning
