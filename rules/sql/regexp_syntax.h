#pragma once

// Regular expressions as Java reads them, written so that RE2 means the same: what matches `.`, `$`, `\s`,
// `\v` and `(?i)` differs between the two. What cannot be written in RE2 is refused, not approximated. Pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace iotemu::rules::sql {

struct Re2Syntax {
  std::string text{};
  /// The numbers that the groups of the pattern have in the text; 0 is the whole match.
  std::vector<std::size_t> groups{0};
  /// Groups for the line's end before which a `$` has matched: the match ends where one of these begins.
  std::vector<std::size_t> line_ends{};
};

/// Errc::invalid_request: Java does not take it either; Errc::not_implemented: Java does, and RE2 has nothing
/// like it. What both refuse in the same way may come through: compiling tells.
Result<Re2Syntax> re2_of_java(std::string_view pattern);

}  // namespace iotemu::rules::sql
