#include "emulator/neighbours/pem_blob.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/base64.h"

namespace iotemu::neighbours {
namespace {

bool is_pem(std::string_view text) {
  return text.find("-----BEGIN ") != text.npos;
}

std::optional<std::string> decode(std::string_view text) {
  std::string plain{text};
  std::erase_if(plain, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
  return from_base64(plain);
}

/// Read as Base64, PEM loses its dashes, spaces and line breaks, and ends at the first padding.
std::optional<std::string> repaired(std::string_view blob) {
  struct Label {
    std::string_view squeezed{};
    std::string_view label{};
  };
  static constexpr std::array<Label, 3> kLabels{{{"CERTIFICATEREQUEST", "CERTIFICATE REQUEST"},
                                                 {"NEWCERTIFICATEREQUEST", "NEW CERTIFICATE REQUEST"},
                                                 {"CERTIFICATE", "CERTIFICATE"}}};
  for (const auto& [squeezed, label] : kLabels) {
    const auto begin = "BEGIN" + std::string{squeezed};
    if (!blob.starts_with(begin)) continue;
    std::string body{blob.substr(begin.size())};
    body.resize(std::min(body.find("END" + std::string{squeezed}), body.size()));
    while (body.ends_with('=')) body.pop_back();
    while (body.size() % 4 != 0) body += '=';
    const auto name = std::string{label} + "-----\n";
    return "-----BEGIN " + name + body + "\n-----END " + name;
  }
  return std::nullopt;
}

}  // namespace

std::string pem_of_blob(std::string_view blob) {
  auto once = decode(blob);
  if (!once) return std::string{blob};
  if (is_pem(*once)) return std::move(*once);
  if (auto twice = decode(*once); twice && is_pem(*twice)) return std::move(*twice);
  if (auto pem = repaired(blob)) return std::move(*pem);
  return std::move(*once);
}

}  // namespace iotemu::neighbours
