#pragma once

// The enabled rules of one realm, found by the topic of a message or by their own name. The filters of FROM
// stand in a trie over topic levels, so that a message costs what its own rules cost, however many others
// there are. A set never changes: a change makes another one, which shares with the first all but the path of
// the rule's filter, so that it costs the same among 10 rules and among 10,000. Shared between threads.

#include <memory>
#include <string_view>
#include <vector>

#include "base/persistent_map.h"
#include "rules/plan/rule.h"

namespace iotemu::rules::plan {

class RuleSet {
 public:
  RuleSet() = default;
  /// Of rules with the same name the last one counts. A rule without FROM is found by its name alone.
  explicit RuleSet(const std::vector<RulePtr>& rules);

  /// With one more rule, or with it in place of the one of its name.
  [[nodiscard]] RuleSet with(const RulePtr& rule) const;
  [[nodiscard]] RuleSet without(std::string_view name) const;

  [[nodiscard]] bool empty() const { return by_name_.empty(); }
  [[nodiscard]] std::size_t size() const { return by_name_.size(); }
  /// Whether a message on that topic runs any rule (RU-5).
  [[nodiscard]] bool matches(std::string_view topic) const;
  /// The rules that a message on that topic runs, in the order of their names.
  [[nodiscard]] std::vector<RulePtr> match(std::string_view topic) const;
  /// Null: there is none of that name.
  [[nodiscard]] RulePtr find(std::string_view name) const;

 private:
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;
  using ByName = PersistentMap<RulePtr>;

  /// The same path with what ends there changed; null: nothing is left of it.
  template <class Change>
  static NodePtr changed(const Node* node, std::string_view rest, bool more, const Change& change);
  /// Calls `found` with the rules of a node until it answers true.
  template <class Found>
  static bool walk(const Node& node, std::string_view rest, bool more, bool wildcards, const Found& found);

  ByName by_name_{};
  NodePtr root_{};  ///< Null: no rule has a filter.
};

}  // namespace iotemu::rules::plan
