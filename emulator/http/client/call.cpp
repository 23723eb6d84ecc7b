#include "emulator/http/client/call.h"

#include <algorithm>
#include <array>

namespace iotemu::http {
namespace {

/// Written by the client, from the body.
bool is_of_framing(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kNames{"Content-Length", "Expect", "Transfer-Encoding"};
  return std::ranges::any_of(kNames, [&](std::string_view one) { return same_name(one, name); });
}

/// Else it would be the beginning of another line of the request.
bool is_one_word(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
  });
}

}  // namespace

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != kMarks.npos;
  });
}

bool is_header_value(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f'; });
}

std::string why_unsendable(const Call& call) {
  if (!is_token(call.method)) return "its method is no word of HTTP";
  if (call.url.scheme != "http" && call.url.scheme != "https") return "its URL is neither http nor https";
  if (!is_one_word(call.url.authority) || !is_one_word(call.url.target)) {
    return "its URL has no host, or holds a space or a control character";
  }
  for (const auto& header : call.headers) {
    if (!is_token(header.name)) return "one of its headers has a name that HTTP does not allow";
    if (!is_header_value(header.value)) return "its header " + header.name + " holds a control character";
    if (is_of_framing(header.name)) return "its header " + header.name + " is for the client to write";
  }
  if (call.method == "HEAD" && call.body) return "a HEAD has no body";
  return {};
}

}  // namespace iotemu::http
