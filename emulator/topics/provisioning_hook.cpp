#include "emulator/topics/provisioning_hook.h"

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace iotemu::topics {
namespace {

Error denied(std::string why) {
  return {Errc::access_denied, std::move(why)};
}

}  // namespace

std::string hook_event(const HookQuestion& question) {
  const nlohmann::ordered_json event{{"claimCertificateId", question.claim_certificate_id},
                                     {"certificateId", question.certificate_id},
                                     {"certificatePem", question.certificate_pem},
                                     {"templateArn", question.template_arn},
                                     {"clientId", question.client_id},
                                     {"parameters", question.parameters}};
  return event.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<registry::provisioning::Parameters> read_hook_answer(std::string_view text) {
  const auto answer = parse_json(text);
  if (!answer) return denied("it answered no valid JSON: " + answer.error().message);
  if (!answer->is_object()) return denied("its answer is not a JSON object");
  const auto allow = answer->find("allowProvisioning");
  if (allow == answer->end()) {
    const auto message = answer->find("errorMessage");  // how Lambda reports an exception
    if (message != answer->end() && message->is_string())
      return denied("it failed: " + message->get<std::string>());
    return denied("its answer has no allowProvisioning");
  }
  if (!allow->is_boolean()) return denied("allowProvisioning is not a boolean");
  if (!allow->get<bool>()) return denied("it answered allowProvisioning false");

  registry::provisioning::Parameters overrides;
  const auto given = answer->find("parameterOverrides");
  if (given == answer->end() || given->is_null()) return overrides;
  if (!given->is_object()) return denied("parameterOverrides is not an object");
  for (const auto& [name, value] : given->items()) {
    if (!value.is_string()) return denied("parameterOverrides: the value of '" + name + "' is not a string");
    overrides[name] = value.get<std::string>();
  }
  return overrides;
}

}  // namespace iotemu::topics
