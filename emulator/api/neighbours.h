#pragma once

// Requests that are signed for another AWS service (P10.1): told apart by the credential scope, by
// X-Amz-Target or by the form's Action. What is not emulated is said by service and operation (P10.7), in the
// error form that the service's SDK can read.

#include <optional>

#include "base/realm.h"
#include "emulator/api/sigv4.h"
#include "emulator/http/message.h"

namespace iotemu::api {

/// Nothing if the request is for the IoT control plane. The data plane is not asked about.
[[nodiscard]] std::optional<http::Response> answer_neighbour(const http::Request& request,
                                                             const std::optional<CredentialScope>& scope,
                                                             const Realm& realm);

}  // namespace iotemu::api
