#pragma once

// One HTTP request and its answer, as values. Nothing here knows a socket or an operation. A Request is
// whole: its head was judged by the guard, its body is complete and bounded.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iotemu::http {

struct Header {
  std::string name{};
  std::string value{};
};

/// ASCII case-insensitive comparison, as HTTP compares names.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);

/// The first value of `name`, or nothing.
[[nodiscard]] const std::string* find_header(const std::vector<Header>& headers, std::string_view name);

/// What TLS proved and showed of a client: it holds the key of `chain.front()`. Nothing else about its
/// certificates has been judged.
struct TlsPeer {
  std::vector<std::string> chain{};  ///< DER, leaf first, as the client sent it
  std::string server_name{};         ///< SNI; empty if the client sent none
  std::string address{};
  std::uint16_t port{0};
  std::string version{};  ///< "TLSv1.2" or "TLSv1.3"
};

struct Request {
  std::string id{};  ///< UUID; goes out as x-amzn-RequestId
  std::string method{};
  std::string target{};                 ///< as sent
  std::vector<std::string> segments{};  ///< of the path, percent-decoded one by one (P10.1); "/" has none
  std::vector<std::pair<std::string, std::string>> query{};  ///< decoded, in order
  std::vector<Header> headers{};
  std::string body{};
  std::string peer{};                    ///< address of the client
  std::string reached{};                 ///< address of ours that the client connected to
  bool foreign{false};                   ///< a web page of another site makes a browser ask
  std::shared_ptr<const TlsPeer> tls{};  ///< null over plain HTTP

  [[nodiscard]] const std::string* header(std::string_view name) const { return find_header(headers, name); }
  /// The first value of query parameter `name`, or nothing.
  [[nodiscard]] const std::string* parameter(std::string_view name) const {
    const auto found =
        std::find_if(query.begin(), query.end(), [&](const auto& p) { return p.first == name; });
    return found == query.end() ? nullptr : &found->second;
  }
};

struct Response {
  unsigned status{200};
  std::string body{};
  std::string content_type{"application/json"};
  std::vector<Header> headers{};
  bool close{false};  ///< ends the connection
};

/// A request that is answered here, by the HTTP layer itself: `{"message": …}` with an error type that SDKs
/// surface.
[[nodiscard]] Response refusal(unsigned status, std::string_view error_type, std::string_view message);

/// Why the body cannot be read here, where nobody decodes one: it has a Content-Encoding. For an
/// UnsupportedMediaTypeException of status 415.
[[nodiscard]] std::optional<std::string> why_unreadable(const Request& request);

}  // namespace iotemu::http
