#pragma once

// ProjectionExpression: the places of an item that an answer shows. Pure.

#include <string_view>
#include <vector>

#include "emulator/neighbours/dynamodb/document_path.h"
#include "emulator/neighbours/dynamodb/expression_reader.h"

namespace iotemu::neighbours::dynamodb {

[[nodiscard]] Answer<std::vector<DocumentPath>> read_projection(std::string_view text, Bindings& bindings);

/// ValidationException if two of the paths are, or are inside, the same place.
[[nodiscard]] Done check_apart(const ExpressionReader& reader, const std::vector<const DocumentPath*>& paths);

}  // namespace iotemu::neighbours::dynamodb
