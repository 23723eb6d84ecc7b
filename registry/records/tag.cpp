#include "registry/records/tag.h"

#include <algorithm>
#include <set>

#include "base/utf8.h"

namespace iotemu::registry {
namespace {

constexpr std::size_t kMaxKey = 128;
constexpr std::size_t kMaxValue = 256;

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`; beyond ASCII every character passes.
bool is_key_character(char c) {
  const bool beyond_ascii = (static_cast<unsigned char>(c) & 0x80) != 0;
  const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return beyond_ascii || alphanumeric || std::string_view{" _.:/=+-@"}.find(c) != std::string_view::npos;
}

Error refuse(const std::string& what) {
  return {Errc::invalid_request, what};
}

}  // namespace

Status check_tags(const Tags& tags, std::size_t limit) {
  if (tags.size() > limit) {
    return refuse("A resource has at most " + std::to_string(limit) + " tags, " +
                  std::to_string(tags.size()) + " are given");
  }
  std::set<std::string_view> seen;
  for (const auto& tag : tags) {
    const auto length = count_characters(tag.key);
    if (length == 0 || length > kMaxKey) return refuse("A tag key has 1 to 128 characters");
    if (!std::all_of(tag.key.begin(), tag.key.end(), is_key_character)) {
      return refuse("The tag key '" + tag.key +
                    "' has a character that is no letter, digit, space or one of _.:/=+-@");
    }
    if (tag.key.starts_with("aws:")) {
      return refuse("The tag key '" + tag.key + "' starts with aws:, which is reserved");
    }
    if (count_characters(tag.value) > kMaxValue) {
      return refuse("The value of tag '" + tag.key + "' has more than 256 characters");
    }
    if (!seen.insert(tag.key).second) return refuse("The tag key '" + tag.key + "' is given twice");
  }
  return Ok{};
}

bool same_tags(Tags a, Tags b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

}  // namespace iotemu::registry
