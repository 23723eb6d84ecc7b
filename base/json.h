#pragma once

// JSON at the edges: parsing of untrusted text with bounds. nlohmann's parser recurses when it destroys and
// when it builds deep values, so depth is counted before a value exists.

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace iotemu {

using Json = nlohmann::json;

/// Deepest nesting accepted anywhere.
inline constexpr int kMaxJsonDepth = 64;

/// Parses UTF-8 JSON text. Duplicate keys: the last wins. Fails with Errc::serialization and a message that
/// names the byte offset: bad syntax, bad UTF-8, nesting deeper than `max_depth`, numbers out of range.
Result<Json> parse_json(std::string_view text, int max_depth = kMaxJsonDepth);

/// Compact text; invalid UTF-8 inside strings is replaced, never thrown.
std::string to_text(const Json& value);

}  // namespace iotemu
