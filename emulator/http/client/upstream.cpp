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

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

AwsCredentials Upstream::credentials_of(const std::string& account) const {
  if (!credentials.access_key.empty()) return credentials;
  return {.access_key = account, .secret = "test"};
}

Result<Upstream> read_upstream(std::string_view service, std::string_view url) {
  const auto wrong = [](std::string why) { return Error{Errc::invalid_request, std::move(why)}; };
  if (std::ranges::find(kOurs, service) != kOurs.end()) {
    return wrong("there can be no upstream for " + std::string{service} +
                 ", which iot-emulator itself answers");
  }
  if (!is_service(service)) {
    return wrong("'" + std::string{service} + "' is not the signing name of an AWS service, such as sqs");
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
  if (!base) return bad(base.error().message);
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
