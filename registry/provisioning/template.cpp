#include "registry/provisioning/template.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "registry/policy/text.h"
#include "registry/provisioning/functions.h"
#include "registry/provisioning/resources.h"
#include "registry/provisioning/values.h"

namespace iotemu::registry::provisioning {
namespace {

constexpr std::size_t kMaxCharacterBytes = 4;

/// The member `name` of an object, or null.
const Json* member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

Status check_length(std::string_view body) {
  // Bytes first: what is no UTF-8 may hold few characters and still be long.
  const std::size_t characters = count_characters(body);
  if (characters <= kMaxTemplateCharacters && body.size() <= kMaxTemplateCharacters * kMaxCharacterBytes) {
    return Ok{};
  }
  return invalid("The template has " + std::to_string(characters) + " characters; at most " +
                 std::to_string(kMaxTemplateCharacters) + " are allowed");
}

/// Whether `value` may stand in a mapping: a string, a number, a truth value, or a list of them.
bool is_literal(const Json& value) {
  if (value.is_array()) {
    return std::none_of(value.begin(), value.end(),
                        [](const Json& element) { return element.is_structured() || element.is_null(); });
  }
  return !value.is_object() && !value.is_null();
}

/// Reads a whole document. The length of the body bounds the number of its values, parse_json their depth.
class TemplateReader {
 public:
  Result<TemplatePtr> read(const Json& root) {
    if (!root.is_object()) return invalid("Expected an object, found " + shown(root));
    if (auto read = read_parameters(member(root, "Parameters")); !read) return read.error();
    if (auto read = read_mappings(member(root, "Mappings")); !read) return read.error();
    if (auto read = read_resources(member(root, "Resources")); !read) return read.error();
    for (Parameter& parameter : document_.parameters) {
      parameter.referenced_by_resource = !parameter.first_reference.empty();
    }
    if (auto read = read_device_configuration(member(root, "DeviceConfiguration")); !read) {
      return read.error();
    }
    if (auto checked = check_references(); !checked) return checked.error();
    return TemplatePtr{std::make_shared<const Template>(std::move(document_))};
  }

 private:
  Status read_parameters(const Json* parameters) {
    if (parameters == nullptr) return Ok{};
    const Path path{"Parameters"};
    if (!parameters->is_object()) return expected("an object", *parameters, path);
    for (const auto& [name, declaration] : parameters->items()) {
      const Path here{path, name};
      if (!declaration.is_object()) return expected("an object", declaration, here);
      const Json* type = member(declaration, "Type");
      if (type == nullptr) return invalid("Type is missing", here);
      if (*type != "String")
        return expected(R"("String", the only type of a parameter)", *type, {here, "Type"});
      Parameter parameter{.name = name,
                          .declared = true,
                          .fallback = {},
                          .first_reference = {},
                          .referenced_by_resource = false,
                          .defined = find_certificate_parameter(name)};
      if (const Json* fallback = member(declaration, "Default"); fallback != nullptr) {
        if (!fallback->is_string()) return expected("a string", *fallback, {here, "Default"});
        parameter.fallback = fallback->get<std::string>();
      }
      document_.parameters.push_back(std::move(parameter));
    }
    return Ok{};
  }

  Status read_mappings(const Json* mappings) {
    if (mappings == nullptr) return Ok{};
    const Path path{"Mappings"};
    if (!mappings->is_object()) return expected("an object", *mappings, path);
    for (const auto& [map, keys] : mappings->items()) {
      const Path map_path{path, map};
      if (!keys.is_object()) return expected("an object", keys, map_path);
      for (const auto& [key, values] : keys.items()) {
        const Path key_path{map_path, key};
        if (const auto function = function_key(values); !function.empty()) {
          return no_function(function, key_path);
        }
        if (!values.is_object()) return expected("an object", values, key_path);
        for (const auto& [name, value] : values.items()) {
          const Path value_path{key_path, name};
          if (const auto function = function_key(value); !function.empty()) {
            return no_function(function, value_path);
          }
          if (!is_literal(value)) {
            return expected("a string, a number, true or false, or a list of them", value, value_path);
          }
        }
      }
    }
    document_.mappings = *mappings;
    return Ok{};
  }

  static Error no_function(const std::string& function, const Path& path) {
    return invalid("Mappings hold neither parameters nor functions, found " + function, path);
  }

  Status read_resources(const Json* resources) {
    if (resources == nullptr) return invalid("Resources is missing");
    const Path path{"Resources"};
    if (!resources->is_object()) return expected("an object", *resources, path);
    if (resources->empty()) return invalid("Resources holds no resource");
    // Names first: a value may refer to a resource that stands further down.
    for (const auto& [name, json] : resources->items()) {
      if (auto added = add_resource(name, json, Path{path, name}); !added) return added;
    }
    for (std::size_t i = 0; i < document_.resources.size(); ++i) {
      Resource& resource = document_.resources[i];
      const Json& json = (*resources)[resource.logical_name];
      if (auto read = read_resource(resource, json, Path{path, resource.logical_name}); !read) return read;
    }
    return Ok{};
  }

  Status add_resource(const std::string& name, const Json& json, const Path& path) {
    if (name.empty()) return invalid("A logical name has at least one character", path);
    if (!json.is_object()) return expected("an object", json, path);
    const Json* type_name = member(json, "Type");
    if (type_name == nullptr) return invalid("Type is missing", path);
    const auto type =
        type_name->is_string() ? parse_resource_type(type_name->get_ref<const std::string&>()) : std::nullopt;
    if (!type) {
      return expected("AWS::IoT::Thing, AWS::IoT::Certificate or AWS::IoT::Policy", *type_name,
                      {path, "Type"});
    }
    return start_plan(name, *type);
  }

  /// Gives the resource its place in the plan. One thing and one certificate (unconfirmed), any number of
  /// policies (P5.2).
  Status start_plan(const std::string& name, ResourceType type) {
    Plan& start = document_.start;
    Resource resource{.type = type,
                      .logical_name = name,
                      .first_reference = {},
                      .properties = {},
                      .name_needs = {},
                      .policy = start.policies.size()};
    if (type == ResourceType::thing) {
      if (start.thing) return second("thing", start.thing->logical_name, name);
      start.thing.emplace().logical_name = name;
    } else if (type == ResourceType::certificate) {
      if (start.certificate) return second("certificate", start.certificate->logical_name, name);
      start.certificate.emplace().logical_name = name;
    } else {
      start.policies.push_back({.logical_name = name, .name = {}, .document = {}});
    }
    document_.resources.push_back(std::move(resource));
    return Ok{};
  }

  static Error second(const std::string& what, const std::string& first, const std::string& name) {
    return invalid("A template has at most one " + what + ", found " + shown(Json(first)) + " and " +
                   shown(Json(name)));
  }

  Status read_resource(Resource& resource, const Json& json, const Path& path) {
    static const Json none = Json::object();
    const Json* properties = member(json, "Properties");
    if (properties == nullptr) properties = &none;
    const Path properties_path{path, "Properties"};
    if (!properties->is_object()) return expected("an object", *properties, properties_path);
    if (auto read = read_properties(values_, *properties, properties_path, resource); !read) return read;
    if (resource.type == ResourceType::certificate) {
      document_.certificate_by_id = properties->contains("CertificateId");
    }
    if (const Json* settings = member(json, "OverrideSettings"); settings != nullptr) {
      return read_overrides(*settings, {path, "OverrideSettings"}, resource.type, document_.start);
    }
    return Ok{};
  }

  /// Flat (P5.2): what a function yields is a text or a list of texts anyway.
  Status read_device_configuration(const Json* configuration) {
    if (configuration == nullptr) return Ok{};
    const Path path{"DeviceConfiguration"};
    if (!configuration->is_object() || !function_key(*configuration).empty()) {
      return expected("an object of names and values", *configuration, path);
    }
    for (const auto& [name, json] : configuration->items()) {
      const Path here{path, name};
      if (json.is_object() && function_key(json).empty()) {
        return invalid("DeviceConfiguration is flat, found an object", here);
      }
      auto value = json.is_array() ? values_.texts(json, here) : values_.value(json, here);
      if (!value) return value.error();
      document_.device_configuration.emplace_back(name, *std::move(value));
    }
    return Ok{};
  }

  /// Every resource that something refers to must have a name, and names may not need each other.
  Status check_references() {
    for (const Resource& resource : document_.resources) {
      if (resource.first_reference.empty() || resource.naming() != nullptr) continue;
      return invalid(
          "The id of " + shown(Json(resource.logical_name)) +
          " is not known before the certificate is made, so nothing can refer to it; referenced at " +
          resource.first_reference);
    }
    std::vector<std::size_t> way;
    std::vector<bool> done(document_.resources.size(), false);
    for (std::size_t i = 0; i < document_.resources.size(); ++i) {
      if (auto checked = check_circle(i, way, done); !checked) return checked;
    }
    return Ok{};
  }

  /// Depth first; `way` holds the resources whose names wait for this one's.
  Status check_circle(std::size_t index, std::vector<std::size_t>& way, std::vector<bool>& done) {
    if (const auto start = std::find(way.begin(), way.end(), index); start != way.end()) {
      std::string circle;
      for (auto step = start; step != way.end(); ++step) {
        circle += shown(Json(document_.resources[*step].logical_name)) + " -> ";
      }
      return invalid("The names of resources refer to each other in a circle: " + circle +
                     shown(Json(document_.resources[index].logical_name)));
    }
    if (done[index]) return Ok{};
    way.push_back(index);
    for (const std::size_t needed : document_.resources[index].name_needs) {
      if (auto checked = check_circle(needed, way, done); !checked) return checked;
    }
    way.pop_back();
    done[index] = true;
    return Ok{};
  }

  Template document_{};
  ValueReader values_{document_};
};

}  // namespace

Result<TemplatePtr> parse_template(std::string_view body) {
  if (auto length = check_length(body); !length) return length.error();
  const auto root = parse_json(body);
  if (!root) return invalid(root.error().message);
  return TemplateReader{}.read(*root);
}

bool has_certificate(const Template& document) {
  return document.start.certificate.has_value();
}

bool names_certificate_by_id(const Template& document) {
  return document.certificate_by_id;
}

}  // namespace iotemu::registry::provisioning
