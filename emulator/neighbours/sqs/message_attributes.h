#pragma once

// Message attributes: their rules, and the MD5 by which SDKs check that they arrived. Pure.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "emulator/neighbours/fault.h"
#include "emulator/neighbours/sqs/queue.h"

namespace iotemu::neighbours::sqs {

/// `attributes` by name: DataType and StringValue or BinaryValue (Base64).
[[nodiscard]] Done check_message_attributes(const Json& attributes);
/// Of the canonical form that AWS documents; empty for no attributes.
[[nodiscard]] std::string md5_of_attributes(const Json& attributes);
/// Names, types and values, as they count against a message's size.
[[nodiscard]] std::size_t attribute_bytes(const Json& attributes);
/// Those whose names are asked for: by name, by `prefix.*`, or all by `All` or `.*`.
[[nodiscard]] Json chosen_attributes(const Json& attributes, const Json& names);
/// What SQS itself says of a message, by the names that AWS has for it.
[[nodiscard]] std::map<std::string, std::string> system_attributes(const Message& message);
/// 20 digits.
[[nodiscard]] std::string sequence_text(std::uint64_t sequence);
/// Only characters that XML can carry.
[[nodiscard]] Done check_body(std::string_view body);

}  // namespace iotemu::neighbours::sqs
