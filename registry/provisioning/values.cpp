#include "registry/provisioning/values.h"

#include <algorithm>
#include <utility>

#include "registry/provisioning/evaluation.h"
#include "registry/provisioning/functions.h"

namespace iotemu::registry::provisioning {
namespace {

class Literal final : public Expression {
 public:
  // Not value_{…}, which would be a list of one.
  explicit Literal(Json value) : value_(std::move(value)) {}
  [[nodiscard]] Shape shape() const override { return Shape::text; }
  Result<Json> evaluate(Evaluation& /*run*/, const Path& /*path*/) const override { return value_; }

 private:
  Json value_;
};

class List final : public Expression {
 public:
  explicit List(std::vector<ExpressionPtr> elements) : elements_{std::move(elements)} {}
  [[nodiscard]] Shape shape() const override { return Shape::list; }
  Result<Json> evaluate(Evaluation& run, const Path& path) const override {
    Json out = Json::array();
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      auto element = elements_[i]->evaluate(run, Path{path, i});
      if (!element) return element.error();
      out.push_back(*std::move(element));
    }
    return out;
  }

 private:
  std::vector<ExpressionPtr> elements_;
};

class Object final : public Expression {
 public:
  using Members = std::vector<std::pair<std::string, ExpressionPtr>>;
  explicit Object(Members members) : members_{std::move(members)} {}
  [[nodiscard]] Shape shape() const override { return Shape::object; }
  Result<Json> evaluate(Evaluation& run, const Path& path) const override {
    Json out = Json::object();
    for (const auto& [name, expression] : members_) {
      auto member = expression->evaluate(run, Path{path, name});
      if (!member) return member.error();
      out[name] = *std::move(member);
    }
    return out;
  }

 private:
  Members members_;
};

/// Reads each element of a list with `read`.
template <class Read>
Result<ExpressionPtr> read_list(const Json& json, const Path& path, Read read) {
  std::vector<ExpressionPtr> elements;
  for (std::size_t i = 0; i < json.size(); ++i) {
    auto element = read(json[i], Path{path, i});
    if (!element) return element.error();
    elements.push_back(*std::move(element));
  }
  return ExpressionPtr{std::make_unique<List>(std::move(elements))};
}

/// Reads each member of an object with `read`.
template <class Read>
Result<ExpressionPtr> read_object(const Json& json, const Path& path, Read read) {
  Object::Members members;
  for (const auto& [name, inner] : json.items()) {
    auto member = read(inner, Path{path, name});
    if (!member) return member.error();
    members.emplace_back(name, *std::move(member));
  }
  return ExpressionPtr{std::make_unique<Object>(std::move(members))};
}

}  // namespace

Result<ExpressionPtr> ValueReader::value(const Json& json, const Path& path) {
  const auto inner = [this](const Json& child, const Path& where) { return value(child, where); };
  if (json.is_null()) return invalid("null is no value", path);
  if (json.is_array()) return read_list(json, path, inner);
  if (!json.is_object()) return ExpressionPtr{std::make_unique<Literal>(json)};
  const std::string key = function_key(json);
  if (key.empty()) return read_object(json, path, inner);
  if (json.size() != 1) {
    return invalid("An object with the function " + key + " has no other member", path);
  }
  if (function_depth_ == kMaxFunctionDepth) {
    return invalid("Functions are nested deeper than " + std::to_string(kMaxFunctionDepth) + " levels", path);
  }
  ++function_depth_;
  auto function = read_function(*this, key, json.front(), path);
  --function_depth_;
  return function;
}

Result<ExpressionPtr> ValueReader::text(const Json& json, const Path& path) {
  auto out = value(json, path);
  if (!out) return out;
  const Shape shape = (*out)->shape();
  if (shape != Shape::text && shape != Shape::text_or_list) return expected("a string", json, path);
  return out;
}

Result<ExpressionPtr> ValueReader::texts(const Json& json, const Path& path) {
  if (json.is_array()) {
    return read_list(json, path, [this](const Json& child, const Path& where) { return text(child, where); });
  }
  if (function_key(json).empty()) return expected("a list of strings", json, path);
  auto out = value(json, path);
  if (out && (*out)->shape() == Shape::text) return expected("a list of strings", json, path);
  return out;
}

Result<ExpressionPtr> ValueReader::object_of_texts(const Json& json, const Path& path) {
  if (!json.is_object() || !function_key(json).empty()) {
    return expected("an object of names and strings", json, path);
  }
  return read_object(json, path, [this](const Json& child, const Path& where) { return text(child, where); });
}

Reference ValueReader::reference(const std::string& name, const Path& path) {
  auto& parameters = document_.parameters;
  const auto parameter = std::find_if(parameters.begin(), parameters.end(),
                                      [&](const Parameter& candidate) { return candidate.name == name; });
  // A name that is both is the parameter: what the template declares comes before what it makes
  // (unconfirmed).
  if (parameter != parameters.end()) {
    if (parameter->first_reference.empty()) parameter->first_reference = path.text();
    return {.is_resource = false, .index = static_cast<std::size_t>(parameter - parameters.begin())};
  }
  auto& resources = document_.resources;
  const auto resource = std::find_if(resources.begin(), resources.end(), [&](const Resource& candidate) {
    return candidate.logical_name == name;
  });
  if (resource == resources.end()) {
    parameters.push_back({.name = name,
                          .declared = false,
                          .fallback = {},
                          .first_reference = path.text(),
                          .referenced_by_resource = false,
                          .defined = find_certificate_parameter(name)});
    return {.is_resource = false, .index = parameters.size() - 1};
  }
  if (resource->first_reference.empty()) resource->first_reference = path.text();
  const auto index = static_cast<std::size_t>(resource - resources.begin());
  referenced_.insert(index);
  return {.is_resource = true, .index = index};
}

}  // namespace iotemu::registry::provisioning
