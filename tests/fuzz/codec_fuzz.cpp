// Any bytes at the codec: the first byte chooses the version, the rest is what a peer sends. What decodes
// must encode, and decode to the same packet again; what does not must name a rule.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mqtt/broker/topic.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/describe.h"
#include "mqtt/codec/encode.h"

namespace {

using namespace iotemu::mqtt;

constexpr std::size_t kMaxPacket = 262'144;

void require(bool holds) {
  if (!holds) std::abort();
}

/// CONNECT names its own version.
Version version_of(const Packet& packet, Version assumed) {
  const auto* connect = std::get_if<Connect>(&packet);
  return connect != nullptr ? connect->version().value_or(assumed) : assumed;
}

bool has_encoding(const Packet& packet) {
  if (const auto* connect = std::get_if<Connect>(&packet)) return connect->version().has_value();
  return !std::holds_alternative<Unsupported>(packet);
}

void check_topics(const Packet& packet) {
  const TopicRules rules{};
  if (const auto* publish = std::get_if<Publish>(&packet)) {
    const auto fault = check_topic_name(publish->topic, rules);
    require(TopicName::parse(publish->topic, rules).ok() == (fault == TopicFault::none));
  }
  if (const auto* subscribe = std::get_if<Subscribe>(&packet)) {
    std::size_t count = 0;
    for (const FilterRequest request : subscribe->filters) {
      const auto filter = TopicFilter::parse(request.filter, rules);
      if (filter && !filter->has_wildcard()) require(matches(filter->pattern(), filter->pattern(), rules));
      ++count;
    }
    require(count == subscribe->filters.size());
  }
}

void check_packet(Version assumed, const Frame& frame) {
  const auto packet = decode(assumed, frame);
  if (!packet) {
    require(packet.error().message.find('[') != std::string::npos);
    return;
  }
  require(!describe(*packet).empty());
  check_topics(*packet);
  if (!has_encoding(*packet)) return;

  const Version version = version_of(*packet, assumed);
  std::string bytes;
  encode(version, *packet, bytes);
  const FrameResult again = next_frame(as_bytes(bytes), kMaxPacket * 2);
  require(again.state == FrameResult::State::frame && again.frame.total_size == bytes.size());
  const auto twin = decode(version, again.frame);
  require(twin.ok() && *twin == *packet);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Version version = data[0] % 2 == 0 ? Version::v3_1_1 : Version::v5;
  Bytes rest{data + 1, size - 1};
  while (true) {
    const FrameResult result = next_frame(rest, kMaxPacket);
    if (result.state != FrameResult::State::frame) return 0;
    check_packet(version, result.frame);
    rest = rest.subspan(result.frame.total_size);
  }
}
