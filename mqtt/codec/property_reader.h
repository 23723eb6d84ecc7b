#pragma once

#include "mqtt/codec/properties.h"
#include "mqtt/codec/reader.h"

namespace iotemu::mqtt {

/// Reads a property list with its length prefix and checks it against the table. Empty, with nothing read, in
/// 3.1.1.
[[nodiscard]] Properties read_properties(Reader& in, PropertyPlace place);

}  // namespace iotemu::mqtt
