#pragma once

// The signature tells who asks and whom (P10.1, P10.2): its credential scope names region and service, its
// access key may name the account. Any signature is accepted; nothing is verified and no secret is kept.

#include <optional>
#include <string>
#include <string_view>

#include "base/realm.h"
#include "emulator/http/message.h"

namespace iotemu::api {

struct CredentialScope {
  std::string access_key{};
  std::string region{};
  std::string service{};
};

/// From `Authorization: AWS4-HMAC-SHA256 Credential=KEY/date/region/service/aws4_request, …` or from the
/// X-Amz-Credential parameter of a presigned URL. Nothing for an unsigned or unreadable one.
[[nodiscard]] std::optional<CredentialScope> credential_scope(const http::Request& request);

/// The region of the scope and, where the access key is 12 digits, the account; else those of `fallback`.
[[nodiscard]] Realm realm_of(const std::optional<CredentialScope>& scope, const Realm& fallback);

}  // namespace iotemu::api
