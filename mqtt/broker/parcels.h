#pragma once

// Messages on their way from one loop to another: what the sender has gathered in one turn, and for whom.
// Small messages are copied into one block, because memory that one thread allocates and another frees costs
// more than the copy; a message that is shared already, or large, goes as it is. Filled by the sender's
// thread, then read by the receiver's.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "mqtt/broker/match_cache.h"
#include "mqtt/broker/publication.h"
#include "mqtt/session/ack_gate.h"

namespace iotemu::mqtt {

class Parcels {
 public:
  [[nodiscard]] bool empty() const { return parcels_.empty(); }
  [[nodiscard]] std::size_t size() const { return parcels_.size(); }
  /// What they weigh against the bounds on bytes in transit.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// For all of `targets` that live on the other loop. The publisher waits as long as `hold` lives.
  void add(Publication& publication, const MatchResult& targets, GateHold hold);
  /// For one session that has moved there.
  void add(Publication& publication, SubscriberId only, QoS granted);

  /// Calls `to_all(publication, targets)` or `to_one(publication, subscription)` for each, in order.
  template <class ToAll, class ToOne>
  void unpack(const Clock& clock, const ToAll& to_all, const ToOne& to_one) const {
    for (const Parcel& parcel : parcels_) {
      Publication publication = open(parcel, clock);
      if (parcel.targets == kNone) {
        to_one(publication, Subscription{.subscriber = parcel.only, .qos = parcel.granted});
      } else {
        to_all(publication, *targets_[parcel.targets]);
      }
    }
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Parcel {
    MessagePtr message{};  ///< null: it lies in the block, its parts one after the other
    std::size_t at{};
    std::uint32_t payload{};
    std::uint16_t topic{};
    std::uint16_t publisher{};
    std::uint32_t properties{};
    QoS qos{};
    bool retain{};
    QoS granted{};
    std::uint32_t targets{kNone};  ///< which of `targets_`
    SubscriberId only{};
    GateHold hold{};
  };

  [[nodiscard]] Parcel pack(Publication& publication);
  [[nodiscard]] Publication open(const Parcel& parcel, const Clock& clock) const;

  std::vector<Parcel> parcels_;
  std::vector<MatchResult> targets_;  // each once for a run of messages: its count is shared between threads
  std::string block_;
  std::size_t bytes_{0};
};

}  // namespace iotemu::mqtt
