#pragma once

// A template after parsing (P5.2): expressions instead of JSON, references bound to what they name,
// properties to their rows. Immutable from then on and shared between threads.

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "registry/provisioning/certificate_parameters.h"
#include "registry/provisioning/path.h"
#include "registry/provisioning/plan.h"
#include "registry/provisioning/template.h"

namespace iotemu::registry::provisioning {

class Evaluation;
struct PropertyRow;

/// What an expression can yield. A text is a string, a number or a truth value.
enum class Shape { text, list, object, text_or_list };

/// A value of the template: a literal, a list, an object or a call of an intrinsic function.
class Expression {
 public:
  Expression() = default;
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
  virtual ~Expression() = default;

  [[nodiscard]] virtual Shape shape() const = 0;
  /// `path`: where the expression stands, for messages.
  virtual Result<Json> evaluate(Evaluation& run, const Path& path) const = 0;
};
using ExpressionPtr = std::unique_ptr<const Expression>;

/// What a `Ref` or a `${…}` of Fn::Sub names: a row of Template::parameters or of Template::resources.
struct Reference {
  bool is_resource{false};
  std::size_t index{0};
};

/// A parameter that is declared, referenced, or both.
struct Parameter {
  std::string name{};
  bool declared{false};
  std::optional<std::string> fallback{};         ///< `Default`.
  std::string first_reference{};                 ///< The path of the first reference; empty: nobody's.
  bool referenced_by_resource{false};            ///< Else by DeviceConfiguration at most.
  const CertificateParameter* defined{nullptr};  ///< Null: AWS defines no such name.
};

enum class ResourceType { thing, certificate, policy };

struct Property {
  const PropertyRow* row{nullptr};
  ExpressionPtr value{};
};

struct Resource {
  ResourceType type{};
  std::string logical_name{};
  std::string first_reference{};  ///< As that of a parameter.
  std::vector<Property> properties{};
  std::set<std::size_t> name_needs{};  ///< The resources whose names its own name is made of.
  std::size_t policy{0};               ///< Of a policy: its place in Plan::policies.

  /// The property that gives the resource its name, which is what a `Ref` to it yields. Null: the name is not
  /// known before the resource is made.
  [[nodiscard]] const Property* naming() const;
};

class Template {
 public:
  std::vector<Parameter> parameters{};  ///< Declared ones by name, then the others as they were met.
  Json mappings = Json::object();
  std::vector<Resource> resources{};  ///< By logical name.
  std::vector<std::pair<std::string, ExpressionPtr>> device_configuration{};
  /// What is the same for every device: logical names and override settings.
  Plan start{};
  bool certificate_by_id{false};
};

}  // namespace iotemu::registry::provisioning
