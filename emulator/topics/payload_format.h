#pragma once

// The two forms in which the service's own topics carry their payloads; the last segment of a request topic
// names it. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace iotemu::topics {

enum class PayloadFormat { json, cbor };

/// `json`, `cbor`.
[[nodiscard]] std::optional<PayloadFormat> parse_payload_format(std::string_view segment);

/// Bounded; fails with Errc::serialization.
Result<Json> decode_payload(PayloadFormat format, std::string_view payload);
[[nodiscard]] std::string encode_payload(PayloadFormat format, const Json& value);

}  // namespace iotemu::topics
