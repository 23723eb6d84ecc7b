#include "emulator/daemon/load_causes.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "iotemu/events.h"
#include "load/plan/outcome.h"

namespace iotemu::daemon {
namespace {

using Names = std::set<std::string, std::less<>>;

/// Causes that are many: a name or a number stands behind.
constexpr std::array<std::string_view, 4> kFamilies{"alert_", "connack_", "disconnect_", "system_error_"};

Names causes_of(std::string_view metric) {
  auto known = load::cause_names();
  if (metric == "errors") return std::move(known.errors);
  constexpr std::string_view kNone = "unknown";
  for (int i = 0; to_string(static_cast<Refusal>(i)) != kNone; ++i)
    known.refusals.emplace(to_string(static_cast<Refusal>(i)));
  return std::move(known.refusals);
}

std::string_view family_of(std::string_view cause) {
  const auto* found =
      std::ranges::find_if(kFamilies, [&](std::string_view family) { return cause.starts_with(family); });
  return found == kFamilies.end() ? std::string_view{} : *found;
}

bool is_number(std::string_view text) {
  return text.find_first_not_of("0123456789") == text.npos;
}

/// Those of a family if it is one of them, else the others and the families.
std::string shown(const Names& names, std::string_view family) {
  std::string text;
  const auto add = [&](std::string_view name) { text.append(text.empty() ? "" : ", ").append(name); };
  std::set<std::string_view> families;
  for (const auto& name : names) {
    const auto own = family_of(name);
    if (!own.empty()) families.insert(own);
    if (own == family && !is_number(std::string_view{name}.substr(own.size()))) add(name);
  }
  for (const auto one : families) {
    if (family.empty() || family == one) add(std::string{one} + "…");
  }
  return text;
}

}  // namespace

std::string why_no_cause(const load::Threshold& threshold) {
  const bool of_causes = threshold.metric == "errors" || threshold.metric == "refusals";
  const auto& cause = threshold.figure;
  if (!of_causes || cause.empty() || cause == "rate") return {};
  const auto names = causes_of(threshold.metric);
  if (names.contains(cause)) return {};
  return "'" + threshold.text + "': no load counts '" + cause + "' among its " + threshold.metric +
         "; their causes are " + shown(names, family_of(cause));
}

}  // namespace iotemu::daemon
