#pragma once

// A server on loopback for the tests of net/: keys, an authenticator and an observer that can be steered, and
// clients that say what they hear. Runs with one worker and with four.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "base/manual_clock.h"
#include "base/seeded_random.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/describe.h"
#include "mqtt/codec/encode.h"
#include "mqtt/net/server.h"
#include "tests/support/tls_client.h"
#include "tests/support/tls_identities.h"

namespace iotemu::mqtt::testing {

using namespace std::chrono_literals;
using iotemu::testing::connect_packet;
using iotemu::testing::first_der;
using iotemu::testing::make_test_authority;
using iotemu::testing::make_test_identity;
using iotemu::testing::TestIdentity;
using iotemu::testing::TestKey;
using iotemu::testing::TlsClient;
using iotemu::testing::TlsClientOptions;
using ::testing::ElementsAre;

/// Made once: RSA keys take their time.
struct Keys {
  TestIdentity authority{make_test_authority("Test CA")};
  TestIdentity server_ec{make_test_identity(authority, "localhost")};
  TestIdentity server_rsa{make_test_identity(authority, "localhost", TestKey::rsa_2048)};
  TestIdentity device{make_test_identity(authority, "device-1")};
  TestIdentity device_rsa{make_test_identity(authority, "device-2", TestKey::rsa_2048)};

  static const Keys& get() {
    static const Keys keys;
    return keys;
  }
};

class AllowAll final : public Authorizer {
 public:
  Access publish(std::string_view, bool) override { return Access::allowed; }
  Access subscribe(std::string_view) override { return Access::allowed; }
  bool receive(std::string_view) override { return true; }
};

class Door final : public Authenticator {
 public:
  void authenticate(const ConnectAttempt& attempt, std::function<void(Verdict)> answer) override {
    const std::lock_guard lock{mutex};
    seen = attempt.peer;
    ++attempts;
    if (refuse) {
      answer(Refusal{.reason = "test"});
    } else if (later) {
      later->post([this, answer = std::move(answer)] { answer(admission()); });
    } else {
      answer(admission());
    }
  }
  bool accepts_in_handshake(const PeerIdentity& peer) override {
    const std::lock_guard lock{mutex};
    seen = peer;
    return !refuse;
  }
  [[nodiscard]] Admission admission() const {
    return {.broker = broker, .authorizer = std::make_unique<AllowAll>(), .principal = "principal"};
  }

  std::mutex mutex;
  Broker* broker{};
  Executor* later{};
  std::atomic<bool> refuse{false};
  int attempts{0};
  PeerIdentity seen{};
};

class Events final : public BrokerObserver {
 public:
  void on_disconnected(const ConnectionFacts& facts, CloseReason reason) override {
    const std::lock_guard lock{mutex};
    ended.emplace_back(facts.client_id, reason);
  }
  std::mutex mutex;
  std::vector<std::pair<std::string, CloseReason>> ended{};
};

class ServerTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  void start(ServerOptions options = {}) {
    options.workers = GetParam();
    options.manual_time = true;
    server = std::make_unique<Server>(options, door, clock, random, counter);
    door.broker = &server->make_broker(&events);
    const Keys& keys = Keys::get();
    const auto set = server->set_tls({.rsa = {keys.server_rsa.chain_pem, keys.server_rsa.key_pem},
                                      .ecdsa = {keys.server_ec.chain_pem, keys.server_ec.key_pem}});
    ASSERT_TRUE(set) << set.error().message;
    const auto bound = server->listen("127.0.0.1", 0);
    ASSERT_TRUE(bound) << bound.error().message;
    port = *bound;
  }
  void settle() { ASSERT_TRUE(counter.wait_idle(10s)); }
  void advance(Duration by) {
    const Tick until = clock.tick() + by;
    for (auto due = server->next_due(); due && *due <= until; due = server->next_due()) {
      if (*due > clock.tick()) clock.advance(*due - clock.tick());
      server->fire_due();
      settle();
    }
    clock.advance(until - clock.tick());
  }
  [[nodiscard]] TlsClientOptions device() const { return {.identity = &Keys::get().device}; }
  [[nodiscard]] std::unique_ptr<TlsClient> open(const TlsClientOptions& options) const {
    return std::make_unique<TlsClient>(port, options);
  }
  std::unique_ptr<TlsClient> connect(std::string_view client_id, bool clean = true) const {
    auto client = open(device());
    client->send(connect_packet(client_id, clean));
    EXPECT_EQ(hear(*client).substr(0, 18), "CONNACK{code 0x00}") << client->end();
    return client;
  }
  static std::string hear(TlsClient& client) {
    const auto bytes = client.receive();
    if (!bytes) return client.end();
    const auto packet = decode(Version::v3_1_1, next_frame(as_bytes(*bytes), bytes->size()).frame);
    return packet ? describe(*packet) : packet.error().message;
  }
  static void subscribe(TlsClient& client, std::string_view filter, QoS qos) {
    std::string bytes;
    encode_subscribe(Version::v3_1_1, 1, std::vector<FilterRequest>{{.filter = filter, .qos = qos}}, {},
                     bytes);
    client.send(bytes);
    EXPECT_EQ(hear(client).substr(0, 6), "SUBACK");
  }
  static std::string publish_packet(std::string_view topic, std::string_view payload, std::uint16_t id = 0) {
    std::string bytes;
    encode(Version::v3_1_1,
           Publish{.qos = id == 0 ? QoS::at_most_once : QoS::at_least_once,
                   .topic = topic,
                   .packet_id = id,
                   .payload = as_bytes(payload)},
           bytes);
    return bytes;
  }

  ManualClock clock;
  SeededRandom random{1};
  WorkCounter counter;
  Door door;
  Events events;
  std::unique_ptr<Server> server;
  std::uint16_t port{};
};

}  // namespace iotemu::mqtt::testing
