#include "registry/provisioning/resources.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/hex.h"
#include "registry/attributes.h"
#include "registry/pki/certificate.h"
#include "registry/policy/document.h"
#include "registry/provisioning/functions.h"
#include "registry/provisioning/policy_name.h"
#include "registry/provisioning/values.h"

namespace iotemu::registry::provisioning {
namespace {

constexpr std::string_view kCaCertificatePem = "CACertificatePem";

/// "Resources.thing.Properties.ThingName: <why>".
Error impossible(const Given& given, const std::string& why) {
  // A name made from the subject is often refused for a character that was never there.
  std::string hint;
  const auto backslash = given.value.is_string() ? given.text().find('\\') : std::string::npos;
  if (given.from_certificate && backslash != std::string::npos) {
    hint = R"(; values from a certificate are escaped: a backslash stands before each , " \ + = < > ;)";
  }
  return {Errc::resource_registration_failure, given.path.text() + ": " + why + hint};
}

/// One of the words that a property takes.
Error no_word(const Given& given, std::string_view words) {
  return impossible(given, "Expected " + std::string{words} + ", found " + shown(given.value));
}

template <class Name>
Result<std::string> named(const Given& given) {
  const auto name = Name::parse(given.text());
  if (!name) return impossible(given, name.error().message);
  return name->text();
}

/// A name that the registry checked for form; `field` takes it.
template <class Name>
Status put_name(const Given& given, std::string_view text, Name& field) {
  auto name = Name::parse(text);
  if (!name) return impossible(given, name.error().message);
  field = *std::move(name);
  return Ok{};
}

Status put_thing_name(const Given& given, Plan& plan) {
  return put_name(given, given.name, plan.thing->name);
}

Status put_attributes(const Given& given, Plan& plan) {
  Attributes attributes = given.value.get<Attributes>();
  if (auto checked = check_attribute_form(attributes); !checked) {
    return impossible(given, checked.error().message);
  }
  plan.thing->attributes = std::move(attributes);
  return Ok{};
}

Status put_thing_type(const Given& given, Plan& plan) {
  return put_name(given, given.text(), plan.thing->type.emplace());
}

Status put_groups(const Given& given, Plan& plan) {
  auto& groups = plan.thing->groups.emplace();
  for (const Json& text : given.value) {
    ThingGroupName group;
    if (auto put = put_name(given, text.get_ref<const std::string&>(), group); !put) return put;
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(std::move(group));
  }
  return Ok{};
}

Status put_billing_group(const Given& given, Plan& plan) {
  return put_name(given, given.text(), plan.thing->billing_group.emplace());
}

Result<std::string> certificate_of_id(const Given& given) {
  const auto id = CertificateId::parse(given.text());
  if (!id) return impossible(given, id.error().message);
  return id->hex();
}

Status put_certificate_id(const Given& given, Plan& plan) {
  const auto id = CertificateId::parse(given.name);
  if (!id) return impossible(given, id.error().message);
  plan.certificate->source = *id;
  return Ok{};
}

Status put_csr(const Given& given, Plan& plan) {
  plan.certificate->source = CertificateFromCsr{.csr_pem = given.text()};
  return Ok{};
}

Result<std::string> certificate_of_pem(const Given& given) {
  const auto certificate = pki::Certificate::from_pem(given.text());
  if (!certificate) return impossible(given, certificate.error().message);
  return certificate->id().hex();
}

CertificateFromPem& from_pem(Plan& plan) {
  auto& source = plan.certificate->source;
  if (auto* pem = std::get_if<CertificateFromPem>(&source)) return *pem;
  return source.emplace<CertificateFromPem>();
}

Status put_pem(const Given& given, Plan& plan) {
  from_pem(plan).pem = given.text();
  return Ok{};
}

Status put_ca_pem(const Given& given, Plan& plan) {
  from_pem(plan).ca_pem = given.text();
  return Ok{};
}

Status put_status(const Given& given, Plan& plan) {
  // The guide's own fleet example writes `Active` (P5.5).
  const std::string word = lowercase(given.text());
  if (word != "active" && word != "inactive") return no_word(given, "ACTIVE or INACTIVE");
  plan.certificate->status = word == "active" ? CertificateStatus::active : CertificateStatus::inactive;
  return Ok{};
}

Status put_principal_type(const Given& given, Plan& plan) {
  const auto type = parse_thing_principal_type(given.text());
  if (!type) return no_word(given, "EXCLUSIVE_THING or NON_EXCLUSIVE_THING");
  plan.certificate->attachment = *type;
  return Ok{};
}

Status put_policy_name(const Given& given, Plan& plan) {
  return put_name(given, given.name, plan.policies[given.resource.policy].name);
}

Result<std::string> name_of_document(const Given& given) {
  if (auto document = policy::parse(given.text()); !document) {
    return impossible(given, document.error().message);
  }
  return policy_name_of(given.text());
}

Status put_policy_document(const Given& given, Plan& plan) {
  plan.policies[given.resource.policy].document = given.text();
  return put_policy_name(given, plan);
}

constexpr auto kThing = ResourceType::thing;
constexpr auto kCertificate = ResourceType::certificate;
constexpr auto kPolicy = ResourceType::policy;

// Properties that are not here are ignored (P5.2), and so is PackageVersions (P5.5).
constexpr std::array<PropertyRow, 13> kProperties{{
    {kThing, "ThingName", Form::text, true, named<ThingName>, put_thing_name},
    {kThing, "AttributePayload", Form::attributes, false, nullptr, put_attributes},
    {kThing, "ThingTypeName", Form::text, false, nullptr, put_thing_type},
    {kThing, "ThingGroups", Form::texts, false, nullptr, put_groups},
    {kThing, "BillingGroup", Form::text, false, nullptr, put_billing_group},
    {kCertificate, "CertificateId", Form::text, true, certificate_of_id, put_certificate_id},
    {kCertificate, "CertificateSigningRequest", Form::text, true, nullptr, put_csr},
    {kCertificate, "CertificatePem", Form::text, true, certificate_of_pem, put_pem},
    {kCertificate, kCaCertificatePem, Form::text, false, nullptr, put_ca_pem},
    {kCertificate, "Status", Form::text, false, nullptr, put_status},
    {kCertificate, "ThingPrincipalType", Form::text, false, nullptr, put_principal_type},
    {kPolicy, "PolicyName", Form::text, true, named<PolicyName>, put_policy_name},
    {kPolicy, "PolicyDocument", Form::document, true, name_of_document, put_policy_document},
}};

struct OverrideRow {
  ResourceType type{};
  std::string_view key{};
  std::string_view other_key{};  // as the guide's list of keys has it; its examples have the first
  bool can_merge{false};
  Override& (*field)(Plan& start){nullptr};
};

constexpr std::array<OverrideRow, 4> kOverrides{{
    {kThing, "AttributePayload", "ATTRIBUTE_PAYLOAD", true,
     [](Plan& start) -> Override& { return start.thing->on_attributes; }},
    {kThing, "ThingTypeName", "THING_TYPE_NAME", false,
     [](Plan& start) -> Override& { return start.thing->on_type; }},
    {kThing, "ThingGroups", "THING_GROUPS", true,
     [](Plan& start) -> Override& { return start.thing->on_groups; }},
    {kCertificate, "Status", "STATUS", false,
     [](Plan& start) -> Override& { return start.certificate->on_status; }},
}};

constexpr std::array<std::pair<std::string_view, Override>, 4> kOverrideWords{{
    {"DO_NOTHING", Override::do_nothing},
    {"REPLACE", Override::replace},
    {"FAIL", Override::fail},
    {"MERGE", Override::merge},
}};

constexpr std::array<std::pair<std::string_view, ResourceType>, 3> kTypeNames{{
    {"AWS::IoT::Thing", kThing},
    {"AWS::IoT::Certificate", kCertificate},
    {"AWS::IoT::Policy", kPolicy},
}};

Result<ExpressionPtr> read_value(ValueReader& reader, Form form, const Json& json, const Path& path) {
  switch (form) {
    case Form::text:
      return reader.text(json, path);
    case Form::texts:
      return reader.texts(json, path);
    case Form::attributes:
      return reader.object_of_texts(json, path);
    case Form::document:
      break;
  }
  const bool is_object = json.is_object() && function_key(json).empty();
  return is_object ? reader.value(json, path) : reader.text(json, path);
}

/// The names of the sources of a type: "CertificateId, CertificateSigningRequest or CertificatePem".
std::string sources_of(ResourceType type) {
  std::vector<std::string_view> names;
  for (const PropertyRow& row : kProperties) {
    if (row.type == type && row.is_source) names.push_back(row.name);
  }
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

Result<Override> read_override(const OverrideRow& row, const Json& value, const Path& path) {
  std::string words;
  for (const auto& [word, meaning] : kOverrideWords) {
    if (meaning == Override::merge && !row.can_merge) continue;
    if (value == word) return meaning;
    words += (words.empty() ? "" : ", ") + std::string{word};
  }
  return expected("one of " + words, value, path);
}

}  // namespace

const Property* Resource::naming() const {
  const auto found = std::find_if(properties.begin(), properties.end(),
                                  [](const Property& property) { return property.row->identify != nullptr; });
  return found == properties.end() ? nullptr : &*found;
}

std::optional<ResourceType> parse_resource_type(std::string_view text) {
  for (const auto& [name, type] : kTypeNames) {
    if (name == text) return type;
  }
  return {};
}

std::string_view type_name(ResourceType type) {
  for (const auto& [name, candidate] : kTypeNames) {
    if (candidate == type) return name;
  }
  return {};
}

Status read_properties(ValueReader& reader, const Json& properties, const Path& path, Resource& resource) {
  std::size_t sources = 0;
  for (const PropertyRow& row : kProperties) {
    const auto found = properties.find(row.name);
    if (row.type != resource.type || found == properties.end()) continue;
    sources += row.is_source ? 1 : 0;
    auto value = read_value(reader, row.form, *found, Path{path, row.name});
    if (!value) return value.error();
    auto referenced = reader.take_referenced();
    if (row.identify != nullptr) resource.name_needs = std::move(referenced);
    resource.properties.push_back({.row = &row, .value = *std::move(value)});
  }
  if (sources != 1) {
    return invalid("A resource of type " + std::string{type_name(resource.type)} + " has exactly one of " +
                       sources_of(resource.type) + ", found " + std::to_string(sources),
                   path);
  }
  if (properties.contains(kCaCertificatePem) && !properties.contains("CertificatePem") &&
      resource.type == kCertificate) {
    return invalid("CACertificatePem goes with CertificatePem only", path);
  }
  return Ok{};
}

Status read_overrides(const Json& settings, const Path& path, ResourceType type, Plan& start) {
  if (!settings.is_object()) return expected("an object", settings, path);
  for (const OverrideRow& row : kOverrides) {
    if (row.type != type) continue;
    Override& field = row.field(start);
    for (const std::string_view key : {row.key, row.other_key}) {
      const auto setting = settings.find(key);
      if (setting == settings.end()) continue;
      const Path where{path, key};
      const auto read = read_override(row, *setting, where);
      if (!read) return read.error();
      if (field != Override::unset && field != *read) {
        return invalid(std::string{row.key} + " and " + std::string{row.other_key} +
                           " are one setting with two different values",
                       path);
      }
      field = *read;
    }
  }
  return Ok{};
}

}  // namespace iotemu::registry::provisioning
