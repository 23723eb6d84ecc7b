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

[[nodiscard]] ErrorShape error_shape(Errc code);

/// restJson1: the name in x-amzn-ErrorType, `{"message": …}` in the body, and resourceId and resourceArn
/// where the thing exists already.
[[nodiscard]] http::Response error_response(const Error& error);

}  // namespace iotemu::api
