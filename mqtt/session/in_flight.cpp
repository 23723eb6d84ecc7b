#include "mqtt/session/in_flight.h"

#include <algorithm>
#include <utility>

namespace iotemu::mqtt {

std::uint16_t InFlight::open(OwedMessage owed, Tick now) {
  if (size_ * 2 >= slots_.size()) grow();
  std::uint16_t id = last_id_;
  do {
    ++id;
  } while (id == 0 || slot(id).packet_id != 0);
  last_id_ = id;
  slot(id) = Entry{.packet_id = id, .owed = std::move(owed), .first_sent = now, .last_sent = now};
  ++size_;
  return id;
}

bool InFlight::close(std::uint16_t packet_id) {
  if (packet_id == 0 || slots_.empty() || slot(packet_id).packet_id != packet_id) return false;
  slot(packet_id) = Entry{};
  --size_;
  return true;
}

std::vector<InFlight::Entry*> InFlight::in_order() {
  std::vector<Entry*> open;
  for (Entry& entry : slots_) {
    if (entry.packet_id != 0) open.push_back(&entry);
  }
  // Ids wrap: the distance behind the last one given is the age.
  std::sort(open.begin(), open.end(), [this](const Entry* a, const Entry* b) {
    return static_cast<std::uint16_t>(last_id_ - a->packet_id) >
           static_cast<std::uint16_t>(last_id_ - b->packet_id);
  });
  return open;
}

MessageQueue InFlight::take_all() {
  MessageQueue all;
  for (Entry* entry : in_order()) all.push(std::move(entry->owed));
  slots_ = {};
  size_ = 0;
  return all;
}

void InFlight::grow() {
  // Open ids stay apart: they differ below the old mask, or the table was never that full.
  std::vector<Entry> old =
      std::exchange(slots_, std::vector<Entry>(std::max<std::size_t>(8, slots_.size() * 2)));
  for (Entry& entry : old) {
    if (entry.packet_id != 0) slot(entry.packet_id) = std::move(entry);
  }
}

}  // namespace iotemu::mqtt
