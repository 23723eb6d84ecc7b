#include "registry/policy/context.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "registry/policy/pattern.h"
#include "registry/policy/text.h"

namespace iotemu::registry::policy {
namespace {

using std::string_view;

bool take_prefix(string_view& text, string_view prefix) {
  if (!equals_ignoring_case(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Variables that are one optional text of the Context.
struct PlainKey {
  string_view name{};
  std::optional<std::string> Context::*field{};
  string_view why_missing{};
};

constexpr std::array<PlainKey, 8> kPlainKeys{{
    {"iot:ClientId", &Context::client_id, "the request has no client id"},
    {"iot:DomainName", &Context::domain_name, "the client sent no server name"},
    {"aws:SourceIp", &Context::source_ip, "the client's address is not known"},
    {"aws:SourceVpc", &Context::source_vpc, "the connection does not come through a VPC"},
    {"aws:SourceVpce", &Context::source_vpce, "the connection does not come through a VPC endpoint"},
    {"aws:VpcSourceIp", &Context::vpc_source_ip, "the connection does not come through a VPC"},
    {"iot:CertificateId", &Context::certificate_id, "the request was made without a certificate"},
    {"iot:Topic", &Context::topic, "only iot:SendDirectMessage requests have it"},
}};

const PlainKey* find_plain(string_view name) {
  const auto found = std::find_if(kPlainKeys.begin(), kPlainKeys.end(), [name](const PlainKey& key) {
    return equals_ignoring_case(key.name, name);
  });
  return found == kPlainKeys.end() ? nullptr : &*found;
}

Values single(string_view value) {
  return {.kind = Values::Kind::single, .items = {value}};
}

string_view text_of(bool value) {
  return value ? "true" : "false";
}

/// `Subject.Country.1` apart: the field, and which of its values is meant (0: the first; P7.5).
struct CertificateField {
  string_view field{};
  std::size_t index{0};
  bool list{false};
};

CertificateField split(string_view name) {
  const auto dot = name.rfind('.');
  if (dot == name.npos) return {.field = name};
  const string_view suffix = name.substr(dot + 1);
  if (equals_ignoring_case(suffix, "List")) return {.field = name.substr(0, dot), .list = true};
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), index);
  if (error != std::errc{} || end != suffix.data() + suffix.size() || index == 0) return {.field = name};
  return {.field = name.substr(0, dot), .index = index};
}

std::optional<Values> lookup_certificate(const CertificateVariables* certificate, string_view name) {
  if (certificate == nullptr) return std::nullopt;
  if (equals_ignoring_case(name, "AvailableKeys")) {
    Values out{.kind = Values::Kind::qualified, .items = {}};
    out.items = certificate->available_keys();
    return out;
  }
  const CertificateField wanted = split(name);
  const auto values = certificate->find(wanted.field);
  if (values.empty()) return std::nullopt;
  if (wanted.list) {
    Values out{.kind = Values::Kind::qualified, .items = {}};
    for (const auto& value : values) {
      if (!value.withheld) out.items.emplace_back(value.text);
    }
    return out;
  }
  if (wanted.index >= values.size() || values[wanted.index].withheld) return std::nullopt;
  return single(values[wanted.index].text);
}

string_view attribute_name(string_view name) {
  if (!take_prefix(name, "Attributes[") || name.empty() || name.back() != ']') return {};
  name.remove_suffix(1);
  return name;
}

std::optional<Values> lookup_thing(const AssociatedThing* thing, string_view name) {
  if (thing == nullptr) return std::nullopt;
  if (equals_ignoring_case(name, "ThingName")) return single(thing->name);
  if (equals_ignoring_case(name, "ThingTypeName")) {
    if (thing->type.empty()) return std::nullopt;
    return single(thing->type);
  }
  if (const auto found = thing->attributes.find(attribute_name(name)); found != thing->attributes.end()) {
    return single(found->second);
  }
  return std::nullopt;
}

std::string in_quotes(string_view text) {
  std::string out{"'"};
  out += text;
  out += '\'';
  return out;
}

std::string ordinal(std::size_t index) {
  constexpr std::array<string_view, 5> kWords{"first", "second", "third", "fourth", "fifth"};
  return index < kWords.size() ? std::string{kWords[index]} : std::to_string(index + 1) + "th";
}

std::string why_certificate_unresolved(const CertificateVariables* certificate, string_view name) {
  if (certificate == nullptr) return "the request was made without a certificate";
  if (equals_ignoring_case(name, "AvailableKeys")) return "a list cannot be put into a text";
  const CertificateField wanted = split(name);
  if (!CertificateVariables::is_known(wanted.field)) {
    return "there is no certificate variable " + in_quotes(wanted.field);
  }
  const auto values = certificate->find(wanted.field);
  if (values.empty()) return "the certificate has no " + std::string{wanted.field};
  if (wanted.list) return "a list cannot be put into a text";
  if (wanted.index >= values.size()) {
    return "the certificate's " + std::string{wanted.field} + " has " + std::to_string(values.size()) +
           (values.size() == 1 ? " value" : " values") + " and suffix ." + std::to_string(wanted.index) +
           " means the " + ordinal(wanted.index);
  }
  return "the certificate's " + std::string{wanted.field} + " " + values[wanted.index].text;
}

std::string why_thing_unresolved(const Context& context, string_view name) {
  const string_view attribute = attribute_name(name);
  if (attribute.empty() && !equals_ignoring_case(name, "ThingName") &&
      !equals_ignoring_case(name, "ThingTypeName")) {
    return "there is no thing variable " + in_quotes(name);
  }
  if (!context.thing) {
    if (!context.is_attached) return "thing variables exist on MQTT connections only";
    if (!context.client_id) return "the connection is not associated with a thing";
    return "client id " + in_quotes(*context.client_id) +
           " is not the name of a thing this certificate is attached to";
  }
  if (!attribute.empty()) {
    return "thing " + in_quotes(context.thing->name) + " has no attribute " + in_quotes(attribute);
  }
  return "thing " + in_quotes(context.thing->name) + " has no thing type";
}

constexpr string_view kThing = "iot:Connection.Thing.";
constexpr string_view kIsAttached = "iot:Connection.Thing.IsAttached";
constexpr string_view kThingNameAlias = "iot:Thing.ThingName";  // in the guide's examples (P7.5)
constexpr string_view kCertificate = "iot:Certificate.";
constexpr string_view kConnectAttributes = "iot:ConnectAttributes";
constexpr string_view kLastWillTopic = "iot:LastWillTopic";
constexpr string_view kIncludeSocketInformation = "iot:IncludeSocketInformation";

}  // namespace

std::optional<Values> Context::lookup(string_view name, Action action) const {
  if (const PlainKey* key = find_plain(name)) {
    const auto& value = this->*(key->field);
    if (!value || (key->field == &Context::topic && action != Action::send_direct_message)) {
      return std::nullopt;
    }
    return single(*value);
  }
  if (equals_ignoring_case(name, kConnectAttributes)) {
    if (action != Action::connect) return std::nullopt;
    Values out{.kind = Values::Kind::set, .items = {}};
    if (persistent_connect) out.items.emplace_back("PersistentConnect");
    if (last_will_topic) out.items.emplace_back("LastWill");
    return out;
  }
  if (equals_ignoring_case(name, kLastWillTopic)) {
    if (action != Action::connect || !last_will_topic) return std::nullopt;
    return single(*last_will_topic);
  }
  if (equals_ignoring_case(name, kIncludeSocketInformation)) {
    if (action != Action::get_connection || !include_socket_information) return std::nullopt;
    return single(text_of(*include_socket_information));
  }
  if (equals_ignoring_case(name, kIsAttached)) {
    if (!is_attached) return std::nullopt;
    return single(text_of(*is_attached));
  }
  if (equals_ignoring_case(name, kThingNameAlias)) return lookup_thing(thing.get(), "ThingName");
  if (take_prefix(name, kThing)) return lookup_thing(thing.get(), name);
  if (take_prefix(name, kCertificate)) return lookup_certificate(certificate.get(), name);
  return std::nullopt;
}

std::optional<string_view> Context::replacement(string_view name, Action action) const {
  const auto values = lookup(name, action);
  if (!values || values->kind != Values::Kind::single) return std::nullopt;
  const string_view value = values->items.front();
  if (!Pattern::is_literal_safe(value)) return std::nullopt;
  return value;
}

std::string Context::why_unresolved(string_view name) const {
  if (const PlainKey* key = find_plain(name)) {
    if (this->*(key->field) && key->field != &Context::topic) return "its value is not UTF-8 text";
    return std::string{key->why_missing};
  }
  if (equals_ignoring_case(name, kConnectAttributes)) return "a set cannot be put into a text";
  if (equals_ignoring_case(name, kLastWillTopic)) return "only iot:Connect requests with a will have it";
  if (equals_ignoring_case(name, kIncludeSocketInformation)) return "only iot:GetConnection requests have it";
  if (equals_ignoring_case(name, kIsAttached)) return "thing variables exist on MQTT connections only";
  if (equals_ignoring_case(name, kThingNameAlias)) return why_thing_unresolved(*this, "ThingName");
  if (take_prefix(name, kThing)) return why_thing_unresolved(*this, name);
  if (take_prefix(name, kCertificate)) return why_certificate_unresolved(certificate.get(), name);
  return "there is no policy variable of this name";
}

}  // namespace iotemu::registry::policy
