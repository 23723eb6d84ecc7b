#include "emulator/http/guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "base/hex.h"
#include "base/secret.h"

namespace iotemu::http {
namespace {

/// The host part of `host[:port]`, lowercase; nothing if the text is not of that form.
std::optional<std::string> host_of(std::string_view authority) {
  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == authority.npos) return std::nullopt;
    host = authority.substr(0, close + 1);
    port = authority.substr(close + 1);
    if (!port.empty() && port.front() != ':') return std::nullopt;
  } else if (const auto colon = authority.find(':'); colon != authority.npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (!port.empty()) port.remove_prefix(1);
  if (host.empty() || port.find_first_not_of("0123456789") != port.npos) return std::nullopt;
  if (host.find_first_of("@/\\?# \t") != host.npos) return std::nullopt;
  return lowercase(host);
}

bool names_loopback(std::string_view authority) {
  const auto host = host_of(authority);
  return host && is_loopback_host(*host);
}

/// An IPv6 address stands in brackets in a URL and, as a rule, without them in a list.
std::string without_brackets(std::string_view host) {
  const bool brackets = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  return lowercase(brackets ? host.substr(1, host.size() - 2) : host);
}

bool allowed_host(const GuardOptions& options, std::string_view authority) {
  const auto host = host_of(authority);
  if (!host) return false;
  return is_loopback_host(*host) ||
         std::any_of(options.allowed_hosts.begin(), options.allowed_hosts.end(),
                     [bare = without_brackets(*host)](const std::string& allowed) {
                       return without_brackets(allowed) == bare;
                     }) ||
         (options.knows_host && options.knows_host(*host));
}

/// What follows `http://` or `https://` in an origin.
std::string_view origin_authority(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return {};
}

bool trusted_origin(const GuardOptions& options, std::string_view origin) {
  if (names_loopback(origin_authority(origin))) return true;
  return std::find(options.allowed_origins.begin(), options.allowed_origins.end(), origin) !=
         options.allowed_origins.end();
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::string joined(const std::vector<std::string>& segments) {
  std::string path;
  for (const auto& segment : segments) {
    if (!path.empty()) path += '/';
    path += segment;
  }
  return path;
}

bool is_open(const GuardOptions& options, const std::string& path) {
  return contains(options.open_paths, path) ||
         std::any_of(options.open_folders.begin(), options.open_folders.end(),
                     [&](const std::string& folder) { return path.starts_with(folder); });
}

Response misdirected(std::string_view authority) {
  const std::string name = host_of(authority).value_or("NAME");
  return refusal(421, "MisdirectedRequestException",
                 "Host '" + std::string{authority} +
                     "' is not one of this emulator's names. Use localhost or 127.0.0.1, or start it with "
                     "--allow-host " +
                     name);
}

Response preflight_answer(const Request& head, std::string_view origin) {
  Response response{.status = 204, .content_type = {}};
  add_cors_headers(response, origin);
  response.headers.push_back({"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"});
  if (const auto* wanted = head.header("Access-Control-Request-Headers")) {
    response.headers.push_back({"Access-Control-Allow-Headers", *wanted});
  }
  response.headers.push_back({"Access-Control-Max-Age", "600"});
  return response;
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "[::1]" || host == "::1") return true;
  if (host.size() > 10 && host.ends_with(".localhost")) return true;
  in_addr address{};
  return inet_pton(AF_INET, std::string{host}.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

void add_cors_headers(Response& response, std::string_view origin) {
  response.headers.push_back({"Access-Control-Allow-Origin", std::string{origin}});
  response.headers.push_back({"Access-Control-Expose-Headers", "x-amzn-RequestId, x-amzn-ErrorType"});
  response.headers.push_back({"Vary", "Origin"});
}

std::variant<Passage, Response> judge(const GuardOptions& options, const Request& head,
                                      std::string_view authority) {
  const auto* host = head.header("Host");
  const std::string_view named = host == nullptr ? std::string_view{} : std::string_view{*host};
  if (!allowed_host(options, named)) return misdirected(named);
  if (!authority.empty() && !allowed_host(options, authority)) return misdirected(authority);

  const bool admin = !head.segments.empty() && contains(options.admin_roots, head.segments.front());
  const auto* origin = head.header("Origin");
  const auto* site = head.header("Sec-Fetch-Site");
  const bool same_origin = origin != nullptr && host != nullptr && origin_authority(*origin) == *host;
  const bool trusted = origin != nullptr && !admin && trusted_origin(options, *origin);
  const bool has_effect = head.method != "GET" && head.method != "HEAD";
  const bool foreign_origin = origin != nullptr && !same_origin && !trusted;
  const bool foreign_site = !trusted && site != nullptr && *site != "same-origin" && *site != "none";
  if (has_effect && (foreign_origin || foreign_site)) {
    return refusal(403, "ForbiddenException",
                   foreign_origin
                       ? "Requests from origin '" + *origin +
                             "' are refused: a web page must not change the emulator. Allow it with "
                             "--allow-origin (the admin paths stay same-origin)"
                       : std::string{"Cross-site requests are refused: a web page must not change the "
                                     "emulator"});
  }

  if (admin && !options.admin_token.empty() && !is_open(options, joined(head.segments))) {
    const auto* authorization = head.header("Authorization");
    if (authorization == nullptr || !same_secret(*authorization, "Bearer " + options.admin_token)) {
      auto answer = refusal(401, "UnauthorizedException",
                            "The emulator listens on an address that others can reach, so this path asks for "
                            "'Authorization: Bearer TOKEN' with the token of the ready file");
      answer.headers.push_back({"WWW-Authenticate", "Bearer"});
      return answer;
    }
  }

  if (trusted && !same_origin) {
    if (head.method == "OPTIONS") return preflight_answer(head, *origin);
    return Passage{.cors_origin = *origin};
  }
  // A page at another port of a loopback name is of the same site, and trusted.
  const bool other_site = foreign_site && (*site != "same-site" || !names_loopback(named));
  return Passage{.foreign = foreign_origin || other_site};
}

}  // namespace iotemu::http
