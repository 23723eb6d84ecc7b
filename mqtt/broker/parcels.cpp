#include "mqtt/broker/parcels.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace iotemu::mqtt {
namespace {

/// The largest message that is copied. Also keeps all sizes within their fields.
constexpr std::size_t kCopied = 2048;
/// How far back a set of targets is looked for: publishers take turns.
constexpr std::size_t kRemembered = 16;
/// What a parcel costs beside its message.
constexpr std::size_t kOverhead = 128;

}  // namespace

void Parcels::add(Publication& publication, const MatchResult& targets, GateHold hold) {
  const std::size_t oldest = targets_.size() - std::min(targets_.size(), kRemembered);
  auto known = std::find(targets_.begin() + static_cast<std::ptrdiff_t>(oldest), targets_.end(), targets);
  if (known == targets_.end()) known = targets_.insert(known, targets);
  Parcel parcel = pack(publication);
  parcel.targets = static_cast<std::uint32_t>(known - targets_.begin());
  parcel.hold = std::move(hold);
  parcels_.push_back(std::move(parcel));
}

void Parcels::add(Publication& publication, SubscriberId only, QoS granted) {
  Parcel parcel = pack(publication);
  parcel.only = only;
  parcel.granted = granted;
  parcels_.push_back(std::move(parcel));
}

Parcels::Parcel Parcels::pack(Publication& publication) {
  bytes_ += publication.size() + kOverhead;
  if (publication.detached() || publication.size() + publication.publisher().size() > kCopied) {
    return {.message = publication.message()};
  }
  const std::string_view payload = as_text(publication.payload());
  const std::string_view properties = as_text(publication.properties().encoded());
  Parcel parcel{.at = block_.size(),
                .payload = static_cast<std::uint32_t>(payload.size()),
                .topic = static_cast<std::uint16_t>(publication.topic().size()),
                .publisher = static_cast<std::uint16_t>(publication.publisher().size()),
                .properties = static_cast<std::uint32_t>(properties.size()),
                .qos = publication.qos(),
                .retain = publication.retain()};
  block_.append(publication.topic()).append(payload).append(properties).append(publication.publisher());
  return parcel;
}

Publication Parcels::open(const Parcel& parcel, const Clock& clock) const {
  if (parcel.message) {
    Publication publication{parcel.message};
    publication.set_gate(parcel.hold.gate());
    return publication;
  }
  std::string_view rest = std::string_view{block_}.substr(parcel.at);
  const auto next = [&rest](std::size_t size) {
    const std::string_view part = rest.substr(0, size);
    rest.remove_prefix(size);
    return part;
  };
  const std::string_view topic = next(parcel.topic);
  const Bytes payload = as_bytes(next(parcel.payload));
  const Properties properties{as_bytes(next(parcel.properties))};
  Publication publication{{.qos = parcel.qos,
                           .retain = parcel.retain,
                           .topic = topic,
                           .payload = payload,
                           .properties = properties},
                          next(parcel.publisher),
                          clock};
  publication.set_gate(parcel.hold.gate());
  return publication;
}

}  // namespace iotemu::mqtt
