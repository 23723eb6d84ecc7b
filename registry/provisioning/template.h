#pragma once

// The language of provisioning templates (P5.2–5.6): a parsed document and its evaluation with the parameters
// of one device. Pure; a template is immutable and may be shared between threads.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "registry/provisioning/plan.h"

namespace iotemu::registry::provisioning {

/// Longest template body, in characters (P5.2).
inline constexpr std::size_t kMaxTemplateCharacters = 10'240;

/// Most text, in bytes, that the functions of one evaluation may make: nested calls of Fn::Join and Fn::Sub
/// could otherwise multiply a parameter without end.
inline constexpr std::size_t kMaxEvaluatedBytes = 128 * 1024;

/// Most functions that stand within one another, the outermost counted.
inline constexpr std::size_t kMaxFunctionDepth = 16;

using Parameters = std::map<std::string, std::string, std::less<>>;

class Template;
using TemplatePtr = std::shared_ptr<const Template>;

/// Reads and checks a template body: grammar, resource types, properties and their sources, functions and
/// their forms and depth, override settings, size. Fails with Errc::invalid_request; the message begins with
/// "Invalid registration template." and names the JSON path (`Resources.thing.Properties.ThingName`).
Result<TemplatePtr> parse_template(std::string_view body);

/// Whether the template has a resource of type AWS::IoT::Certificate, and how it names the certificate.
[[nodiscard]] bool has_certificate(const Template& document);
/// JITP and fleet templates may name their certificate by CertificateId only (P5.5).
[[nodiscard]] bool names_certificate_by_id(const Template& document);

/// When a declared parameter without value and default makes the evaluation fail (P5.3, switch
/// `jitp_missing_parameter`).
enum class MissingParameter {
  fails_when_referenced,
  /// Also when it is a name that AWS defines and nothing references it.
  fails_when_declared,
};

struct Supplied {
  Parameters parameters{};
  /// The values come from a certificate: a missing one is explained by the subject's attribute.
  bool from_certificate{false};
  MissingParameter missing{MissingParameter::fails_when_referenced};
  /// Only fleet provisioning answers DeviceConfiguration (P5.2). For the others it is not evaluated, and what
  /// only it references is not referenced.
  bool wants_device_configuration{false};
};

/// The plan for one device. Errc::invalid_request: a parameter without value ("Invalid registration template.
/// Cannot resolve reference value: {Ref=…}"), a function that cannot be computed, each with its JSON path.
/// Errc::resource_registration_failure: a computed value that no resource can have (thing name with a space,
/// malformed policy document, unknown status).
Result<Plan> evaluate(const Template& document, const Supplied& supplied);

}  // namespace iotemu::registry::provisioning
