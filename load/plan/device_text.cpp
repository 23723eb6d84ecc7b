#include "load/plan/device_text.h"

#include <algorithm>

namespace iotemu::load {
namespace {

constexpr std::size_t kDigits = 6;

/// Calls `piece` with each stretch of plain text, and `name` with each name between "${" and "}".
template <class Piece, class Name>
void walk(std::string_view pattern, Piece piece, Name name) {
  while (true) {
    const auto open = pattern.find("${");
    const auto close = open == std::string_view::npos ? open : pattern.find('}', open);
    piece(pattern.substr(0, close == std::string_view::npos ? close : open));
    if (close == std::string_view::npos) return;
    name(pattern.substr(open + 2, close - open - 2));
    pattern.remove_prefix(close + 1);
  }
}

}  // namespace

std::string fill(std::string_view pattern, const DeviceText& device) {
  std::string text;
  walk(
      pattern, [&](std::string_view piece) { text += piece; },
      [&](std::string_view name) {
        if (name == "index") text += std::to_string(device.index);
        if (name == "serial") text += device.serial;
        if (name == "clientId") text += device.client_id;
        if (name == "certificateId") text += device.certificate_id;
      });
  return text;
}

Status check_template(std::string_view pattern, std::span<const std::string_view> allowed) {
  std::string unknown;
  bool open = false;
  walk(
      pattern, [&](std::string_view piece) { open |= piece.find("${") != std::string_view::npos; },
      [&](std::string_view name) {
        if (unknown.empty() && std::ranges::find(allowed, name) == allowed.end()) unknown = name;
      });
  if (unknown.empty() && !open) return Ok{};
  std::string names;
  for (const auto name : allowed) names += (names.empty() ? "${" : ", ${") + std::string{name} + "}";
  return Error{.code = Errc::invalid_request,
               .message = "'" + std::string{pattern} + "' names " +
                          (open ? "something without a closing brace" : "${" + unknown + "}") +
                          "; what is known here is " + names};
}

std::string serial_of(std::string_view prefix, std::uint64_t index, std::uint64_t devices) {
  auto digits = std::to_string(index);
  const auto width = std::max(kDigits, std::to_string(devices == 0 ? 0 : devices - 1).size());
  digits.insert(0, width - std::min(width, digits.size()), '0');
  return std::string{prefix} + "-" + digits;
}

}  // namespace iotemu::load
