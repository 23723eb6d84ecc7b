#pragma once

// What tells of the secrets that SQL has asked for, so that nothing shows them: texts are searched for the
// values themselves, as they are and in the forms in which requests carry them. Thread-safe.

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/snapshot.h"

namespace iotemu::rule_engine {

class SecretTraces {
 public:
  /// Secrets that are remembered; with one more the oldest is forgotten. Each of its values counts for a
  /// secret that has more of them: a rotation leaves what an action under way may still carry.
  static constexpr std::size_t kMostSecrets = 512;
  /// Shorter values stay visible: they are found everywhere.
  static constexpr std::size_t kShortest = 4;
  /// Strings inside one secret.
  static constexpr std::size_t kMostValues = 256;

  /// A secret's SecretString, its SecretBinary as base64, or both. What is JSON tells its strings, too, at
  /// any depth; numbers stay visible.
  void add(const std::optional<std::string>& text, const std::optional<std::string>& binary);
  /// With *** in place of every value: as it is, inside JSON (once or twice), percent-encoded, as a form
  /// writes it, and as base64, be it of the value or of a longer text with the value in it.
  [[nodiscard]] std::string hidden(std::string text) const;
  void clear();

 private:
  /// All forms of one secret's values.
  using Forms = std::shared_ptr<const std::vector<std::string>>;
  struct Known {
    std::vector<Forms> secrets{};  ///< Oldest first.
    /// The forms of all of them. The longest first: of "password" nothing is left when "pass" is one, too.
    std::vector<std::string_view> forms{};

    void add(Forms secret);
  };

  static Known of(const std::vector<Forms>& secrets);

  std::mutex mutex_;  ///< One change at a time; who searches takes what is there.
  Snapshot<Known> known_{std::make_shared<const Known>()};
};

}  // namespace iotemu::rule_engine
