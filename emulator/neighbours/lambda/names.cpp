#include "emulator/neighbours/lambda/names.h"

#include <algorithm>
#include <vector>

#include "emulator/neighbours/lambda/faults.h"

namespace iotemu::neighbours::lambda {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxQualifier = 128;

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == text.npos;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == text.npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

bool is_version_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

bool is_alias_name(std::string_view text) {
  return is_word(text) && text.size() <= kMaxQualifier && !is_version_number(text);
}

std::string FunctionRef::function_arn() const {
  return "arn:" + std::string{partition(realm.region)} + ":lambda:" + realm.region + ":" + realm.account +
         ":function:" + name;
}

Answer<FunctionRef> parse_function(const Realm& realm, std::string_view text, const std::string& qualifier) {
  const auto wrong =
      rule_broken(std::string{text.substr(0, 256)}, "functionName",
                  "Member must satisfy regular expression pattern: "
                  "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-"
                  "\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?");
  FunctionRef ref{.realm = realm};
  auto parts = split(text);
  auto next = parts.begin();
  const auto left = [&] { return parts.end() - next; };
  if (left() > 3 && *next == "arn" && next[1].starts_with("aws") && next[2] == "lambda") {
    next += 3;
    if (left() < 4) return wrong;
    ref.realm.region = *next++;
    if (ref.realm.region != realm.region) {
      return not_there("Functions from '" + ref.realm.region + "' are not reachable in this region ('" +
                       realm.region + "')");
    }
  }
  if (left() > 1 && is_account(*next)) ref.realm.account = *next++;
  if (left() > 1 && *next == "function") ++next;
  if (left() < 1 || left() > 2 || !is_word(*next) || next->size() > kMaxName) return wrong;
  ref.name = *next++;
  if (left() == 1) {
    ref.qualifier = *next;
    if (ref.qualifier != kLatest && !is_word(ref.qualifier)) return wrong;
  }
  if (qualifier.empty()) return ref;
  if (qualifier != kLatest && (!is_word(qualifier) || qualifier.size() > kMaxQualifier))
    return rule_broken(qualifier, "qualifier",
                       "Member must satisfy regular expression pattern: (|[a-zA-Z0-9$_-]+)");
  if (!ref.qualifier.empty() && ref.qualifier != qualifier) {
    return invalid("The derived qualifier from the function name does not match the specified qualifier.");
  }
  ref.qualifier = qualifier;
  return ref;
}

}  // namespace iotemu::neighbours::lambda
