#include "load/plan/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iotemu::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Pair;
using Action = Device::Action;

constexpr Ending kRefused{.stage = Stage::connack, .kind = Ending::Kind::closed};
constexpr Ending kNobody{.stage = Stage::tcp, .kind = Ending::Kind::failed, .code = ECONNREFUSED};
constexpr Ending kLost{.stage = Stage::online, .kind = Ending::Kind::closed};

/// A device on a clock that the test moves; `server` is what it plays with.
class DeviceTest : public ::testing::Test {
 protected:
  static Micros us(std::uint64_t value) { return Micros{value}; }
  [[nodiscard]] Instant now() const { return clock_.now(); }
  void pass(Nanos time) { clock_.advance(time); }
  Action wake(Device& device) { return device.wake(now(), recorder_); }
  void accept(Device& device) {
    device.secured(now(), recorder_);
    device.accepted(now(), recorder_);
  }
  void end(Device& device, const Ending& ending) { device.ended(ending, now(), recorder_); }
  /// The largest value of a latency.
  [[nodiscard]] Micros max(Phase phase) const { return us(results_[phase].max().value_or(0)); }

  ManualStopwatch clock_;
  Behaviour behaviour_{.backoff = {.jitter = Backoff::Jitter::none}};
  Results results_;
  Progress progress_;
  Recorder recorder_{results_, progress_, Epoch{.instant = {}, .time = Time{seconds{1'790'000'000}}}};
};

TEST_F(DeviceTest, WaitsForItsArrival) {
  Device device{behaviour_, 0, now() + seconds{2}};
  EXPECT_EQ(device.due(), now() + seconds{2});
  EXPECT_EQ(wake(device), Action::none);
  pass(seconds{2});
  EXPECT_EQ(wake(device), Action::connect);
  EXPECT_EQ(results_.counts.arrivals, 1U);
}

TEST_F(DeviceTest, KnocksUntilItIsLetIn) {
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  pass(milliseconds{5});
  end(device, kRefused);
  EXPECT_EQ(device.due(), now() + seconds{1});
  pass(seconds{1});
  EXPECT_EQ(wake(device), Action::connect);
  pass(milliseconds{7});
  accept(device);
  EXPECT_EQ(wake(device), Action::leave);
  EXPECT_TRUE(device.over());
  EXPECT_TRUE(device.settled());

  EXPECT_EQ(max(Phase::provision), milliseconds{1012});
  EXPECT_EQ(max(Phase::connect), milliseconds{7});
  EXPECT_EQ(results_[Phase::attempts].max(), 2U);
  EXPECT_EQ(results_.counts.connects, 2U);
  EXPECT_EQ(results_.counts.accepted, 1U);
  EXPECT_THAT(results_.refusals, ElementsAre(Pair("closed_before_connack", 1)));
  EXPECT_TRUE(results_.errors.empty());
}

TEST_F(DeviceTest, CountsFromItsArrivalAlsoWhenTheLoadComesLate) {
  Device device{behaviour_, 0, now()};
  pass(milliseconds{300});  // the load machine was busy
  EXPECT_EQ(wake(device), Action::connect);
  pass(milliseconds{10});
  accept(device);
  EXPECT_EQ(max(Phase::provision), milliseconds{310});
  EXPECT_EQ(max(Phase::connect), milliseconds{310});
  EXPECT_EQ(max(Phase::handshake), milliseconds{310});
}

TEST_F(DeviceTest, BacksOffAlongTheCurve) {
  behaviour_.give_up_after = Nanos{0};
  Device device{behaviour_, 0, now()};
  for (const int wait : {1, 2, 4, 8, 16, 30, 30}) {
    EXPECT_EQ(wake(device), Action::connect);
    end(device, kRefused);
    EXPECT_EQ(device.due(), now() + seconds{wait});
    pass(seconds{wait});
  }
}

TEST_F(DeviceTest, GivesUpAfterSoManyAttempts) {
  behaviour_.max_attempts = 2;
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  end(device, kNobody);
  pass(seconds{1});
  EXPECT_EQ(wake(device), Action::connect);
  end(device, kNobody);
  EXPECT_TRUE(device.gave_up());
  EXPECT_EQ(device.due(), kNever);
  EXPECT_EQ(results_.counts.given_up, 1U);
  EXPECT_THAT(results_.errors, ElementsAre(Pair("connection_refused", 2)));
}

TEST_F(DeviceTest, GivesUpAfterSoLong) {
  behaviour_.give_up_after = seconds{10};
  Device device{behaviour_, 0, now()};
  while (!device.gave_up()) {
    ASSERT_EQ(wake(device), Action::connect);
    end(device, kRefused);
    if (!device.gave_up()) pass(device.due() - now());
  }
  EXPECT_EQ(now(), Instant{} + seconds{15});  // 1 + 2 + 4 + 8
  EXPECT_EQ(results_.counts.given_up, 1U);
}

TEST_F(DeviceTest, TimesOutAndTriesAgain) {
  behaviour_.timeout = seconds{3};
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  EXPECT_EQ(device.due(), now() + seconds{3});
  pass(seconds{3});
  EXPECT_EQ(wake(device), Action::time_out);
  EXPECT_THAT(results_.errors, ElementsAre(Pair("timed_out", 1)));
  EXPECT_EQ(device.due(), now() + seconds{1});
}

TEST_F(DeviceTest, PublishesByItsTimetable) {
  behaviour_.messages = 3;
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  for (std::uint16_t id = 1; id <= 3; ++id) {
    ASSERT_EQ(wake(device), Action::publish);
    EXPECT_EQ(device.message().packet_id, id);
    EXPECT_EQ(device.message().number, id - 1U);
    EXPECT_EQ(wake(device), Action::none);
    pass(milliseconds{4});
    device.acknowledged(id, now(), recorder_);
    if (id < 3) pass(device.due() - now());
  }
  EXPECT_EQ(wake(device), Action::leave);
  EXPECT_EQ(results_.counts.published, 3U);
  EXPECT_EQ(results_.counts.acknowledged, 3U);
  EXPECT_EQ(max(Phase::publish), milliseconds{4});
}

TEST_F(DeviceTest, AStalledServerShowsInEveryMessageThatWasMeantMeanwhile) {
  // No coordinated omission: a server that stands still for two seconds is not just one slow answer.
  behaviour_.messages = Behaviour::kEndless;
  behaviour_.stay = kForever;
  behaviour_.message_interval = milliseconds{10};
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  std::vector<std::uint16_t> unanswered;
  const auto play = [&](bool answers) {
    while (wake(device) == Action::publish) unanswered.push_back(device.message().packet_id);
    if (!answers) return;
    for (const auto id : std::exchange(unanswered, {})) device.acknowledged(id, now(), recorder_);
    while (wake(device) == Action::publish) device.acknowledged(device.message().packet_id, now(), recorder_);
  };
  for (int tick = 0; tick < 1000; ++tick) {
    const bool stalled = tick > 300 && tick < 500;
    play(!stalled);
    pass(milliseconds{10});
  }
  // One message each 10 ms was meant, and as many were sent, though the window of 100 was full for a second.
  EXPECT_EQ(results_.counts.published, 1000U);
  EXPECT_EQ(results_[Phase::publish].count(), 1000U);
  EXPECT_EQ(max(Phase::publish), milliseconds{1990});
  // 199 of 1000 waited, evenly from 10 ms to 1990 ms: p90 is their middle.
  EXPECT_NEAR(static_cast<double>(*results_[Phase::publish].percentile(90)), 1e6, 2e4);
  EXPECT_GE(*results_[Phase::publish].percentile(99), 1'880'000U);
}

TEST_F(DeviceTest, KeepsToTheWindowOfTheService) {
  behaviour_.messages = 150;
  behaviour_.message_interval = milliseconds{1};
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  pass(seconds{1});
  std::size_t sent = 0;
  while (wake(device) == Action::publish) ++sent;
  EXPECT_EQ(sent, Device::kWindow);
  device.acknowledged(1, now(), recorder_);
  EXPECT_EQ(wake(device), Action::publish);
  EXPECT_EQ(wake(device), Action::none);
}

TEST_F(DeviceTest, SubscribesFirst) {
  behaviour_.subscribe = true;
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  EXPECT_EQ(wake(device), Action::subscribe);
  EXPECT_EQ(wake(device), Action::none);
  pass(milliseconds{3});
  device.subscribed(true, now(), recorder_);
  EXPECT_EQ(max(Phase::subscribe), milliseconds{3});
  EXPECT_EQ(wake(device), Action::leave);
}

TEST_F(DeviceTest, ASubscriptionThatIsRefusedIsAnError) {
  behaviour_.subscribe = true;
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  EXPECT_EQ(wake(device), Action::subscribe);
  device.subscribed(false, now(), recorder_);
  EXPECT_THAT(results_.errors, ElementsAre(Pair("subscribe_refused", 1)));
}

TEST_F(DeviceTest, ComesBackWhenTheServerCutsIt) {
  behaviour_.messages = 2;
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  EXPECT_EQ(wake(device), Action::publish);
  end(device, kLost);
  EXPECT_EQ(results_.counts.disconnected, 1U);
  EXPECT_THAT(results_.errors, ElementsAre(Pair("closed_online", 1), Pair("unacknowledged", 1)));
  EXPECT_EQ(device.due(), now() + seconds{1});
  pass(seconds{1});
  EXPECT_EQ(wake(device), Action::connect);
  pass(milliseconds{9});
  accept(device);
  EXPECT_EQ(max(Phase::reconnect), milliseconds{1009});
  EXPECT_EQ(results_.counts.accepted, 1U);
  EXPECT_EQ(results_.counts.reconnects, 1U);
  // The second message was due a second after the first, which was before this.
  EXPECT_EQ(wake(device), Action::publish);
  EXPECT_EQ(device.message().number, 1U);
}

TEST_F(DeviceTest, StaysAsLongAsItWasTold) {
  behaviour_.stay = seconds{30};
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  EXPECT_EQ(wake(device), Action::none);
  EXPECT_EQ(device.due(), now() + seconds{30});
  EXPECT_FALSE(device.settled());
  pass(seconds{30});
  EXPECT_EQ(wake(device), Action::leave);
}

TEST_F(DeviceTest, InChurnComesAgainFromThePlannedInstant) {
  behaviour_.profile = Profile::churn;
  behaviour_.stay = seconds{5};
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  pass(seconds{5});
  EXPECT_EQ(wake(device), Action::leave);
  EXPECT_FALSE(device.over());
  EXPECT_EQ(device.due(), now() + seconds{1});
  pass(milliseconds{1200});
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  EXPECT_EQ(max(Phase::reconnect), milliseconds{200});
  device.stop(now());
  EXPECT_EQ(wake(device), Action::leave);
  EXPECT_TRUE(device.over());
}

TEST_F(DeviceTest, InAStormAllLatenciesCountFromTheComeback) {
  behaviour_.profile = Profile::reconnect_storm;
  behaviour_.stay = kForever;
  Device device{behaviour_, 0, now()};
  EXPECT_FALSE(device.storm(now()));  // it has nothing to lose yet
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  EXPECT_TRUE(device.settled());
  const auto comeback = now() + milliseconds{100};
  EXPECT_TRUE(device.storm(comeback));
  EXPECT_FALSE(device.settled());
  pass(milliseconds{150});
  EXPECT_EQ(wake(device), Action::connect);
  end(device, kNobody);
  pass(seconds{1});
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  EXPECT_EQ(max(Phase::reconnect), milliseconds{1050});
  EXPECT_EQ(results_.counts.disconnected, 0U);  // the load's own doing
  EXPECT_TRUE(device.settled());
}

TEST_F(DeviceTest, AtTheEndOfTheRunWaitsForItsLastPuback) {
  behaviour_.messages = Behaviour::kEndless;
  behaviour_.stay = kForever;
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  EXPECT_EQ(wake(device), Action::publish);
  device.stop(now());
  EXPECT_EQ(wake(device), Action::none);
  device.acknowledged(1, now(), recorder_);
  EXPECT_EQ(wake(device), Action::leave);
}

TEST_F(DeviceTest, PingsWhenItHasBeenQuietAndMissesTheAnswer) {
  behaviour_.stay = kForever;
  behaviour_.keep_alive = seconds{60};
  behaviour_.timeout = seconds{10};
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  EXPECT_EQ(device.due(), now() + seconds{30});
  pass(seconds{30});
  EXPECT_EQ(wake(device), Action::ping);
  pass(seconds{1});
  device.heard(now());
  EXPECT_EQ(device.due(), now() + seconds{30});
  pass(seconds{30});
  EXPECT_EQ(wake(device), Action::ping);
  pass(seconds{10});
  EXPECT_EQ(wake(device), Action::time_out);
  EXPECT_THAT(results_.errors, ElementsAre(Pair("timed_out_online", 1)));
}

TEST_F(DeviceTest, APubackThatNobodyAskedForIsAnError) {
  behaviour_.stay = kForever;
  Device device{behaviour_, 0, now()};
  EXPECT_EQ(wake(device), Action::connect);
  accept(device);
  device.acknowledged(7, now(), recorder_);
  EXPECT_THAT(results_.errors, ElementsAre(Pair("unexpected_puback", 1)));
}

TEST_F(DeviceTest, WritesEachSecondWhatHappenedInIt) {
  Device first{behaviour_, 0, now()};
  Device second{behaviour_, 1, now() + milliseconds{1500}};
  EXPECT_EQ(wake(first), Action::connect);
  pass(milliseconds{200});
  end(first, kRefused);
  pass(milliseconds{1300});
  EXPECT_EQ(wake(second), Action::connect);
  accept(second);
  ASSERT_EQ(results_.series.size(), 2U);
  EXPECT_EQ(results_.series[0].at, 1'790'000'000);
  EXPECT_EQ(results_.series[0].connects, 1U);
  EXPECT_EQ(results_.series[0].refused, 1U);
  EXPECT_EQ(results_.series[1].arrivals, 1U);
  EXPECT_EQ(results_.series[1].accepted, 1U);
}

}  // namespace
}  // namespace iotemu::load
