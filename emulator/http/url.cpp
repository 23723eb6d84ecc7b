#include "emulator/http/url.h"

#include <algorithm>
#include <charconv>

namespace iotemu::http {
namespace {

bool is_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= 65535;
}

}  // namespace

std::string shown_url(std::string_view text) {
  std::string known{text};
  const auto scheme = known.find("://");
  const auto begin = scheme == known.npos ? 0 : scheme + 3;
  if (const auto at = known.rfind('@'); at != known.npos && at >= begin)
    known.replace(begin, at - begin, "***");
  const auto query = known.find('?');
  return query == known.npos ? known : known.substr(0, query) + "?***";
}

Result<Url> parse_url(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return Error{Errc::invalid_request, "the URL '" + shown_url(text) + "' " + std::string{why}};
  };
  const auto scheme_end = text.find("://");
  Url url;
  if (scheme_end != text.npos) url.scheme = text.substr(0, scheme_end);
  if (url.scheme != "http" && url.scheme != "https") return bad("does not begin with https:// or http://");
  const bool printable = std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < '\x7f' && std::string_view{"\\\"<>^`{|}"}.find(c) == std::string_view::npos;
  });
  if (!printable) return bad("holds a character that must be percent-encoded");
  auto rest = text.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto path = std::min(rest.find_first_of("/?"), rest.size());
  auto authority = rest.substr(0, path);
  if (authority.find('@') != authority.npos) return bad("holds a user name, which is not supported");
  const auto bracket = authority.find(']');
  const auto colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
  if (colon != authority.npos) {
    const auto port = authority.substr(colon + 1);
    if (!is_port(port)) return bad("has no port number between 1 and 65535 behind ':'");
    if (port == (url.scheme == "https" ? "443" : "80")) authority = authority.substr(0, colon);
  }
  if (authority.empty() || authority.starts_with(':')) return bad("names no host");
  url.authority = authority;
  const auto target = rest.substr(path);
  if (!target.empty()) url.target = (target.starts_with('/') ? "" : "/") + std::string{target};
  return url;
}

}  // namespace iotemu::http
