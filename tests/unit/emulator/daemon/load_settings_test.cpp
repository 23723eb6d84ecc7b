#include "emulator/daemon/load_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iotemu::daemon {
namespace {

using load::Behaviour;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

LoadOptions options() {
  LoadOptions some;
  some.devices = 10;
  return some;
}

std::string failure(const LoadOptions& of) {
  const auto settings = load_settings(of);
  return settings ? "" : settings.error().message;
}

TEST(LoadSettings, OfTheDefaultAreAnOnboardingOfAllAtOnce) {
  const auto settings = load_settings(options());
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->behaviour.profile, load::Profile::onboard);
  EXPECT_EQ(settings->behaviour.messages, 0U);
  EXPECT_EQ(settings->behaviour.stay, load::Nanos{0});
  EXPECT_EQ(settings->behaviour.backoff, load::Backoff{});
  EXPECT_EQ(settings->rate, 0);
  EXPECT_FALSE(settings->duration);
  EXPECT_FALSE(settings->start_at);
  EXPECT_TRUE(settings->tls.verify_server);
}

TEST(LoadSettings, OfSteadyPublishWithoutEndForAMinute) {
  auto some = options();
  some.profile = "steady";
  some.message_rate = 4;
  const auto settings = load_settings(some);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->behaviour.messages, Behaviour::kEndless);
  EXPECT_EQ(settings->behaviour.message_interval, milliseconds{250});
  EXPECT_EQ(settings->behaviour.stay, load::kForever);
  EXPECT_EQ(settings->duration, seconds{60});
}

TEST(LoadSettings, WhatIsGivenBeatsTheProfile) {
  auto some = options();
  some.profile = "churn";
  some.stay = "2s";
  some.duration = "10s";
  some.messages = "5";
  some.qos = 0;
  const auto settings = load_settings(some);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->behaviour.stay, seconds{2});
  EXPECT_EQ(settings->duration, seconds{10});
  EXPECT_EQ(settings->behaviour.messages, 5U);
  EXPECT_FALSE(settings->behaviour.acknowledged);
}

TEST(LoadSettings, ARunThatWouldNeverEndIsRefused) {
  auto some = options();
  some.messages = "endless";
  some.stay = "forever";
  EXPECT_THAT(failure(some), HasSubstr("need a --duration"));
  some.duration = "1m";
  EXPECT_EQ(failure(some), "");
}

TEST(LoadSettings, ShardsNeedACommonStart) {
  auto some = options();
  some.shard = "1/2";
  EXPECT_THAT(failure(some), HasSubstr("--start-at"));
  some.start_at = "2026-01-18T09:18:06Z";
  EXPECT_EQ(failure(some), "");
}

TEST(Start, IsADateOrSecondsSince1970) {
  const auto date = parse_start("2026-01-18T09:18:06Z");
  ASSERT_TRUE(date);
  EXPECT_EQ(epoch_ms(*date), 1'768'727'886'000);
  EXPECT_EQ(*parse_start("1768727886"), *date);
  for (const auto* text : {"", "soon", "2026-01-18", "2026-13-18T09:18:06Z", "2026-01-18T25:18:06Z",
                           "2026-01-18T09:18:06", "2026-02-30T09:18:06Z", "-5"}) {
    EXPECT_FALSE(parse_start(text)) << text;
  }
}

TEST(HostAndPort, AreReadInAllForms) {
  struct Case {
    const char* text;
    const char* host;
    std::uint16_t port;
  };
  const Case cases[] = {{"localhost", "localhost", 0},
                        {"localhost:8883", "localhost", 8883},
                        {"127.0.0.1:1", "127.0.0.1", 1},
                        {"[::1]:8883", "::1", 8883},
                        {"[::1]", "::1", 0},
                        {"::1", "::1", 0}};
  for (const auto& one : cases) {
    const auto read = parse_host_port(one.text);
    ASSERT_TRUE(read) << one.text;
    EXPECT_EQ(read->host, one.host) << one.text;
    EXPECT_EQ(read->port, one.port) << one.text;
  }
  for (const auto* text : {"", ":8883", "localhost:", "localhost:0", "localhost:70000", "a b", "https://x:1",
                           "[::1", "[::1]8883"}) {
    EXPECT_FALSE(parse_host_port(text)) << text;
  }
}

}  // namespace
}  // namespace iotemu::daemon
