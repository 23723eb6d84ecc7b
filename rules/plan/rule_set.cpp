#include "rules/plan/rule_set.h"

#include <algorithm>
#include <utility>

#include "rules/topic_filter.h"

namespace iotemu::rules::plan {

/// One level of the filters. The trie is no deeper than the longest filter that FROM may have (512 bytes).
struct RuleSet::Node {
  PersistentMap<NodePtr> named{};
  NodePtr any{};   ///< `+`
  ByName here{};   ///< Filters that end here.
  ByName below{};  ///< Filters that go on with `#`.

  [[nodiscard]] bool empty() const { return named.empty() && !any && here.empty() && below.empty(); }
};

RuleSet::RuleSet(const std::vector<RulePtr>& rules) {
  for (const auto& rule : rules) *this = with(rule);
}

template <class Change>
RuleSet::NodePtr RuleSet::changed(const Node* node, std::string_view rest, bool more, const Change& change) {
  auto next = node == nullptr ? std::make_shared<Node>() : std::make_shared<Node>(*node);
  if (!more) {
    next->here = change(next->here);
  } else if (const auto level = take_level(rest, more); level == "#") {
    next->below = change(next->below);
  } else if (level == "+") {
    next->any = changed(next->any.get(), rest, more, change);
  } else {
    const NodePtr* const old = next->named.find(level);
    auto child = changed(old == nullptr ? nullptr : old->get(), rest, more, change);
    next->named = child ? next->named.with(level, std::move(child)) : next->named.without(level);
  }
  if (next->empty()) return nullptr;
  return next;
}

RuleSet RuleSet::with(const RulePtr& rule) const {
  const RulePtr old = find(rule->name());
  // Where the filter stays, the new rule takes the old one's place.
  RuleSet next = old && old->filter() != rule->filter() ? without(rule->name()) : *this;
  next.by_name_ = next.by_name_.with(rule->name(), rule);
  if (!rule->filter().empty()) {
    next.root_ = changed(next.root_.get(), rule->filter(), true,
                         [&](const ByName& rules) { return rules.with(rule->name(), rule); });
  }
  return next;
}

RuleSet RuleSet::without(std::string_view name) const {
  const RulePtr old = find(name);
  if (!old) return *this;
  RuleSet next = *this;
  next.by_name_ = by_name_.without(name);
  if (!old->filter().empty()) {
    next.root_ =
        changed(root_.get(), old->filter(), true, [&](const ByName& rules) { return rules.without(name); });
  }
  return next;
}

template <class Found>
bool RuleSet::walk(const Node& node, std::string_view rest, bool more, bool wildcards, const Found& found) {
  if (!more) return !node.here.empty() && found(node.here);
  if (wildcards && !node.below.empty() && found(node.below)) return true;
  const auto level = take_level(rest, more);
  if (wildcards && node.any && walk(*node.any, rest, more, true, found)) return true;
  const NodePtr* const next = node.named.find(level);
  return next != nullptr && walk(**next, rest, more, true, found);
}

bool RuleSet::matches(std::string_view topic) const {
  return root_ && walk(*root_, topic, true, !topic.starts_with('$'), [](const ByName&) { return true; });
}

std::vector<RulePtr> RuleSet::match(std::string_view topic) const {
  std::vector<RulePtr> found;
  if (!root_) return found;
  walk(*root_, topic, true, !topic.starts_with('$'), [&](const ByName& rules) {
    return rules.any_of([&](const RulePtr& rule) {
      found.push_back(rule);
      return false;
    });
  });
  std::ranges::sort(found, {}, [](const RulePtr& rule) -> const std::string& { return rule->name(); });
  return found;
}

RulePtr RuleSet::find(std::string_view name) const {
  const RulePtr* const found = by_name_.find(name);
  return found == nullptr ? nullptr : *found;
}

}  // namespace iotemu::rules::plan
