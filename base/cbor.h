#pragma once

// CBOR (RFC 8949) at the edges, as the same values as JSON: parsing of untrusted bytes with bounds. Nothing
// is allocated that the bytes do not hold, and depth is bounded before a value exists. nlohmann's own reader
// is not for strangers: it recurses through nesting and chunked strings as deep as the bytes ask, wraps
// negative integers that do not fit and takes any bytes for text. Its writer serves.

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace iotemu {

/// Parses one data item that fills the input. Definite and indefinite lengths; maps with text keys only, of
/// equal ones the last wins; tags are passed over; byte strings become binary values. Fails with
/// Errc::serialization and a message that names the byte offset: bad structure, bad UTF-8, nesting deeper
/// than `max_depth` (tags count), integers beyond 64 bits.
Result<Json> parse_cbor(std::string_view bytes, int max_depth = kMaxJsonDepth);

/// Definite lengths, shortest forms. Invalid UTF-8 inside strings is replaced, as in JSON (to_text).
std::string to_cbor(const Json& value);

}  // namespace iotemu
