#pragma once

// URLs that somebody names for this emulator to ask: http and https, in the characters of RFC 3986, without a
// user name.

#include <string>
#include <string_view>

#include "base/result.h"

namespace iotemu::http {

struct Url {
  std::string scheme{};
  std::string authority{};  ///< Host and port as the Host header has them: without the scheme's own port.
  std::string target{"/"};  ///< Path and query as they were given; no fragment.

  [[nodiscard]] std::string text() const { return scheme + "://" + authority + target; }
};

/// For people, whatever the text is: without what may be a password, or a key in the query.
[[nodiscard]] std::string shown_url(std::string_view text);
/// Errc::invalid_request, with what is wrong with it: another scheme, a user name, no host, characters that
/// stand in no URL.
Result<Url> parse_url(std::string_view text);

}  // namespace iotemu::http
