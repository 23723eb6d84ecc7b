#include "rules/topic_filter.h"

namespace iotemu::rules {
namespace {

// 256 bytes, and room for the prefix of a reserved topic.
constexpr std::size_t kMostBytes = 512;

}  // namespace

std::string_view take_level(std::string_view& rest, bool& more) {
  const std::size_t slash = rest.find('/');
  more = slash != rest.npos;
  const std::string_view level = rest.substr(0, slash);
  rest = more ? rest.substr(slash + 1) : std::string_view{};
  return level;
}

bool matches(std::string_view filter, std::string_view topic) {
  const bool wild = filter.starts_with('+') || filter.starts_with('#');
  if (wild && topic.starts_with('$')) return false;
  bool filter_more = true;
  bool topic_more = true;
  while (filter_more && topic_more) {
    const std::string_view wanted = take_level(filter, filter_more);
    const std::string_view given = take_level(topic, topic_more);
    if (wanted == "#") return true;
    if (wanted != "+" && wanted != given) return false;
  }
  return filter_more == topic_more;
}

std::string objection_to_filter(std::string_view filter) {
  const std::string quoted = "'" + std::string{filter.substr(0, 64)} + "'";
  if (filter.empty()) return "the topic filter is empty";
  if (filter.size() > kMostBytes) return "the topic filter has more than 512 bytes";
  if (filter.find('\0') != filter.npos) return "the topic filter holds a NUL character";
  if (filter == "$aws/rules" || filter.starts_with("$aws/rules/")) {
    return "FROM may not name " + quoted +
           ": messages to $aws/rules/<rule> run that rule whatever its FROM says";
  }
  for (std::string_view rest = filter;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view level = rest.substr(0, slash);
    const std::size_t wildcard = level.find_first_of("+#");
    if (wildcard != level.npos && level.size() > 1) {
      return std::string{"'"} + level[wildcard] + "' is not alone in its level of the topic filter " + quoted;
    }
    if (level == "#" && slash != rest.npos) return "'#' is not the last level of the topic filter " + quoted;
    if (slash == rest.npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace iotemu::rules
