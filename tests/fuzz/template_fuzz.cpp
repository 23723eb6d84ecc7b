// Provisioning templates from strangers: any body is either refused with the service's words or gives, for
// any parameters, the same bounded plan every time. An input is a template, a line `----`, and lines
// NAME=VALUE.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "registry/policy/document.h"
#include "registry/provisioning/template.h"

namespace {

using namespace iotemu;
using namespace iotemu::registry::provisioning;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The text before `separator`; `text` keeps what follows.
std::string_view take_until(std::string_view& text, std::string_view separator) {
  const auto at = text.find(separator);
  const auto taken = text.substr(0, at);
  text = at == text.npos ? std::string_view{} : text.substr(at + separator.size());
  return taken;
}

void check_error(const Error& error) {
  require(error.code == Errc::invalid_request || error.code == Errc::resource_registration_failure);
  require(error.code != Errc::invalid_request ||
          error.message.starts_with("Invalid registration template. "));
}

void check_plan(const Template& document, const Plan& plan) {
  require(plan.certificate.has_value() == has_certificate(document));
  if (plan.thing) require(!plan.thing->name.text().empty());
  if (plan.certificate) {
    require(std::holds_alternative<registry::CertificateId>(plan.certificate->source) ==
            names_certificate_by_id(document));
  }
  for (const PolicyPlan& policy : plan.policies) {
    require(!policy.name.text().empty());
    require(policy.document.empty() || registry::policy::parse(policy.document).ok());
  }
  // Functions make so much; the rest is written out in the body.
  require(to_text(plan.device_configuration).size() < 8 * (kMaxEvaluatedBytes + 4 * kMaxTemplateCharacters));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto document = parse_template(take_until(input, "\n----\n"));
  if (!document) {
    check_error(document.error());
    require(document.error().code == Errc::invalid_request);
    return 0;
  }
  Supplied supplied;
  while (!input.empty()) {
    std::string_view line = take_until(input, "\n");
    const auto name = take_until(line, "=");
    supplied.parameters.emplace(name, line);
  }
  for (const bool from_certificate : {false, true}) {
    supplied.from_certificate = from_certificate;
    supplied.wants_device_configuration = !from_certificate;
    supplied.missing =
        from_certificate ? MissingParameter::fails_when_declared : MissingParameter::fails_when_referenced;
    const auto plan = evaluate(**document, supplied);
    const auto again = evaluate(**document, supplied);
    require(plan.ok() == again.ok());
    if (!plan) {
      check_error(plan.error());
      require(plan.error().message == again.error().message);
      continue;
    }
    check_plan(**document, *plan);
    require(plan->device_configuration == again->device_configuration);
    require(plan->warnings == again->warnings);
  }
  return 0;
}
