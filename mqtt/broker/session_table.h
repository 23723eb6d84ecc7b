#pragma once

// The sessions of one shard, found by SubscriberId without a search: the id holds the loop (8 bits), the
// place in the table (24 bits) and how often the place has been used (32 bits). Loop thread only.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "mqtt/session/session.h"

namespace iotemu::mqtt {

[[nodiscard]] constexpr std::size_t loop_of(SubscriberId id) {
  return static_cast<std::size_t>(id >> 56);
}

/// Somebody on another loop who wants the session.
struct Successor {
  SubscriberId id{};
  bool keep{};  ///< false: a clean session, which wants an end to this one and nothing of it (M3-7)
  Version version{Version::v3_1_1};
};

/// A session whose content has been asked of another loop and is not here yet.
struct PendingMove {
  Link* link{};    ///< waits for its CONNACK; null if it has gone away meanwhile
  bool keep{};     ///< whether the content is still wanted
  bool discard{};  ///< whether even the new session shall end when its connection has gone
  std::optional<Successor> successor{};

  void discard_all() {
    keep = false;
    discard = true;
  }
};

class SessionTable {
 public:
  struct Place {
    std::uint32_t use{1};
    std::unique_ptr<Session> session{};
    std::unique_ptr<PendingMove> move{};
    SubscriberId moved_to{};  ///< without a session: where it went, so that late messages follow it
  };

  explicit SessionTable(std::size_t loop) : loop_{loop} {}

  /// A new session under an id of its own.
  Session& add(SessionHost& host, SessionTraits traits);
  /// Null if the id is out of use.
  [[nodiscard]] Place* find(SubscriberId id) {
    const std::size_t at = place_of(id);
    if (at >= places_.size() || places_[at].use != use_of(id)) return nullptr;
    return &places_[at];
  }
  [[nodiscard]] Session* session(SubscriberId id) {
    Place* place = find(id);
    return place == nullptr ? nullptr : place->session.get();
  }
  /// Destroys what is there and retires the id.
  void free(SubscriberId id);
  [[nodiscard]] std::vector<SubscriberId> ids() const;

 private:
  static constexpr std::size_t place_of(SubscriberId id) {
    return static_cast<std::size_t>(id >> 32) & 0xFFFFFF;
  }
  static constexpr std::uint32_t use_of(SubscriberId id) { return static_cast<std::uint32_t>(id); }

  const std::size_t loop_;
  std::vector<Place> places_;
  std::vector<std::size_t> free_;
};

}  // namespace iotemu::mqtt
