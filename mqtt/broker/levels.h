#pragma once

#include <cstddef>
#include <string_view>

namespace iotemu::mqtt {

/// Walks the levels of a topic name or filter: "a//b" has the levels "a", "" and "b". Empty text has one
/// empty level.
class Levels {
 public:
  explicit Levels(std::string_view text) : rest_{text} {}

  [[nodiscard]] bool at_end() const { return at_end_; }
  /// The next level; only when not at the end.
  [[nodiscard]] std::string_view next() {
    const std::size_t slash = rest_.find('/');
    const std::string_view level = rest_.substr(0, slash);
    at_end_ = slash == std::string_view::npos;
    if (!at_end_) rest_.remove_prefix(slash + 1);
    return level;
  }

 private:
  std::string_view rest_;
  bool at_end_{false};
};

}  // namespace iotemu::mqtt
