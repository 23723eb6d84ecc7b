#include "emulator/neighbours/sqs/message_attributes.h"

#include <algorithm>
#include <cstdint>

#include "base/base64.h"
#include "emulator/neighbours/digests.h"
#include "emulator/neighbours/sqs/faults.h"

namespace iotemu::neighbours::sqs {
namespace {

constexpr std::size_t kMaxAttributes = 10;
constexpr std::size_t kMaxName = 256;

bool is_name(std::string_view name) {
  const bool characters = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
  return characters && !name.empty() && name.size() <= kMaxName && name.front() != '.' &&
         name.back() != '.' && name.find("..") == name.npos && !name.starts_with("AWS.") &&
         !name.starts_with("Amazon.");
}

bool is_type(std::string_view type, std::string_view base) {
  return type == base || (type.starts_with(base) && type.substr(base.size()).starts_with('.'));
}

void add_part(std::string& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out += static_cast<char>((size >> shift) & 0xffU);
  out += text;
}

std::string text_of(const Json& attribute, const char* member) {
  return attribute.value(member, std::string{});
}

}  // namespace

Done check_message_attributes(const Json& attributes) {
  if (attributes.size() > kMaxAttributes) {
    return invalid_value("Number of message attributes [" + std::to_string(attributes.size()) +
                         "] exceeds the allowed maximum [10].");
  }
  for (const auto& [name, value] : attributes.items()) {
    const auto named = "The message attribute '" + name + "' ";
    if (!is_name(name)) return invalid_value("The message attribute name '" + name + "' is invalid.");
    const auto type = text_of(value, "DataType");
    const bool binary = is_type(type, "Binary");
    if (!binary && !is_type(type, "String") && !is_type(type, "Number")) {
      return invalid_value(named +
                           "has an invalid message attribute type, the set of supported type "
                           "prefixes is Binary, Number, and String.");
    }
    if (value.contains("StringListValues") || value.contains("BinaryListValues")) {
      return unsupported("Message attribute list values in SendMessage operation are not supported.");
    }
    const auto* member = binary ? "BinaryValue" : "StringValue";
    if (text_of(value, member).empty()) {
      return invalid_value(named + "must contain a non-empty message attribute value of its type: " + member);
    }
    if (binary && !from_base64(text_of(value, member)))
      return invalid_value(named + "has a BinaryValue that is not Base64");
  }
  return Ok{};
}

std::string md5_of_attributes(const Json& attributes) {
  if (attributes.empty()) return {};
  std::string canonical;
  for (const auto& [name, value] : attributes.items()) {  // in the order of their names
    const auto type = text_of(value, "DataType");
    const bool binary = is_type(type, "Binary");
    add_part(canonical, name);
    add_part(canonical, type);
    canonical += binary ? '\2' : '\1';
    add_part(canonical, binary ? from_base64(text_of(value, "BinaryValue")).value_or("")
                               : text_of(value, "StringValue"));
  }
  return md5_hex(canonical);
}

std::size_t attribute_bytes(const Json& attributes) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : attributes.items()) {
    bytes += name.size() + text_of(value, "DataType").size() + text_of(value, "StringValue").size() +
             from_base64(text_of(value, "BinaryValue")).value_or("").size();
  }
  return bytes;
}

Json chosen_attributes(const Json& attributes, const Json& names) {
  auto chosen = Json::object();
  for (const auto& [name, value] : attributes.items()) {
    const bool wanted = std::ranges::any_of(names, [&, &key = name](const Json& item) {
      const auto& asked = item.get_ref<const std::string&>();
      return asked == "All" || asked == ".*" || asked == key ||
             (asked.ends_with(".*") && key.starts_with(asked.substr(0, asked.size() - 2)));
    });
    if (wanted) chosen[name] = value;
  }
  return chosen;
}

std::string sequence_text(std::uint64_t sequence) {
  const auto digits = std::to_string(sequence);
  return "1" + std::string(19 - digits.size(), '0') + digits;
}

std::map<std::string, std::string> system_attributes(const Message& message) {
  std::map<std::string, std::string> result{
      {"SenderId", message.sender},
      {"SentTimestamp", std::to_string(epoch_ms(message.sent))},
      {"ApproximateReceiveCount", std::to_string(message.receives)},
      {"ApproximateFirstReceiveTimestamp",
       std::to_string(epoch_ms(message.first_received.value_or(message.sent)))}};
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) result.emplace(name, value);
  };
  put("MessageGroupId", message.group);
  put("MessageDeduplicationId", message.deduplication);
  if (!message.deduplication.empty()) put("SequenceNumber", sequence_text(message.sequence));
  put("AWSTraceHeader", message.trace_header);
  put("DeadLetterQueueSourceArn", message.dead_letter_source);
  return result;
}

Done check_body(std::string_view body) {
  // The API's JSON and forms are UTF-8 already: only the control characters and U+FFFE, U+FFFF are left.
  for (std::size_t i = 0; i < body.size(); ++i) {
    const auto byte = static_cast<unsigned char>(body[i]);
    const bool control = byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
    const bool beyond =
        body.substr(i).starts_with("\xef\xbf\xbe") || body.substr(i).starts_with("\xef\xbf\xbf");
    if (control || (byte == 0xef && beyond)) {
      return Fault{"InvalidMessageContents",
                   "Invalid binary character was found in the message body, the set of allowed characters is "
                   "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"};
    }
  }
  return Ok{};
}

}  // namespace iotemu::neighbours::sqs
