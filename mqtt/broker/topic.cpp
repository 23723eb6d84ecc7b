#include "mqtt/broker/topic.h"

#include <algorithm>
#include <utility>

#include "mqtt/broker/levels.h"
#include "mqtt/codec/utf8.h"
#include "mqtt/codec/wildcard.h"

namespace iotemu::mqtt {

namespace {

constexpr std::string_view kSharePrefix = "$share/";
/// No rules allow more, so that walking a trie by recursion stays shallow.
constexpr std::size_t kDeepestSlashes = 127;

std::size_t count_slashes(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '/'));
}

TopicFault check_text(std::string_view text) {
  if (text.empty()) return TopicFault::empty;
  switch (check_utf8(text)) {
    case Utf8::ill_formed:
      return TopicFault::ill_formed_utf8;
    case Utf8::null_character:
      return TopicFault::null_character;
    case Utf8::well_formed:
      break;
  }
  return TopicFault::none;
}

TopicFault check_size(std::string_view text, const TopicRules& rules) {
  if (text.size() > rules.max_bytes) return TopicFault::too_long;
  if (count_slashes(text) > std::min(rules.max_slashes, kDeepestSlashes)) return TopicFault::too_deep;
  return TopicFault::none;
}

/// The part of a name that the limits count (M3-37).
std::string_view counted_part(std::string_view name, const TopicRules& rules) {
  if (rules.exempt_levels == 0 || !name.starts_with(rules.exempt_prefix)) return name;
  std::size_t at = 0;
  for (std::size_t level = 0; level < rules.exempt_levels; ++level) {
    const std::size_t slash = name.find('/', at);
    if (slash == std::string_view::npos) return {};
    at = slash + 1;
  }
  return name.substr(at);
}

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// UTF-8 characters of valid text.
std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

/// Where the pattern of a filter starts: 0, or behind `$share/<name>/`. Npos when a share name is not closed.
std::size_t pattern_offset(std::string_view filter) {
  if (!filter.starts_with(kSharePrefix)) return 0;
  const std::size_t slash = filter.find('/', kSharePrefix.size());
  return slash == std::string_view::npos ? slash : slash + 1;
}

bool is_share_name(std::string_view name, const TopicRules& rules) {
  return !name.empty() && !contains_wildcard(name) && count_characters(name) <= rules.max_share_name;
}

TopicFault check_wildcards(std::string_view pattern) {
  Levels levels{pattern};
  while (!levels.at_end()) {
    const std::string_view level = levels.next();
    if (level == "+" || (level == "#" && levels.at_end())) continue;
    if (contains_wildcard(level)) return TopicFault::misplaced_wildcard;
  }
  return TopicFault::none;
}

/// At most `max_bytes` of valid text, cut between two characters.
std::string_view cut(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && !starts_character(text[end])) --end;
  return text.substr(0, end);
}

Error error_of(std::string_view what, std::string_view text, TopicFault fault, const TopicRules& rules) {
  std::string message{what};
  message += " \"";
  // Text that is not UTF-8 must not travel into answers and logs.
  message += fault == TopicFault::ill_formed_utf8 ? std::string_view{"?"} : cut(text, rules.max_bytes);
  message += "\" " + explain(fault, rules);
  return Error{.code = Errc::invalid_request, .message = std::move(message)};
}

}  // namespace

std::string explain(TopicFault fault, const TopicRules& rules) {
  switch (fault) {
    case TopicFault::none:
      return "is valid";
    case TopicFault::empty:
      return "is empty [MQTT-4.7.3-1]";
    case TopicFault::ill_formed_utf8:
      return "is not well-formed UTF-8 [MQTT-1.5.3-1]";
    case TopicFault::null_character:
      return "contains U+0000 [MQTT-4.7.3-2]";
    case TopicFault::too_long:
      return "is longer than " + std::to_string(rules.max_bytes) + " bytes (M3-29, M3-37)";
    case TopicFault::too_deep:
      return "has more than " + std::to_string(std::min(rules.max_slashes, kDeepestSlashes)) +
             " slashes (M3-29, M3-37)";
    case TopicFault::wildcard_in_name:
      return "contains a wildcard, which only a filter may [MQTT-3.3.2-2]";
    case TopicFault::misplaced_wildcard:
      return "has a wildcard that does not stand alone in its level, or # before the end [MQTT-4.7.1-2, "
             "MQTT-4.7.1-3]";
    case TopicFault::bad_share_name:
      return "is not $share/<name>/<filter> with a name of 1 to " + std::to_string(rules.max_share_name) +
             " characters without + and # (M5-15)";
  }
  return "is not valid";
}

TopicFault check_topic_name(std::string_view name, const TopicRules& rules) {
  if (const TopicFault fault = check_text(name); fault != TopicFault::none) return fault;
  const bool has_wildcard =
      std::any_of(name.begin(), name.end(), [](char c) { return c == '+' || c == '#'; });
  if (has_wildcard) return TopicFault::wildcard_in_name;
  return check_size(counted_part(name, rules), rules);
}

TopicFault check_topic_filter(std::string_view filter, const TopicRules& rules) {
  if (const TopicFault fault = check_text(filter); fault != TopicFault::none) return fault;
  const std::size_t at = pattern_offset(filter);
  if (at == std::string_view::npos) return TopicFault::bad_share_name;
  const std::string_view pattern = filter.substr(at);
  if (at != 0) {
    const std::string_view name = filter.substr(kSharePrefix.size(), at - 1 - kSharePrefix.size());
    if (!is_share_name(name, rules) || pattern.empty()) return TopicFault::bad_share_name;
  }
  if (const TopicFault fault = check_size(pattern, rules); fault != TopicFault::none) return fault;
  return check_wildcards(pattern);
}

bool matches(std::string_view filter, std::string_view topic, const TopicRules& rules) {
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false;
  Levels wanted{filter};
  Levels given{topic};
  while (!wanted.at_end()) {
    const std::string_view want = wanted.next();
    if (want == "#") return !given.at_end() || rules.hash_matches_parent;
    if (given.at_end()) return false;
    const std::string_view level = given.next();
    if (want != "+" && want != level) return false;
  }
  return given.at_end();
}

Result<TopicName> TopicName::parse(std::string_view text, const TopicRules& rules) {
  const TopicFault fault = check_topic_name(text, rules);
  if (fault != TopicFault::none) return error_of("Topic name", text, fault, rules);
  return TopicName{text};
}

Result<TopicFilter> TopicFilter::parse(std::string_view text, const TopicRules& rules) {
  const TopicFault fault = check_topic_filter(text, rules);
  if (fault != TopicFault::none) return error_of("Topic filter", text, fault, rules);
  return TopicFilter{text, pattern_offset(text)};
}

std::string_view TopicFilter::share_name() const {
  if (!is_shared()) return {};
  return std::string_view{text_}.substr(kSharePrefix.size(), pattern_at_ - 1 - kSharePrefix.size());
}

}  // namespace iotemu::mqtt
