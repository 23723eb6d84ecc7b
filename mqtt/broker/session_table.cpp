#include "mqtt/broker/session_table.h"

#include <utility>

namespace iotemu::mqtt {

Session& SessionTable::add(SessionHost& host, SessionTraits traits) {
  std::size_t at = places_.size();
  if (free_.empty()) {
    places_.emplace_back();
  } else {
    at = free_.back();
    free_.pop_back();
  }
  const SubscriberId id = (SubscriberId{loop_} << 56) | (SubscriberId{at} << 32) | places_[at].use;
  places_[at].session = std::make_unique<Session>(host, id, std::move(traits));
  return *places_[at].session;
}

void SessionTable::free(SubscriberId id) {
  const std::size_t at = place_of(id);
  const std::uint32_t next_use = places_[at].use + 1;
  places_[at] = Place{.use = next_use};
  free_.push_back(at);
}

std::vector<SubscriberId> SessionTable::ids() const {
  std::vector<SubscriberId> ids;
  for (std::size_t at = 0; at < places_.size(); ++at) {
    const Place& place = places_[at];
    if (place.session) ids.push_back(place.session->id());
  }
  return ids;
}

}  // namespace iotemu::mqtt
