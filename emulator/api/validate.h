#pragma once

// From the wire, or from a caller's JSON, to an input object that obeys its operation's member rules. The
// wording of a violation is the platform's (P10.5).

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "emulator/api/operation.h"
#include "emulator/api/router.h"
#include "emulator/http/message.h"

namespace iotemu::api {

/// Collects the members from path, query, headers and body under their model names. Unknown query parameters
/// and body members are ignored, JSON null is absence, an empty body is `{}`, an empty marker is absent
/// (P10.1). Errc::serialization for a body that is not a JSON object or a member of the wrong JSON type.
[[nodiscard]] Result<Json> read_input(const Operation& operation, const RouteMatch& match,
                                      const http::Request& request);

/// The in-process form of the same: `input` holds all members. Errc::invalid_request names a member that the
/// operation does not have.
[[nodiscard]] Result<Json> read_input(const Operation& operation, const Json& input);

/// Every violation of every member, in one Errc::invalid_request of the form
/// `1 validation error detected: Value '…' at '…' failed to satisfy constraint: …`.
[[nodiscard]] Status validate(const Operation& operation, const Json& input);

}  // namespace iotemu::api
