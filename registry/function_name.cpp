#include "registry/function_name.h"

#include <algorithm>
#include <vector>

#include "base/utf8.h"

namespace iotemu::registry {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == text.npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

bool is_word(std::string_view text, std::size_t longest, std::string_view more) {
  return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           more.find(c) != more.npos;
  });
}

}  // namespace

Result<FunctionName> FunctionName::parse(std::string_view text) {
  constexpr std::size_t kLongestName = 64;
  constexpr std::size_t kLongestQualifier = 128;
  auto parts = split(text);
  if (parts.size() >= 7 && parts[0] == "arn" && parts[2] == "lambda") {
    parts.erase(parts.begin(), parts.begin() + 4);  // the partial form is left
    if (parts[1] != "function") parts.clear();
  }
  if (parts.size() >= 3 && parts[1] == "function") parts.erase(parts.begin(), parts.begin() + 2);
  const bool named = !parts.empty() && parts.size() <= 2 && is_word(parts[0], kLongestName, "-_");
  if (!named || (parts.size() == 2 && !is_word(parts[1], kLongestQualifier, "-_$"))) {
    return Error{Errc::invalid_request, "'" + std::string{front_characters(text, 256)} +
                                            "' names no Lambda function; expected a name, name:qualifier, or "
                                            "arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]"};
  }
  return FunctionName{.name = std::string{parts[0]},
                      .qualifier = parts.size() == 2 ? std::string{parts[1]} : std::string{}};
}

}  // namespace iotemu::registry
