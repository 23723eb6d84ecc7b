#pragma once

// Which session speaks for a client id, anywhere in the broker. A session is named by its SubscriberId, whose
// upper bits say which loop it lives on; ids are never used twice, so the id is also the generation that
// settles races: whoever claims a client id last owns it, and learns from whom it must fetch the session.
// Any thread.

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "mqtt/broker/subscription_index.h"

namespace iotemu::mqtt {

class Directory {
 public:
  [[nodiscard]] std::optional<SubscriberId> find(std::string_view client_id) const;
  /// Makes `owner` the session of the client id; the answer is the one before.
  std::optional<SubscriberId> claim(std::string_view client_id, SubscriberId owner);
  /// Forgets the client id, unless another session has claimed it since.
  void release(std::string_view client_id, SubscriberId owner);

 private:
  static constexpr std::size_t kParts = 16;
  struct Part {
    mutable std::mutex mutex{};
    std::unordered_map<std::string, SubscriberId> owners{};
  };

  [[nodiscard]] Part& part(std::string_view client_id);
  [[nodiscard]] const Part& part(std::string_view client_id) const;

  std::array<Part, kParts> parts_;
};

}  // namespace iotemu::mqtt
