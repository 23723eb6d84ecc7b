#pragma once

// The words that an expression must not use as the name of an attribute, by the developer guide of DynamoDB.

#include <string_view>

namespace iotemu::neighbours::dynamodb {

/// In either case.
[[nodiscard]] bool is_reserved(std::string_view word);

}  // namespace iotemu::neighbours::dynamodb
