#include "mqtt/broker/subscription_index.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "mqtt/broker/levels.h"

namespace iotemu::mqtt {

namespace {

/// The subscriptions of one filter: a flat vector to read, and beside it, once it has grown, where each
/// subscriber stands, so that a hundred thousand of them come and go without a search.
class SubscriberSet {
 public:
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] const std::vector<Subscription>& all() const { return all_; }

  enum class Change : std::uint8_t { none, replaced, added };

  Change put(const Subscription& subscription) {
    const std::size_t at = find(subscription.subscriber);
    if (at < all_.size()) {
      if (all_[at] == subscription) return Change::none;
      all_[at] = subscription;
      return Change::replaced;
    }
    all_.push_back(subscription);
    if (positions_) {
      positions_->emplace(subscription.subscriber, at);
    } else if (all_.size() > kSearchable) {
      index_positions();
    }
    return Change::added;
  }

  bool erase(SubscriberId subscriber) {
    const std::size_t at = find(subscriber);
    if (at >= all_.size()) return false;
    if (positions_) {
      (*positions_)[all_.back().subscriber] = at;
      positions_->erase(subscriber);
    }
    all_[at] = all_.back();
    all_.pop_back();
    return true;
  }

 private:
  /// Up to here a linear search beats a hash.
  static constexpr std::size_t kSearchable = 32;

  /// The position, or the size.
  [[nodiscard]] std::size_t find(SubscriberId subscriber) const {
    if (positions_) {
      const auto found = positions_->find(subscriber);
      return found != positions_->end() ? found->second : all_.size();
    }
    const auto found = std::find_if(all_.begin(), all_.end(),
                                    [&](const Subscription& s) { return s.subscriber == subscriber; });
    return static_cast<std::size_t>(found - all_.begin());
  }

  void index_positions() {
    positions_ = std::make_unique<std::unordered_map<SubscriberId, std::size_t>>();
    for (std::size_t i = 0; i < all_.size(); ++i) positions_->emplace(all_[i].subscriber, i);
  }

  std::vector<Subscription> all_{};
  std::unique_ptr<std::unordered_map<SubscriberId, std::size_t>> positions_{};
};

/// One level of a filter. Its subscribers wait for topics that end here.
struct Node {
  Node(std::string_view text, Node* above) : level{text}, parent{above} {}

  std::string level;
  Node* parent;
  /// Keys look into the children's own `level`.
  std::unique_ptr<std::unordered_map<std::string_view, std::unique_ptr<Node>>> children{};
  std::unique_ptr<Node> plus{};
  SubscriberSet here{};
  std::unique_ptr<SubscriberSet> below{};  ///< of the filter that goes on with `/#`

  [[nodiscard]] bool is_bare() const { return here.empty() && !children && !plus && !below; }

  [[nodiscard]] Node* find_child(std::string_view text) const {
    if (!children) return nullptr;
    const auto found = children->find(text);
    return found != children->end() ? found->second.get() : nullptr;
  }

  Node& child(std::string_view text) {
    if (Node* known = find_child(text)) return *known;
    if (!children) children = std::make_unique<std::unordered_map<std::string_view, std::unique_ptr<Node>>>();
    auto node = std::make_unique<Node>(text, this);
    Node& made = *node;
    children->emplace(made.level, std::move(node));
    return made;
  }

  void drop(Node& child_node) {
    if (plus.get() == &child_node) {
      plus.reset();
      return;
    }
    // The key looks into the child: find first, then let the map take both.
    children->erase(children->find(child_node.level));
    if (children->empty()) children.reset();
  }
};

/// One subscriber, one entry (M3-35).
void collapse(std::vector<Subscription>& found) {
  std::sort(found.begin(), found.end(),
            [](const Subscription& a, const Subscription& b) { return a.subscriber < b.subscriber; });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < found.size(); ++i) {
    if (found[i].subscriber != found[kept].subscriber) {
      found[++kept] = found[i];
      continue;
    }
    found[kept].qos = std::max(found[kept].qos, found[i].qos);
    found[kept].no_local = found[kept].no_local && found[i].no_local;
    found[kept].retain_as_published = found[kept].retain_as_published || found[i].retain_as_published;
  }
  found.resize(kept + 1);
}

}  // namespace

class SubscriptionIndex::Trie {
 public:
  explicit Trie(bool hash_matches_parent) : hash_matches_parent_{hash_matches_parent} {}

  SubscriberSet::Change put(std::string_view pattern, const Subscription& subscription) {
    Node* node = &root_;
    Levels levels{pattern};
    while (!levels.at_end()) {
      const std::string_view level = levels.next();
      if (level == "#") {
        if (!node->below) node->below = std::make_unique<SubscriberSet>();
        return counted(node->below->put(subscription));
      }
      if (level == "+") {
        if (!node->plus) node->plus = std::make_unique<Node>(level, node);
        node = node->plus.get();
      } else {
        node = &node->child(level);
      }
    }
    return counted(node->here.put(subscription));
  }

  bool erase(std::string_view pattern, SubscriberId subscriber) {
    Node* node = &root_;
    Levels levels{pattern};
    bool is_below = false;
    while (!levels.at_end() && node != nullptr) {
      const std::string_view level = levels.next();
      is_below = level == "#";
      if (!is_below) node = level == "+" ? node->plus.get() : node->find_child(level);
    }
    if (node == nullptr || !erase_at(*node, is_below, subscriber)) return false;
    --size_;
    prune(node);
    return true;
  }

  void match(std::string_view topic, std::vector<Subscription>& out) const {
    out.clear();
    Search search{topic, out};
    walk(root_, Levels{topic}, search);
    if (search.sets > 1) collapse(out);
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Search {
    std::string_view topic;
    std::vector<Subscription>& out;
    std::size_t sets{0};

    void add(const SubscriberSet& set) {
      if (set.empty()) return;
      out.insert(out.end(), set.all().begin(), set.all().end());
      ++sets;
    }
  };

  SubscriberSet::Change counted(SubscriberSet::Change change) {
    if (change == SubscriberSet::Change::added) ++size_;
    return change;
  }

  static bool erase_at(Node& node, bool is_below, SubscriberId subscriber) {
    if (!is_below) return node.here.erase(subscriber);
    if (!node.below || !node.below->erase(subscriber)) return false;
    if (node.below->empty()) node.below.reset();
    return true;
  }

  static void prune(Node* node) {
    while (node->parent != nullptr && node->is_bare()) {
      Node* parent = node->parent;
      parent->drop(*node);
      node = parent;
    }
  }

  /// `rest` is what follows `node`. As deep as the deepest filter, which TopicRules bound.
  void walk(const Node& node, Levels rest, Search& search) const {
    if (rest.at_end()) {
      search.add(node.here);
      if (hash_matches_parent_ && node.below) search.add(*node.below);
      return;
    }
    // No wildcard in the first level for topics that start with `$` [MQTT-4.7.2-1].
    const bool wildcards = node.parent != nullptr || !search.topic.starts_with('$');
    if (node.below && wildcards) search.add(*node.below);
    const std::string_view level = rest.next();
    if (const Node* child = node.find_child(level)) walk(*child, rest, search);
    if (node.plus && wildcards) walk(*node.plus, rest, search);
  }

  bool hash_matches_parent_;
  Node root_{"", nullptr};
  std::size_t size_{0};
};

SubscriptionIndex::SubscriptionIndex(const TopicRules& rules)
    : hash_matches_parent_{rules.hash_matches_parent}, trie_{std::make_unique<Trie>(hash_matches_parent_)} {}

SubscriptionIndex::~SubscriptionIndex() = default;

bool SubscriptionIndex::insert(const TopicFilter& filter, const Subscription& subscription) {
  const std::unique_lock lock{mutex_};
  const auto change = trie_->put(filter.pattern(), subscription);
  // Subscribing again with the same options changes no answer: caches stay warm.
  if (change != SubscriberSet::Change::none) generation_.fetch_add(1, std::memory_order_release);
  return change == SubscriberSet::Change::added;
}

bool SubscriptionIndex::erase(const TopicFilter& filter, SubscriberId subscriber) {
  const std::unique_lock lock{mutex_};
  if (!trie_->erase(filter.pattern(), subscriber)) return false;
  generation_.fetch_add(1, std::memory_order_release);
  return true;
}

void SubscriptionIndex::clear() {
  auto old = std::make_unique<Trie>(hash_matches_parent_);  // dies after the lock
  const std::unique_lock lock{mutex_};
  trie_.swap(old);
  generation_.fetch_add(1, std::memory_order_release);
}

std::uint64_t SubscriptionIndex::match(std::string_view topic, std::vector<Subscription>& out) const {
  const std::shared_lock lock{mutex_};
  trie_->match(topic, out);
  return generation();
}

std::size_t SubscriptionIndex::size() const {
  const std::shared_lock lock{mutex_};
  return trie_->size();
}

}  // namespace iotemu::mqtt
