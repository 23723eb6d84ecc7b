#pragma once

// The filters of FROM, with the matching rules of the broker (RU-5): `+` is one level, `#` the last and at
// least one more level (`a/#` does not match `a`), and no filter that begins with a wildcard matches a topic
// that begins with `$`. Pure.

#include <string>
#include <string_view>

namespace iotemu::rules {

/// Why a text cannot be the topic filter of FROM (RU-5, RU-9); empty: it can.
[[nodiscard]] std::string objection_to_filter(std::string_view filter);

/// Both are valid.
[[nodiscard]] bool matches(std::string_view filter, std::string_view topic);

/// Takes the first level away; `more` says whether another one follows.
[[nodiscard]] std::string_view take_level(std::string_view& rest, bool& more);

}  // namespace iotemu::rules
