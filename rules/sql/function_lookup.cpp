#include <algorithm>
#include <map>
#include <string>

#include "rules/sql/functions.h"

namespace iotemu::rules::sql {
namespace {

std::string lowercase(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

using Lookup = std::map<std::string, const Function*, std::less<>>;

const Lookup& lookup() {
  static const Lookup functions = [] {
    Lookup out;
    for (const auto group : function_groups()) {
      for (const Function& function : group) out.emplace(lowercase(function.name), &function);
    }
    return out;
  }();
  return functions;
}

/// How many characters to change, drop or add.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = corner + (a[i - 1] == b[j - 1] ? 0U : 1U);
      corner = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

const Function* find_function(std::string_view name) {
  const auto found = lookup().find(lowercase(name));
  return found == lookup().end() ? nullptr : found->second;
}

std::string_view nearest_function(std::string_view name) {
  constexpr std::size_t longest = 64;
  if (name.size() > longest) return {};
  const std::string wanted = lowercase(name);
  std::string_view best;
  std::size_t least = std::max<std::size_t>(wanted.size() / 3, 1) + 1;
  for (const auto& [text, function] : lookup()) {
    const std::size_t far = distance(wanted, text);
    if (far >= least) continue;
    least = far;
    best = function->name;
  }
  return best;
}

}  // namespace iotemu::rules::sql
