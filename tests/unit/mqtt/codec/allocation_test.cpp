// Decoding borrows: it must not touch the heap.

#include <gtest/gtest.h>

#include "tests/unit/mqtt/codec/counting_new.h"
#include "tests/unit/mqtt/codec/wire_support.h"

namespace iotemu::mqtt::testing {
namespace {

struct AllocationCase {
  std::string_view name;
  Version version;
  std::string_view hex;
};

constexpr AllocationCase kPackets[] = {
    {"Connect", Version::v3_1_1,
     "10 1b 0004 'MQTT' 04 ec 0000 0002 'id' 0001 't' 0002 ff00 0001 'u' 0001 'p'"},
    {"ConnectOfMqtt5", Version::v5, "10 13 0004 'MQTT' 05 02 003c 05 11 0000000a 0001 'a'"},
    {"Publish", Version::v3_1_1, "32 30 0022 'a/topic/name/longer/than/a/small/one' 0007 'payload-of-10'"},
    {"PublishOfMqtt5", Version::v5, "32 10 0001 'a' 0007 09 26 0001 'k' 0003 'val' 'x'"},
    {"Subscribe", Version::v3_1_1, "82 0e 000a 0003 'a/b' 01 0003 '#/c' 00"},
    {"Unsubscribe", Version::v3_1_1, "a2 0a 000b 0003 'a/b' 0001 '+'"},
    {"Puback", Version::v3_1_1, "40 02 0001"},
    {"Pingreq", Version::v3_1_1, "c0 00"},
    {"Disconnect", Version::v3_1_1, "e0 00"},
};

class Allocation : public ::testing::TestWithParam<AllocationCase> {};

TEST_P(Allocation, IsNotNeededToDecodeAndRead) {
  const std::string bytes = wire(GetParam().hex);
  const std::size_t before = allocations_so_far();
  const FrameResult framed = next_frame(as_bytes(bytes), kNoLimit);
  std::size_t read = 0;
  bool valid = false;
  {
    const Result<Packet> packet = decode(GetParam().version, framed.frame);
    valid = packet.ok();
    if (const auto* subscribe = valid ? std::get_if<Subscribe>(&*packet) : nullptr) {
      for (const FilterRequest request : subscribe->filters) read += request.filter.size();
    }
    if (const auto* publish = valid ? std::get_if<Publish>(&*packet) : nullptr) {
      for (const Property property : publish->properties) read += property.text.size();
    }
  }
  const std::size_t after = allocations_so_far();
  EXPECT_EQ(after, before);
  EXPECT_TRUE(valid);
  EXPECT_LE(read, bytes.size());
}

INSTANTIATE_TEST_SUITE_P(Packets, Allocation, ::testing::ValuesIn(kPackets),
                         [](const auto& named) { return std::string{named.param.name}; });

TEST(Allocation, IsCounted) {
  const std::size_t before = allocations_so_far();
  // Called by name, so that the pair may not be optimised away.
  ::operator delete(::operator new(1));
  EXPECT_GT(allocations_so_far(), before);
}

TEST(Allocation, IsNotNeededToEncodeIntoABufferWithRoom) {
  std::string out;
  out.reserve(1024);
  const SharedPublish shared =
      encode_publish(Version::v3_1_1, QoS::at_least_once, false, "a/b", as_bytes("on"));
  const std::size_t before = allocations_so_far();
  encode(Version::v3_1_1, Puback{.packet_id = 7}, out);
  encode(Version::v3_1_1, Publish{.topic = "a/b", .payload = as_bytes("on")}, out);
  shared.append_to(out, 7);
  EXPECT_EQ(allocations_so_far(), before);
}

}  // namespace
}  // namespace iotemu::mqtt::testing
