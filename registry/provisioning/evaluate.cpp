#include <utility>

#include "registry/provisioning/evaluation.h"
#include "registry/provisioning/resources.h"

namespace iotemu::registry::provisioning {
namespace {

/// A string as it is; a number or a truth value as JSON writes it.
Result<std::string> text_of(Json&& value, const Path& path) {
  if (value.is_string()) return std::move(value.get_ref<std::string&>());
  if (value.is_structured() || value.is_null()) return expected("a string", value, path);
  return iotemu::to_text(value);
}

Result<Json> list_of_texts(Json&& value, const Path& path) {
  if (!value.is_array()) return expected("a list of strings", value, path);
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto text = text_of(std::move(value[i]), Path{path, i});
    if (!text) return text.error();
    value[i] = *std::move(text);
  }
  return std::move(value);
}

Result<Json> object_of_texts(Json&& value, const Path& path) {
  for (auto& [name, member] : value.items()) {
    auto text = text_of(std::move(member), Path{path, name});
    if (!text) return text.error();
    member = *std::move(text);
  }
  return std::move(value);
}

}  // namespace

Status Evaluation::bind(std::vector<std::string>& warnings) {
  values_.reserve(document_.parameters.size());
  for (const Parameter& parameter : document_.parameters) {
    const std::string* value = value_of(parameter);
    values_.push_back(value);
    if (value != nullptr) continue;
    const std::string why = why_missing(parameter);
    const bool referenced = !parameter.first_reference.empty();
    if (parameter.referenced_by_resource || (referenced && supplied_.wants_device_configuration)) {
      // The first sentence is measured (P5.3).
      return invalid("Cannot resolve reference value: {Ref=" + parameter.name + "}; " + why +
                     "; referenced at " + parameter.first_reference);
    }
    if (parameter.declared && parameter.defined != nullptr &&
        supplied_.missing == MissingParameter::fails_when_declared) {
      return invalid("No value: " + why + "; declared at " + Path{Path{"Parameters"}, parameter.name}.text());
    }
    warnings.push_back(why + (referenced ? "; only DeviceConfiguration references it, which is ignored here"
                                         : "; nothing references it, so it is ignored"));
  }
  return Ok{};
}

const std::string* Evaluation::value_of(const Parameter& parameter) const {
  // What a caller supplies without a declaration is ignored, unless AWS defines the name (P5.3, unconfirmed).
  if (parameter.declared || parameter.defined != nullptr) {
    const auto supplied = supplied_.parameters.find(parameter.name);
    if (supplied != supplied_.parameters.end()) return &supplied->second;
  }
  return parameter.fallback ? &*parameter.fallback : nullptr;
}

std::string Evaluation::why_missing(const Parameter& parameter) const {
  const std::string name = "parameter " + parameter.name;
  const CertificateParameter* defined = parameter.defined;
  if (!parameter.declared && defined == nullptr) {
    const bool policy_variable = parameter.name.starts_with("iot:") || parameter.name.starts_with("aws:");
    return parameter.name + " is neither a declared parameter nor a resource" +
           (policy_variable ? "; inside Fn::Sub a policy variable is written ${!" + parameter.name + "}"
                            : "");
  }
  if (!supplied_.from_certificate) {
    return name +
           (parameter.declared ? " has neither a value nor a default" : " is not declared and has no value");
  }
  const std::string declared = name + (parameter.declared ? " is declared, " : " is not declared, ");
  if (defined == nullptr) return declared + "AWS IoT defines no such name and it has no default";
  if (defined->oid.empty()) return declared + "it has no value";
  return declared + "the subject of the certificate has no " + std::string{defined->short_name} + " (" +
         std::string{defined->oid} + ")";
}

Result<std::string> Evaluation::text(const Expression& expression, const Path& path) {
  auto value = expression.evaluate(*this, path);
  if (!value) return value.error();
  return text_of(*std::move(value), path);
}

Result<std::vector<std::string>> Evaluation::texts(const Expression& expression, const Path& path) {
  auto value = expression.evaluate(*this, path);
  if (!value) return value.error();
  auto list = list_of_texts(*std::move(value), path);
  if (!list) return list.error();
  std::vector<std::string> out;
  out.reserve(list->size());
  for (Json& element : *list) out.push_back(std::move(element.get_ref<std::string&>()));
  return out;
}

Result<std::string> Evaluation::referenced(const Reference& reference) {
  // `bind` left no parameter without a value that something references.
  if (!reference.is_resource) return *values_[reference.index];
  const auto found = identity(reference.index);
  if (!found) return found.error();
  return (*found)->name;
}

Result<const Evaluation::Identity*> Evaluation::identity(std::size_t index) {
  // References among names do not go in circles, and what is referenced has a naming property: parse_template
  // saw to both.
  auto& known = identities_[index];
  if (known) return &*known;
  const Resource& resource = document_.resources[index];
  const Property& naming = *resource.naming();
  auto value = property(resource, naming);
  if (!value) return value.error();
  const PropertyPath where{resource.logical_name, naming.row->name};
  auto name = naming.row->identify({.value = *value,
                                    .name = {},
                                    .resource = resource,
                                    .path = where.path,
                                    .from_certificate = supplied_.from_certificate});
  if (!name) return name.error();
  known = Identity{.value = *std::move(value), .name = *std::move(name)};
  return &*known;
}

Result<Json> Evaluation::property(const Resource& resource, const Property& property) {
  const PropertyPath where{resource.logical_name, property.row->name};
  const Path& path = where.path;
  auto value = property.value->evaluate(*this, path);
  if (!value) return value;
  switch (property.row->form) {
    case Form::texts:
      return list_of_texts(*std::move(value), path);
    case Form::attributes:
      return object_of_texts(*std::move(value), path);
    case Form::document:
      if (value->is_object()) return Json(iotemu::to_text(*value));
      break;
    case Form::text:
      break;
  }
  auto text = text_of(*std::move(value), path);
  if (!text) return text.error();
  return Json(*std::move(text));
}

Status Evaluation::put(std::size_t index, const Property& property, Plan& plan) {
  const Resource& resource = document_.resources[index];
  const PropertyRow& row = *property.row;
  const PropertyPath where{resource.logical_name, row.name};
  const auto put_value = [&](const Json& value, std::string_view name) {
    return row.put({.value = value,
                    .name = name,
                    .resource = resource,
                    .path = where.path,
                    .from_certificate = supplied_.from_certificate},
                   plan);
  };
  if (row.identify != nullptr) {
    const auto named = identity(index);
    if (!named) return named.error();
    return put_value((*named)->value, (*named)->name);
  }
  const auto value = this->property(resource, property);
  if (!value) return value.error();
  return put_value(*value, {});
}

Status Evaluation::spend(std::size_t bytes, const Path& path) {
  if (bytes > kMaxEvaluatedBytes - spent_) {
    return invalid("The functions of the template make more than " + std::to_string(kMaxEvaluatedBytes) +
                       " bytes of text",
                   path);
  }
  spent_ += bytes;
  return Ok{};
}

Result<Plan> evaluate(const Template& document, const Supplied& supplied) {
  Evaluation run{document, supplied};
  Plan plan = document.start;
  if (auto bound = run.bind(plan.warnings); !bound) return bound.error();

  for (std::size_t i = 0; i < document.resources.size(); ++i) {
    for (const Property& property : document.resources[i].properties) {
      if (auto done = run.put(i, property, plan); !done) return done.error();
    }
  }
  if (!supplied.wants_device_configuration) return plan;
  const Path configuration{"DeviceConfiguration"};
  for (const auto& [name, expression] : document.device_configuration) {
    auto value = expression->evaluate(run, Path{configuration, name});
    if (!value) return value.error();
    plan.device_configuration[name] = *std::move(value);
  }
  return plan;
}

}  // namespace iotemu::registry::provisioning
