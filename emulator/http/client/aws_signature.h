#pragma once

// Signature Version 4: what makes a request one of AWS's. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "emulator/http/message.h"

namespace iotemu::http {

struct AwsCredentials {
  std::string access_key{};
  std::string secret{};
  std::string session_token{};  ///< Empty: they are not temporary.
};

struct SignatureScope {
  std::string region{};
  std::string service{};
  Time now{};
};

/// What is signed: host, content-type and all x-amz-* of the headers, target and body.
struct UnsignedRequest {
  std::string_view method{};
  std::string_view authority{};
  std::string_view target{};
  const std::vector<Header>& headers;
  std::string_view body{};
};

/// The headers to add: X-Amz-Date, X-Amz-Security-Token, for S3 X-Amz-Content-Sha256, and Authorization.
[[nodiscard]] std::vector<Header> sign(const UnsignedRequest& request, const AwsCredentials& credentials,
                                       const SignatureScope& scope);

/// Percent-encodes all but RFC 3986's unreserved characters and those of `kept`.
[[nodiscard]] std::string uri_encoded(std::string_view text, std::string_view kept = {});

}  // namespace iotemu::http
