#pragma once

// The enabled rules of one realm, found by the topic of a message or by their own name. The filters of FROM
// stand in a trie over topic levels, so that a message costs what its own rules cost, however many others
// there are. Immutable; shared between threads.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/plan/rule.h"

namespace iotemu::rules::plan {

class RuleSet {
 public:
  RuleSet();
  /// Their names differ; a rule without FROM is found by its name alone.
  explicit RuleSet(std::vector<RulePtr> rules);
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  [[nodiscard]] bool empty() const { return rules_.empty(); }
  [[nodiscard]] std::size_t size() const { return rules_.size(); }
  /// Whether a message on that topic runs any rule (RU-5).
  [[nodiscard]] bool matches(std::string_view topic) const;
  /// The rules that a message on that topic runs, in the order in which they were given.
  [[nodiscard]] std::vector<RulePtr> match(std::string_view topic) const;
  /// Null: there is none of that name.
  [[nodiscard]] RulePtr find(std::string_view name) const;

 private:
  struct Node;
  using Position = std::uint32_t;

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class Value>
  using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

  void insert(std::string_view filter, Position position);
  /// Calls `found` with a node's positions until it answers true.
  template <class Found>
  static bool walk(const Node& node, std::string_view rest, bool more, bool wildcards, const Found& found);

  std::vector<RulePtr> rules_;
  ByText<Position> by_name_;
  std::unique_ptr<Node> root_;
};

}  // namespace iotemu::rules::plan
