#pragma once

// The three resource types: one table row a property and one an override setting (P5.5, P5.6).

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "registry/provisioning/document.h"

namespace iotemu::registry::provisioning {

class ValueReader;

/// A property with its value worked out, on its way into the plan.
struct Given {
  const Json& value;
  std::string_view name;  ///< Of a property that names its resource: the name it gives.
  const Resource& resource;
  const Path& path;
  bool from_certificate{false};

  [[nodiscard]] const std::string& text() const { return value.get_ref<const std::string&>(); }
};

/// What a property's value looks like once it is worked out: a text; a list of texts; names and texts; a
/// policy document as text, which may be written as an object.
enum class Form { text, texts, attributes, document };

struct PropertyRow {
  ResourceType type{};
  std::string_view name{};
  Form form{};
  /// A resource has exactly one property of those that are a source.
  bool is_source{false};
  /// For a property that names its resource: the name. Null: it does not.
  Result<std::string> (*identify)(const Given& given){nullptr};
  /// Checks the value and puts it into the plan. Errc::resource_registration_failure: no resource can have
  /// it.
  Status (*put)(const Given& given, Plan& plan){nullptr};
};

/// `AWS::IoT::Thing`, …; nothing for another text.
[[nodiscard]] std::optional<ResourceType> parse_resource_type(std::string_view text);
[[nodiscard]] std::string_view type_name(ResourceType type);

/// Reads `Properties`: known keys only, exactly one source. `path`: of the properties.
Status read_properties(ValueReader& reader, const Json& properties, const Path& path, Resource& resource);

/// Reads `OverrideSettings` of a thing or a certificate, in both spellings of their keys. `path`: of the
/// settings.
Status read_overrides(const Json& settings, const Path& path, ResourceType type, Plan& start);

}  // namespace iotemu::registry::provisioning
