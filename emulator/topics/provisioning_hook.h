#pragma once

// What a pre-provisioning hook is asked and how its answer is read (P5.11). Pure.

#include <string>
#include <string_view>

#include "base/result.h"
#include "registry/provisioning/template.h"

namespace iotemu::topics {

struct HookQuestion {
  std::string claim_certificate_id{};  ///< The certificate of the connection.
  std::string certificate_id{};        ///< The one that waits for its template.
  std::string certificate_pem{};
  std::string template_arn{};
  std::string client_id{};
  registry::provisioning::Parameters parameters{};
};

/// The function's event, JSON.
[[nodiscard]] std::string hook_event(const HookQuestion& question);

/// The overrides of an answer that allows the provisioning. Errc::access_denied with the reason for every
/// other answer: denied, no JSON, no word on it, overrides that are not strings, a Lambda error object.
Result<registry::provisioning::Parameters> read_hook_answer(std::string_view text);

}  // namespace iotemu::topics
