#include "emulator/topics/payload_format.h"

#include "base/cbor.h"

namespace iotemu::topics {

std::optional<PayloadFormat> parse_payload_format(std::string_view segment) {
  if (segment == "json") return PayloadFormat::json;
  if (segment == "cbor") return PayloadFormat::cbor;
  return std::nullopt;
}

Result<Json> decode_payload(PayloadFormat format, std::string_view payload) {
  return format == PayloadFormat::json ? parse_json(payload) : parse_cbor(payload);
}

std::string encode_payload(PayloadFormat format, const Json& value) {
  return format == PayloadFormat::json ? to_text(value) : to_cbor(value);
}

}  // namespace iotemu::topics
