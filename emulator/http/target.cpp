#include "emulator/http/target.h"

#include "base/utf8.h"

namespace iotemu::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
      continue;
    }
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return Error{Errc::invalid_request, "The request target has a broken percent escape"};
    }
    if (high == 0 && low == 0) {
      return Error{Errc::invalid_request, "The request target has an encoded NUL character"};
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!is_utf8(out)) return Error{Errc::invalid_request, "The request target is not valid UTF-8"};
  return out;
}

Result<std::vector<std::pair<std::string, std::string>>> parse_pairs(std::string_view text,
                                                                     bool plus_is_space) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (item.empty()) continue;
    const auto equals = std::min(item.find('='), item.size());
    auto name = percent_decode(item.substr(0, equals), plus_is_space);
    if (!name) return name.error();
    auto value = percent_decode(item.substr(std::min(equals + 1, item.size())), plus_is_space);
    if (!value) return value.error();
    pairs.emplace_back(std::move(*name), std::move(*value));
  }
  return pairs;
}

Result<Target> parse_target(std::string_view target) {
  Target out;
  if (!target.starts_with('/')) {
    const auto scheme = target.starts_with("http://") ? 7U : target.starts_with("https://") ? 8U : 0U;
    if (scheme == 0) {
      return Error{Errc::invalid_request, "The request target must begin with a slash or be an http URL"};
    }
    const auto path = std::min(target.find_first_of("/?", scheme), target.size());
    out.authority = target.substr(scheme, path - scheme);
    target.remove_prefix(path);
  }
  const auto question = std::min(target.find('?'), target.size());
  auto path = target.substr(0, question);
  // A literal plus is kept: AWS SDKs write a space as %20, and markers are base64 (P1.7).
  auto query = parse_pairs(target.substr(std::min(question + 1, target.size())), false);
  if (!query) return query.error();
  out.query = std::move(*query);
  if (path.size() > 1) {
    path.remove_prefix(1);
    for (;;) {
      const auto slash = std::min(path.find('/'), path.size());
      auto segment = percent_decode(path.substr(0, slash));
      if (!segment) return segment.error();
      out.segments.push_back(std::move(*segment));
      if (slash == path.size()) break;
      path.remove_prefix(slash + 1);
    }
  }
  return out;
}

}  // namespace iotemu::http
