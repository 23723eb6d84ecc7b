#include "mqtt/session/in_flight.h"

#include <gtest/gtest.h>

namespace iotemu::mqtt {
namespace {

OwedMessage owed(std::string payload) {
  return {.message = std::make_shared<const Message>(Message{.payload = std::move(payload)})};
}

TEST(InFlight, GivesIdsUpwardsAndNeverZeroNorOneThatIsOpen) {
  InFlight window;
  ASSERT_EQ(window.open(owed("first"), Tick{}), 1);
  std::uint16_t last = 1;
  int wraps = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint16_t id = window.open(owed("x"), Tick{});
    ASSERT_GT(id, 1);
    wraps += id < last ? 1 : 0;
    last = id;
    ASSERT_TRUE(window.close(id));
  }
  EXPECT_EQ(wraps, 1);
  EXPECT_EQ(window.size(), 1U);
}

TEST(InFlight, ClosesAnIdOnce) {
  InFlight window;
  const auto id = window.open(owed("x"), Tick{});
  EXPECT_FALSE(window.close(0));
  EXPECT_FALSE(window.close(static_cast<std::uint16_t>(id + 8)));
  EXPECT_TRUE(window.close(id));
  EXPECT_FALSE(window.close(id));
}

TEST(InFlight, GrowsToManyAndListsThemOldestFirst) {
  InFlight window;
  for (int i = 0; i < 100; ++i) window.open(owed(std::to_string(i)), Tick{});
  window.close(1);
  window.close(40);
  EXPECT_EQ(window.size(), 98U);
  MessageQueue all = window.take_all();
  EXPECT_EQ(window.size(), 0U);
  ASSERT_EQ(all.size(), 98U);
  EXPECT_EQ(all.pop().message->payload, "1");
  while (all.size() > 1) all.pop();
  EXPECT_EQ(all.pop().message->payload, "99");
}

}  // namespace
}  // namespace iotemu::mqtt
