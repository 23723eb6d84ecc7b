#include "emulator/api/router.h"

#include <algorithm>

namespace iotemu::api {
namespace {

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const auto end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool is_member(std::string_view segment) {
  return segment.starts_with('{');
}
bool takes_rest(std::string_view segment) {
  return segment.ends_with("+}");
}

std::string joined_from(const std::vector<std::string>& segments, std::size_t first) {
  std::string text = segments[first];
  for (auto i = first + 1; i < segments.size(); ++i) text += '/' + segments[i];
  return text;
}

/// Literal before member, at the first place where two patterns differ in kind.
bool more_literal(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(), [](std::string_view x, std::string_view y) {
        return static_cast<int>(is_member(x)) < static_cast<int>(is_member(y));
      });
}

bool matches(const std::vector<std::string_view>& pattern, const std::vector<std::string>& segments) {
  const bool rest = !pattern.empty() && takes_rest(pattern.back());
  if (rest ? segments.size() < pattern.size() : segments.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    // An empty member value is no value: `/things/` is not a thing. One with slashes may begin with one.
    const bool empty = segments[i].empty() && (!takes_rest(pattern[i]) || segments.size() == pattern.size());
    if (is_member(pattern[i]) ? empty : segments[i] != pattern[i]) return false;
  }
  return true;
}

}  // namespace

Router::Router(std::vector<Route> routes) {
  entries_.reserve(routes.size());  // pointers into it are kept
  for (const auto& route : routes) entries_.push_back({route, split(route.path)});
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return more_literal(a.pattern, b.pattern); });
  for (const auto& entry : entries_) {
    by_first_segment_[entry.pattern.front()].push_back(&entry);
    by_name_[entry.route.name] = &entry.route;
  }
}

const std::vector<const Router::Entry*>* Router::candidates(const std::vector<std::string>& segments) const {
  if (segments.empty()) return nullptr;
  const auto found = by_first_segment_.find(segments.front());
  return found == by_first_segment_.end() ? nullptr : &found->second;
}

bool Router::has_path(const std::vector<std::string>& segments) const {
  const auto* entries = candidates(segments);
  return entries != nullptr && std::any_of(entries->begin(), entries->end(), [&](const Entry* entry) {
           return matches(entry->pattern, segments);
         });
}

std::optional<RouteMatch> Router::match(std::string_view method,
                                        const std::vector<std::string>& segments) const {
  const auto* entries = candidates(segments);
  if (entries == nullptr) return std::nullopt;
  const auto verb = method == "HEAD" ? "GET" : method;
  for (const auto* entry : *entries) {
    if (method_of(entry->route.verb) != verb || !matches(entry->pattern, segments)) continue;
    RouteMatch match{.route = &entry->route};
    for (std::size_t i = 0; i < entry->pattern.size(); ++i) {
      auto name = entry->pattern[i];
      if (!is_member(name)) continue;
      const bool rest = takes_rest(name);
      name = name.substr(1, name.size() - (rest ? 3 : 2));
      match.members.emplace_back(name, rest ? joined_from(segments, i) : segments[i]);
    }
    return match;
  }
  return std::nullopt;
}

const Route* Router::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<const Route*> Router::routes() const {
  std::vector<const Route*> all;
  for (const auto& [name, route] : by_name_) all.push_back(route);
  return all;
}

std::vector<Route> control_plane_routes() {
  std::vector<Route> routes;
  for (const auto* table : {&ca_certificate_operations(),
                            &certificate_operations(),
                            &certificate_transfer_operations(),
                            &policy_operations(),
                            &policy_attachment_operations(),
                            &authorization_operations(),
                            &thing_operations(),
                            &thing_type_operations(),
                            &thing_principal_operations(),
                            &thing_group_operations(),
                            &dynamic_thing_group_operations(),
                            &fleet_indexing_operations(),
                            &fleet_aggregation_operations(),
                            &billing_group_operations(),
                            &provisioning_template_operations(),
                            &provisioning_claim_operations(),
                            &register_thing_operations(),
                            &registration_task_operations(),
                            &role_alias_operations(),
                            &authorizer_operations(),
                            &test_invoke_authorizer_operations(),
                            &domain_configuration_operations(),
                            &logging_operations(),
                            &endpoint_operations(),
                            &event_configuration_operations(),
                            &tag_operations(),
                            &topic_rule_destination_operations(),
                            &topic_rule_operations()}) {
    for (const auto& operation : *table) {
      routes.push_back({operation.name, operation.verb, operation.path, &operation});
    }
  }
  for (const auto& operation : unbuilt_operations()) {
    routes.push_back({operation.name, operation.verb, operation.path});
  }
  return routes;
}

}  // namespace iotemu::api
