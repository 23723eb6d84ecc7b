#include "registry/pki/pem.h"

#include "base/base64.h"

namespace iotemu::registry::pki {
namespace {

std::string line(std::string_view word, std::string_view label) {
  return "-----" + std::string{word} + " " + std::string{label} + "-----";
}

bool is_white_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

std::string_view pem_block(std::string_view text, std::string_view label) {
  const auto begin = line("BEGIN", label);
  const auto end = line("END", label);
  const auto from = text.find(begin);
  if (from == text.npos) return {};
  const auto to = text.find(end, from + begin.size());
  if (to == text.npos) return {};
  return text.substr(from, to + end.size() - from);
}

std::optional<std::string> pem_bytes(std::string_view block, std::string_view label) {
  const auto begin = line("BEGIN", label).size();
  const auto end = line("END", label).size();
  if (block.size() < begin + end) return {};
  std::string body;
  body.reserve(block.size());
  for (const char c : block.substr(begin, block.size() - begin - end)) {
    if (!is_white_space(c)) body += c;
  }
  return from_base64(body);
}

std::string to_pem(std::string_view der, std::string_view label) {
  constexpr std::size_t kLine = 64;
  const auto body = to_base64(der);
  auto text = line("BEGIN", label) + '\n';
  for (std::size_t at = 0; at < body.size(); at += kLine) {
    text.append(body, at, kLine);
    text += '\n';
  }
  return text + line("END", label) + '\n';
}

}  // namespace iotemu::registry::pki
