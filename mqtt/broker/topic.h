#pragma once

// Topic names and topic filters: which are valid, and which filter matches which name. Pure functions. The
// check_… functions allocate nothing and are meant for the path of every packet; TopicName and TopicFilter
// are strings that have passed them.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mqtt/codec/wildcard.h"

namespace iotemu::mqtt {

/// What a message space allows (M3-29, M3-32, M3-37).
struct TopicRules {
  /// The standard says that `a/#` matches `a` too [MQTT-4.7.1-2]. differs: here it does not (M3-32).
  bool hash_matches_parent{false};
  std::size_t max_bytes{256};
  std::size_t max_slashes{7};
  std::size_t max_share_name{128};  ///< characters of the share name in `$share/<name>/<filter>` (M5-15)
  /// The first `exempt_levels` levels of a topic name that starts with `exempt_prefix` count neither as bytes
  /// nor as slashes (M3-37). The text must outlive the rules: give a literal.
  std::string_view exempt_prefix{};
  std::size_t exempt_levels{0};
};

/// Why a topic name or filter is not valid.
enum class TopicFault : std::uint8_t {
  none,
  empty,               ///< [MQTT-4.7.3-1]
  ill_formed_utf8,     ///< [MQTT-1.5.3-1]
  null_character,      ///< [MQTT-4.7.3-2]
  too_long,            ///< M3-29, M3-37
  too_deep,            ///< M3-29, M3-37
  wildcard_in_name,    ///< [MQTT-3.3.2-2]
  misplaced_wildcard,  ///< [MQTT-4.7.1-2], [MQTT-4.7.1-3]
  bad_share_name,      ///< M5-15
};

/// "has more than 7 slashes (M3-29)": the rule and the limit, to follow the quoted topic in a message.
[[nodiscard]] std::string explain(TopicFault fault, const TopicRules& rules);

[[nodiscard]] TopicFault check_topic_name(std::string_view name, const TopicRules& rules);
/// Takes a shared filter too; `$share/<name>/` counts in neither limit (M3-37).
[[nodiscard]] TopicFault check_topic_filter(std::string_view filter, const TopicRules& rules);

/// Whether a filter (no `$share/` in front) matches a topic name: the definition, one level after the other,
/// that the subscription index is compared with. Both are expected to be valid. A filter that starts with a
/// wildcard does not match a name that starts with `$` [MQTT-4.7.2-1].
[[nodiscard]] bool matches(std::string_view filter, std::string_view topic, const TopicRules& rules);

/// A topic name that has been checked.
class TopicName {
 public:
  [[nodiscard]] static Result<TopicName> parse(std::string_view text, const TopicRules& rules);

  [[nodiscard]] const std::string& str() const { return text_; }
  friend auto operator<=>(const TopicName& a, const TopicName& b) = default;

 private:
  explicit TopicName(std::string_view text) : text_{text} {}

  std::string text_;
};

/// A topic filter that has been checked.
class TopicFilter {
 public:
  [[nodiscard]] static Result<TopicFilter> parse(std::string_view text, const TopicRules& rules);

  /// As the client wrote it.
  [[nodiscard]] const std::string& str() const { return text_; }
  /// What is matched with topic names: the filter without `$share/<name>/`.
  [[nodiscard]] std::string_view pattern() const { return std::string_view{text_}.substr(pattern_at_); }
  [[nodiscard]] bool is_shared() const { return pattern_at_ != 0; }
  /// Empty when the filter is not shared.
  [[nodiscard]] std::string_view share_name() const;
  [[nodiscard]] bool has_wildcard() const { return contains_wildcard(pattern()); }

  friend auto operator<=>(const TopicFilter& a, const TopicFilter& b) = default;

 private:
  TopicFilter(std::string_view text, std::size_t pattern_at) : text_{text}, pattern_at_{pattern_at} {}

  std::string text_;
  std::size_t pattern_at_;
};

}  // namespace iotemu::mqtt
