// What the service answers to one connection: Broker::publish_to.

#include <gtest/gtest.h>

#include "tests/unit/mqtt/connection/dialogue.h"

namespace iotemu::mqtt::testing {
namespace {

Message answer(std::string topic, QoS qos = kQoS1) {
  return {.topic = std::move(topic), .payload = "yes", .qos = qos};
}

/// Answers the client that connected as number `at`.
void tell(World& world, Message message, std::size_t at = 0) {
  world.broker->publish_to(world.observer.connections.at(at), std::move(message));
  world.settle();
}

class Answers : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Loops, Answers, ::testing::Values(1U, 3U));

TEST_P(Answers, ReachTheirConnectionAndNobodyElse) {
  World world{{}, GetParam()};
  Client& asker = world.connected({.client_id = "asker"}, GetParam() - 1);
  Client& other = world.connected({.client_id = "other"});
  for (Client* client : {&asker, &other}) {
    client->subscribe("$answers/accepted");
    client->subscribe("$answers/#");
    client->heard();
  }
  world.observer.wants_all = true;
  world.observer.take();
  tell(world, answer("$answers/accepted"));
  EXPECT_THAT(asker.heard(), ElementsAre(HasSubstr("topic \"$answers/accepted\""))) << "once";
  EXPECT_THAT(other.heard(), IsEmpty());
  EXPECT_THAT(world.observer.take(), IsEmpty());
}

TEST(Answer, ComesAtTheQoSOfTheSubscription) {
  World world;
  Client& asker = world.connected();
  asker.subscribe("zero", kQoS0);
  asker.subscribe("one", kQoS1);
  asker.heard();
  tell(world, answer("zero"));
  EXPECT_THAT(asker.heard(), ElementsAre(HasSubstr("qos 0")));
  tell(world, answer("one"));
  EXPECT_THAT(asker.heard(), ElementsAre(HasSubstr("qos 1")));
  tell(world, answer("one", kQoS0));
  EXPECT_THAT(asker.heard(), ElementsAre(HasSubstr("qos 0")));
}

TEST(Answer, NeedsASubscription) {
  World world;
  Client& asker = world.connected();
  tell(world, answer("late"));
  asker.subscribe("late", kQoS1);
  world.settle();
  EXPECT_THAT(asker.heard(), ElementsAre(HasSubstr("SUBACK"))) << "nothing is kept for later";
}

TEST(Answer, NeedsTheRightToReceive) {  // M3-34
  World world;
  world.rights.no_receive.insert("secret");
  Client& asker = world.connected();
  asker.subscribe("secret", kQoS1);
  asker.heard();
  tell(world, answer("secret"));
  EXPECT_THAT(asker.heard(), IsEmpty());
}

TEST(Answer, IsGoneWithItsConnectionEvenForAPersistentSession) {
  World world;
  const ConnectWith persistent{.clean = false};
  Client& asker = world.connected(persistent);
  asker.subscribe("answer", kQoS1);
  asker.lose();
  tell(world, answer("answer"));
  Client& again = world.connect(persistent);
  world.advance(10s);
  EXPECT_THAT(again.heard(), ElementsAre(kResumed));
  tell(world, answer("answer"));
  EXPECT_THAT(again.heard(), IsEmpty()) << "the new connection is not the one that asked";
  tell(world, answer("answer"), 1);
  EXPECT_THAT(again.heard(), ElementsAre(HasSubstr("PUBLISH")));
}

// P6.1: it may hold a key, and the next connection may be another device with the same client id.
TEST_P(Answers, AreNotRepeatedToTheNextConnectionOfTheSession) {
  World world{{.outbound_window = 1}, GetParam()};
  const ConnectWith persistent{.clean = false};
  Client& asker = world.connected(persistent);
  asker.subscribe("answer", kQoS1);
  asker.subscribe("news", kQoS1);
  asker.heard();
  tell(world, answer("answer"));
  tell(world, answer("answer"));
  world.broker->publish({.topic = "news", .payload = "old", .qos = kQoS1});
  world.settle();
  EXPECT_THAT(asker.heard(), ElementsAre(HasSubstr("topic \"answer\""))) << "the rest waits for its PUBACK";
  asker.lose();
  Client& again = world.connect(persistent, GetParam() - 1);
  world.advance(10s);
  EXPECT_THAT(again.heard(), ElementsAre(kResumed, HasSubstr("topic \"news\"")));
}

TEST_P(Answers, AreNotRepeatedAfterATakeOver) {
  World world{{}, GetParam()};
  const ConnectWith persistent{.clean = false};
  Client& asker = world.connected(persistent);
  asker.subscribe("answer", kQoS1);
  asker.heard();
  tell(world, answer("answer"));
  EXPECT_THAT(asker.heard(), ElementsAre(HasSubstr("PUBLISH")));
  Client& again = world.connect(persistent, GetParam() - 1);
  world.advance(10s);
  EXPECT_THAT(again.heard(), ElementsAre(kResumed));
}

TEST(Answer, IsRepeatedToItsOwnConnectionUntilItIsAcknowledged) {
  World world;
  Client& asker = world.connected({.keep_alive = 0});
  asker.subscribe("answer", kQoS1);
  asker.heard();
  tell(world, answer("answer"));
  EXPECT_THAT(asker.heard(), ElementsAre(HasSubstr("PUBLISH")));
  world.advance(world.options.retry_interval);
  EXPECT_THAT(asker.heard(), ElementsAre(HasSubstr("PUBLISH")));
}

}  // namespace
}  // namespace iotemu::mqtt::testing
