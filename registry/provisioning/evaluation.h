#pragma once

// One evaluation of a template: the values of its parameters, the names of its resources as far as they are
// worked out, and how much text may still be made. Lives on the stack of `evaluate`.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "registry/provisioning/document.h"
#include "registry/provisioning/template.h"

namespace iotemu::registry::provisioning {

class Evaluation {
 public:
  Evaluation(const Template& document, const Supplied& supplied)
      : document_{document}, supplied_{supplied}, identities_(document.resources.size()) {}

  /// Finds the value of every parameter (P5.3). Fails when one is missing that must not be; says in
  /// `warnings` what it let pass. Comes before everything else.
  Status bind(std::vector<std::string>& warnings);

  /// The value of an expression where a text is wanted, or a list of them.
  Result<std::string> text(const Expression& expression, const Path& path);
  Result<std::vector<std::string>> texts(const Expression& expression, const Path& path);
  /// What a reference stands for.
  Result<std::string> referenced(const Reference& reference);

  /// Works a property of a resource out and puts it into the plan.
  Status put(std::size_t resource, const Property& property, Plan& plan);

  /// Counts text that a function makes; fails past kMaxEvaluatedBytes. Nested calls could otherwise multiply
  /// a parameter without end.
  Status spend(std::size_t bytes, const Path& path);

  [[nodiscard]] const Json& mappings() const { return document_.mappings; }

 private:
  /// The property that names a resource: its value and the name. Worked out once.
  struct Identity {
    Json value{};
    std::string name{};
  };
  Result<const Identity*> identity(std::size_t resource);
  /// The value of a property in the form its row asks for.
  Result<Json> property(const Resource& resource, const Property& property);
  [[nodiscard]] const std::string* value_of(const Parameter& parameter) const;
  [[nodiscard]] std::string why_missing(const Parameter& parameter) const;

  const Template& document_;
  const Supplied& supplied_;
  std::vector<const std::string*> values_{};  // of document_.parameters; null: none
  std::vector<std::optional<Identity>> identities_;
  std::size_t spent_{0};
};

}  // namespace iotemu::registry::provisioning
