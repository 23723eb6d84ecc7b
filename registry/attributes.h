#pragma once

// The form of thing attributes (P8.1).

#include <string_view>

#include "base/result.h"
#include "registry/records/thing.h"

namespace iotemu::registry {

/// `[a-zA-Z0-9_.,@/:#-]+`, up to 128 characters; else Errc::invalid_request.
Status check_attribute_name(std::string_view name);

/// Names as above, values `[a-zA-Z0-9_.,@/:#=\[\]-]*` of up to 800 characters (no space); else
/// Errc::invalid_request.
Status check_attribute_form(const Attributes& attributes);

/// Lays `from` over `into`; an empty value removes the attribute (P8.1).
void put_attributes(Attributes& into, const Attributes& from);

}  // namespace iotemu::registry
