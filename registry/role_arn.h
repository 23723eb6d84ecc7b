#pragma once

// The form of an IAM role's ARN. Whether the role exists, nobody checks (P5.7).

#include <string_view>

#include "base/result.h"

namespace iotemu::registry {

/// `arn:<partition>:iam::<12 digits>:role/<path and name>`; else Errc::invalid_request.
Status check_role_arn(std::string_view text);

}  // namespace iotemu::registry
