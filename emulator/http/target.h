#pragma once

// The request target: path and query, split first and percent-decoded afterwards, once, segment by segment
// (P10.1), so that an encoded slash stays inside its segment and `%252F` is never decoded twice.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace iotemu::http {

struct Target {
  std::string authority{};  ///< of the absolute form (`GET http://host/path`), else empty
  std::vector<std::string> segments{};
  std::vector<std::pair<std::string, std::string>> query{};
};

/// Accepts the origin form (`/path?query`) and the absolute form. Fails with Errc::invalid_request on a
/// broken percent escape, an encoded NUL, or bytes that are not UTF-8 (overlong forms included).
[[nodiscard]] Result<Target> parse_target(std::string_view target);

/// Decodes percent escapes; `plus_is_space` as in HTML forms. Fails as parse_target does.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// Name=value pairs of a query or of a form body.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> parse_pairs(std::string_view text,
                                                                                   bool plus_is_space);

}  // namespace iotemu::http
