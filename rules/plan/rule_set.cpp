#include "rules/plan/rule_set.h"

#include <algorithm>
#include <utility>

#include "rules/topic_filter.h"

namespace iotemu::rules::plan {

/// One level of the filters. The trie is no deeper than the longest filter that FROM may have (512 bytes).
struct RuleSet::Node {
  ByText<std::unique_ptr<Node>> named{};
  std::unique_ptr<Node> any{};    ///< `+`
  std::vector<Position> here{};   ///< Filters that end here.
  std::vector<Position> below{};  ///< Filters that go on with `#`.
};

RuleSet::RuleSet() : root_{std::make_unique<Node>()} {}

RuleSet::RuleSet(std::vector<RulePtr> rules) : rules_{std::move(rules)}, root_{std::make_unique<Node>()} {
  for (Position at = 0; at < rules_.size(); ++at) {
    by_name_.emplace(rules_[at]->name(), at);
    if (!rules_[at]->filter().empty()) insert(rules_[at]->filter(), at);
  }
}

RuleSet::~RuleSet() = default;

void RuleSet::insert(std::string_view filter, Position position) {
  Node* node = root_.get();
  bool more = true;
  while (more) {
    const auto level = take_level(filter, more);
    if (level == "#") {
      node->below.push_back(position);
      return;
    }
    auto& next = level == "+" ? node->any : node->named[std::string{level}];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  node->here.push_back(position);
}

template <class Found>
bool RuleSet::walk(const Node& node, std::string_view rest, bool more, bool wildcards, const Found& found) {
  if (!more) return !node.here.empty() && found(node.here);
  if (wildcards && !node.below.empty() && found(node.below)) return true;
  const auto level = take_level(rest, more);
  if (wildcards && node.any && walk(*node.any, rest, more, true, found)) return true;
  const auto next = node.named.find(level);
  return next != node.named.end() && walk(*next->second, rest, more, true, found);
}

bool RuleSet::matches(std::string_view topic) const {
  return walk(*root_, topic, true, !topic.starts_with('$'), [](const auto&) { return true; });
}

std::vector<RulePtr> RuleSet::match(std::string_view topic) const {
  std::vector<Position> positions;
  walk(*root_, topic, true, !topic.starts_with('$'), [&](const std::vector<Position>& some) {
    positions.insert(positions.end(), some.begin(), some.end());
    return false;
  });
  std::ranges::sort(positions);
  std::vector<RulePtr> found;
  found.reserve(positions.size());
  for (const auto at : positions) found.push_back(rules_[at]);
  return found;
}

RulePtr RuleSet::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : rules_[found->second];
}

}  // namespace iotemu::rules::plan
