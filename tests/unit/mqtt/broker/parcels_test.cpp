#include "mqtt/broker/parcels.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/manual_clock.h"
#include "tests/unit/mqtt/connection/dialogue.h"

namespace iotemu::mqtt::testing {
namespace {

class ParcelsTest : public ::testing::Test {
 protected:
  struct Arrived {
    Message message;
    MessagePtr shared;  ///< null: it was copied
    AckGate* gate;
    std::vector<SubscriberId> to;
  };

  void post(const Message& message, const MatchResult& to, GateHold hold = {}) {
    Publication publication{packet_of(message), message.publisher, clock};
    parcels.add(publication, to, std::move(hold));
  }
  static Publish packet_of(const Message& message) {
    return {.qos = message.qos,
            .retain = message.retain,
            .topic = message.topic,
            .payload = message.payload_bytes(),
            .properties = message.property_list()};
  }
  static MatchResult subscribers(std::vector<SubscriberId> ids) {
    std::vector<Subscription> all;
    for (const SubscriberId id : ids) all.push_back({.subscriber = id});
    return std::make_shared<const std::vector<Subscription>>(std::move(all));
  }
  std::vector<Arrived> unpack() {
    std::vector<Arrived> all;
    const auto arrive = [&](Publication& publication, std::vector<SubscriberId> to) {
      const MessagePtr shared = publication.detached() ? publication.message() : nullptr;
      all.push_back({*publication.message(), shared, publication.gate(), std::move(to)});
    };
    parcels.unpack(
        clock,
        [&](Publication& publication, const std::vector<Subscription>& targets) {
          std::vector<SubscriberId> to;
          for (const Subscription& target : targets) to.push_back(target.subscriber);
          arrive(publication, std::move(to));
        },
        [&](Publication& publication, const Subscription& to) { arrive(publication, {to.subscriber}); });
    return all;
  }

  ManualClock clock;
  Parcels parcels;
};

TEST_F(ParcelsTest, BringsSmallMessagesWholeAndInOrder) {
  const std::vector<Message> sent{
      {.topic = "a/b", .payload = "one", .qos = QoS::at_least_once, .publisher = "device-1"},
      {.topic = "c", .payload = "", .retain = true, .publisher = "device-2"},
      {.topic = "d", .payload = std::string("\0\xFF", 2), .properties = std::string("\x01\x01", 2)}};
  for (const Message& message : sent) post(message, subscribers({1}));
  const auto arrived = unpack();
  ASSERT_EQ(arrived.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(arrived[i].shared, nullptr);
    EXPECT_EQ(arrived[i].message.topic, sent[i].topic);
    EXPECT_EQ(arrived[i].message.payload, sent[i].payload);
    EXPECT_EQ(arrived[i].message.properties, sent[i].properties);
    EXPECT_EQ(arrived[i].message.publisher, sent[i].publisher);
    EXPECT_EQ(arrived[i].message.qos, sent[i].qos);
    EXPECT_EQ(arrived[i].message.retain, sent[i].retain);
  }
}

TEST_F(ParcelsTest, SharesWhatIsSharedAlreadyAndWhatIsLarge) {
  const auto message = std::make_shared<const Message>(Message{.topic = "a", .hops = 3});
  Publication shared{message};
  parcels.add(shared, subscribers({1}), {});
  post({.topic = "b", .payload = std::string(100'000, 'x')}, subscribers({1}));
  const auto arrived = unpack();
  ASSERT_EQ(arrived.size(), 2U);
  EXPECT_EQ(arrived[0].shared, message);
  ASSERT_NE(arrived[1].shared, nullptr);
  EXPECT_EQ(arrived[1].shared->payload.size(), 100'000U);
}

TEST_F(ParcelsTest, KeepsTheTargetsOfEachApart) {
  std::vector<MatchResult> targets;
  for (SubscriberId id = 1; id <= 40; ++id) targets.push_back(subscribers({id, id + 100}));
  for (int round = 0; round < 2; ++round) {
    for (const MatchResult& to : targets) post({.topic = "t"}, to);
  }
  Publication to_one{std::make_shared<const Message>(Message{.topic = "u"})};
  parcels.add(to_one, 7, QoS::at_least_once);
  const auto arrived = unpack();
  ASSERT_EQ(arrived.size(), 81U);
  for (std::size_t i = 0; i < 80; ++i) {
    const SubscriberId id = i % 40 + 1;
    EXPECT_EQ(arrived[i].to, (std::vector<SubscriberId>{id, id + 100}));
  }
  EXPECT_EQ(arrived[80].to, std::vector<SubscriberId>{7});
}

TEST_F(ParcelsTest, HoldsThePublisherUntilItIsGone) {  // M3-24
  TestLoop loop{0, clock};
  const auto gate = std::make_shared<AckGate>(loop, [] {});
  post({.topic = "a", .qos = QoS::at_least_once}, subscribers({1}), GateHold{*gate});
  EXPECT_EQ(unpack().front().gate, gate.get());
  EXPECT_TRUE(gate->closed());
  parcels = {};
  EXPECT_FALSE(gate->closed());
}

TEST_F(ParcelsTest, WeighsWhatItCarries) {
  EXPECT_TRUE(parcels.empty());
  post({.topic = "a", .payload = std::string(1000, 'x')}, subscribers({1}));
  EXPECT_EQ(parcels.size(), 1U);
  EXPECT_GE(parcels.bytes(), 1000U);
}

}  // namespace
}  // namespace iotemu::mqtt::testing
