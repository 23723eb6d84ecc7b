#include "emulator/http/client/upstream.h"

#include <algorithm>
#include <array>
#include <utility>

namespace iotemu::http {
namespace {

constexpr std::array<std::string_view, 5> kOurs{"iot", "iotdata", "iotdevicegateway", "iot-jobs-data",
                                                "execute-api"};

bool is_service(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

constexpr std::string_view kHidden = "***";

bool holds_only(std::string_view text, std::string_view marks) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != marks.npos;
  });
}

/// Host and port; where a port belongs, somebody may have put a secret.
bool is_plain_authority(std::string_view text) {
  const auto bracket = text.find(']');
  const auto colon = text.find(':', bracket == text.npos ? 0 : bracket);
  const auto port = text.substr(std::min(colon, text.size()));
  return holds_only(text.substr(0, colon), bracket == text.npos ? "-._" : "[:].%") && port.size() <= 6 &&
         port.find_first_not_of(":0123456789") == port.npos;
}

/// What a service may be called by mistake, and no secret.
std::string shown_service(std::string_view name) {
  constexpr std::size_t kLongestName = 32;
  return std::string{name.size() <= kLongestName && holds_only(name, "-._/ ") ? name : kHidden};
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

AwsCredentials Upstream::credentials_of(const std::string& account) const {
  if (!credentials.access_key.empty()) return credentials;
  return {.access_key = account, .secret = "test"};
}

std::string shown_upstream_url(std::string_view url) {
  constexpr std::size_t kLongestScheme = 8;
  const auto scheme_end = url.find("://");  // farther than that if there is none
  if (scheme_end > kLongestScheme || !holds_only(url.substr(0, scheme_end), "+-."))
    return std::string{url.empty() ? url : kHidden};
  const auto scheme = std::string{url.substr(0, scheme_end + 3)};
  const auto rest = url.substr(scheme_end + 3);
  const auto place = rest.substr(0, rest.find_first_of("?#"));
  const auto path = std::min(place.find('/'), place.size());
  const bool plain = rest.find('@') == rest.npos && is_plain_authority(place.substr(0, path)) &&
                     place.find(':', path) == place.npos;
  if (!plain) return scheme + std::string{kHidden};
  return scheme + std::string{place} + (place.size() < rest.size() ? "?" + std::string{kHidden} : "");
}

std::string shown_upstream(std::string_view pair) {
  const auto equals = pair.find('=');
  if (equals == pair.npos) return std::string{kHidden};
  return shown_service(pair.substr(0, equals)) + "=" + shown_upstream_url(pair.substr(equals + 1));
}

Result<Upstream> read_upstream(std::string_view service, std::string_view url) {
  const auto wrong = [](std::string why) { return Error{Errc::invalid_request, std::move(why)}; };
  if (std::ranges::find(kOurs, service) != kOurs.end()) {
    return wrong("there can be no upstream for " + std::string{service} +
                 ", which iot-emulator itself answers");
  }
  if (!is_service(service)) {
    return wrong("'" + shown_service(service) + "' is not the signing name of an AWS service, such as sqs");
  }
  const auto bad = [&](const std::string& why) {
    return wrong("the upstream of " + std::string{service} + " cannot be used: " + why +
                 "; expected http[s]://[KEY:SECRET@]host[:port][/path]");
  };
  std::string text{url};
  Upstream upstream;
  const auto scheme_end = text.find("://");
  const auto at = text.rfind('@');
  if (scheme_end != text.npos && at != text.npos && at >= scheme_end + 3) {
    const auto pair = text.substr(scheme_end + 3, at - scheme_end - 3);
    const auto colon = pair.find(':');
    if (colon == pair.npos || colon == 0 || colon + 1 == pair.size()) {
      return bad("the URL has no KEY:SECRET before its '@'");
    }
    upstream.credentials = {.access_key = pair.substr(0, colon), .secret = pair.substr(colon + 1)};
    if (!is_printable(pair)) return bad("its KEY:SECRET holds a space or a character outside ASCII");
    text.erase(scheme_end + 3, pair.size() + 1);
  }
  auto base = parse_url(text);
  if (!base) {
    auto why = base.error().message;
    const auto shown = shown_url(text);
    if (const auto begin = why.find(shown); !shown.empty() && begin != why.npos)
      why.replace(begin, shown.size(), shown_upstream_url(url));
    return bad(why);
  }
  if (text.find_first_of("?#") != text.npos) return bad("the URL holds a query or a fragment");
  while (base->target.ends_with('/')) base->target.pop_back();
  upstream.base = std::move(*base);
  return upstream;
}

Result<UpstreamsByName> read_upstreams(const std::map<std::string, std::string>& urls) {
  UpstreamsByName upstreams;
  for (const auto& [service, url] : urls) {
    auto upstream = read_upstream(service, url);
    if (!upstream) return upstream.error();
    upstreams.emplace(service, std::move(*upstream));
  }
  return upstreams;
}

}  // namespace iotemu::http
