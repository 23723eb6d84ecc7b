#pragma once

// The form of an IAM role's ARN. Whether the role exists, nobody checks (P5.7).

#include <string_view>

#include "base/realm.h"
#include "base/result.h"

namespace iotemu::registry {

/// `arn:<partition>:iam::<12 digits>:role/<path and name>`; else Errc::invalid_request.
Status check_role_arn(std::string_view text);
/// And the account is the realm's: the service passes on no role of another one.
Status check_own_role_arn(std::string_view text, const Realm& realm);

}  // namespace iotemu::registry
