#include <array>
#include <cstdint>

#include "emulator/api/validate.h"
#include "emulator/neighbours/protocol.h"

namespace iotemu::neighbours {
namespace {

std::string content_type(const ServiceFacts& service) {
  return "application/x-amz-json-" + std::string{service.json_version};
}

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    auto value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? (value >> 1U) ^ 0xEDB88320U : value >> 1U;
    table[i] = value;
  }
  return table;
}

/// CRC-32 as in ISO 3309 and zip.
std::uint32_t crc32(std::string_view bytes) {
  static constexpr auto kTable = crc_table();
  std::uint32_t value = 0xFFFFFFFFU;
  for (const char c : bytes) value = kTable[(value ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (value >> 8U);
  return ~value;
}

void add_checksum(const ServiceFacts& service, http::Response& response) {
  if (service.has_checksum) response.headers.push_back({"x-amz-crc32", std::to_string(crc32(response.body))});
}

/// What every JSON service refuses bad input with stands in a space of its own.
std::string fault_type(const ServiceFacts& service, std::string_view name) {
  auto space = service.type_space;
  if (!space.empty() && name == "SerializationException") space = "com.amazon.coral.service#";
  if (!space.empty() && name == "ValidationException") space = "com.amazon.coral.validate#";
  return std::string{space} + std::string{name};
}

}  // namespace

Answer<Json> read_json(const ServiceFacts& service, const Operation& operation,
                       const http::Request& request) {
  auto input = api::read_input(operation.shape, {}, request);
  if (!input) return Fault{"SerializationException", input.error().message};
  if (auto valid = api::validate(operation.shape, *input); !valid) {
    return Fault{service.invalid.empty() ? "ValidationException" : service.invalid, valid.error().message};
  }
  return std::move(*input);
}

http::Response json_answer(const ServiceFacts& service, const Json& answer) {
  http::Response response{.body = to_text(answer), .content_type = content_type(service)};
  add_checksum(service, response);
  return response;
}

http::Response json_fault(const ServiceFacts& service, const Fault& fault) {
  Json body{{"__type", fault_type(service, fault.name)}, {"message", fault.message}};
  if (fault.more.is_object()) body.update(fault.more);
  http::Response response{.status = fault.status,
                          .body = to_text(body),
                          .content_type = content_type(service),
                          .headers = {{"x-amzn-ErrorType", std::string{fault.name}}}};
  add_checksum(service, response);
  if (!fault.query_name.empty()) {
    response.headers.push_back({"x-amzn-query-error", std::string{fault.query_name} +
                                                          (fault.status < 500 ? ";Sender" : ";Receiver")});
  }
  return response;
}

}  // namespace iotemu::neighbours
