#pragma once

// The one table from domain errors to AWS error names and HTTP status (P10.3), and the shape of an error on
// the wire.

#include <string>
#include <string_view>

#include "base/result.h"
#include "emulator/http/message.h"

namespace iotemu::api {

struct ErrorShape {
  unsigned status{500};
  std::string_view name{};
};

/// The two halves of the service: what administers devices, and what speaks to them (M section 8).
enum class Plane { control, data };

/// Throttling is 400 on the control plane and 429 on the data plane (DP-0c).
[[nodiscard]] ErrorShape error_shape(Errc code, Plane plane = Plane::control);

/// restJson1: the name in x-amzn-ErrorType, `{"message": …}` in the body, and resourceId and resourceArn
/// where the thing exists already.
[[nodiscard]] http::Response error_response(const Error& error);
/// The same on the data plane, whose bodies have a `traceId` (DP-0a).
[[nodiscard]] http::Response data_error_response(const Error& error, std::string_view trace_id);

}  // namespace iotemu::api
