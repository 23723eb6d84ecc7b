// The server on loopback: sockets, workers, and how connections end.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/thread_executor.h"
#include "tests/unit/mqtt/net/server_fixture.h"

namespace iotemu::mqtt::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(Workers, ServerTest, ::testing::Values(1U, 4U),
                         [](const auto& param_info) { return std::to_string(param_info.param); });

TEST_P(ServerTest, AsksNobodyForAHandshakeThatIsDropped) {  // P3.5 clarifications
  start();
  auto client = open(device());
  ASSERT_TRUE(client->ready());
  client->abandon();
  auto held = open(device());
  advance(10s);
  EXPECT_FALSE(held->receive());
  EXPECT_EQ(held->end(), "close_notify");
  EXPECT_EQ(door.attempts, 0);
}

TEST_P(ServerTest, GivesUpAHalfOpenHandshakeAfterTenSeconds) {  // P3.5 clarifications
  start();
  auto other = connect("other");
  const int silent = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getpeername(other->fd(), reinterpret_cast<sockaddr*>(&address), &size);
  ASSERT_EQ(::connect(silent, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::send(silent, "\x16\x03\x01", 3, 0), 3);
  // The connection is accepted when its deadline is armed: one worker has a timer ten seconds ahead.
  while (server->connections() < 2) std::this_thread::yield();
  settle();
  const Tick accepted = clock.tick();
  while (clock.tick() < accepted + 10s) advance(1s);
  char byte = 0;
  EXPECT_EQ(::recv(silent, &byte, 1, 0), 0);
  ::close(silent);
  other->send(publish_packet("still/there", "x", 1));
  EXPECT_EQ(hear(*other), "PUBACK{id 1}");
}

TEST_P(ServerTest, WaitsForAnAnswerFromAnotherThread) {
  ThreadExecutor pool{counter, "pool", 1};
  door.later = &pool;
  start();
  auto client = open(device());
  std::string ping;
  encode(Pingreq{}, ping);
  client->send(connect_packet("device") + ping);
  EXPECT_EQ(hear(*client), "CONNACK{code 0x00}");
  EXPECT_EQ(hear(*client), "PINGRESP{}");
}

TEST_P(ServerTest, CarriesMessagesBetweenAllWorkers) {
  start();
  std::vector<std::unique_ptr<TlsClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(connect("c" + std::to_string(i)));
    subscribe(*clients.back(), "all", QoS::at_least_once);
  }
  std::string burst;
  for (std::uint16_t id = 1; id <= 50; ++id) burst += publish_packet("all", "m" + std::to_string(id), id);
  clients.front()->send(burst);
  for (auto& client : clients) {
    int acknowledged = 0;
    int received = 0;
    while (received < 50 || (client == clients.front() && acknowledged < 50)) {
      const std::string packet = hear(*client);
      if (packet.substr(0, 6) == "PUBACK") {
        ++acknowledged;
        continue;
      }
      ++received;
      ASSERT_EQ(packet, "PUBLISH{qos 1, topic \"all\", id " + std::to_string(received) + ", payload \"m" +
                            std::to_string(received) + "\"}");
    }
  }
}

TEST_P(ServerTest, CarriesTheLargestPacketsInBothDirections) {  // M3-38
  start();
  auto client = connect("device");
  subscribe(*client, "big", QoS::at_most_once);
  std::string bytes;
  for (int i = 0; i < 5; ++i)
    bytes += publish_packet("big", std::string(131'072, static_cast<char>('a' + i)));
  ASSERT_TRUE(client->send(bytes));
  for (int i = 0; i < 5; ++i) {
    const auto packet = client->receive();
    ASSERT_TRUE(packet) << client->end();
    EXPECT_EQ(packet->size(), publish_packet("big", std::string(131'072, 'a')).size());
    EXPECT_EQ(packet->back(), 'a' + i);
  }
}

TEST_P(ServerTest, ResumesASessionOnWhicheverWorkerTheClientComesBack) {  // M3-15
  start();
  connect("device", false)->abandon();
  for (int i = 0; i < 8; ++i) {
    auto again = open(device());
    again->send(connect_packet("device", false));
    EXPECT_EQ(hear(*again), "CONNACK{code 0x00, session present}");
    if (i == 0) subscribe(*again, "t", QoS::at_least_once);
    door.broker->publish(Message{.topic = "t", .payload = std::to_string(i), .qos = QoS::at_least_once});
    const std::string packet = hear(*again);
    EXPECT_NE(packet.find("payload \"" + std::to_string(i)), std::string::npos) << packet;
    const auto id = static_cast<std::uint16_t>(std::stoi(packet.substr(packet.find("id ") + 3)));
    std::string done;
    encode(Version::v3_1_1, Puback{.packet_id = id}, done);
    encode(Version::v3_1_1, Disconnect{}, done);
    again->send(done);
    EXPECT_FALSE(again->receive());
  }
}

TEST_P(ServerTest, EndsTheOlderConnectionOfAClientIdWithCloseNotify) {  // M3-14
  start();
  auto older = connect("device");
  auto newer = connect("device");
  EXPECT_FALSE(older->receive());
  EXPECT_EQ(older->end(), "close_notify");
}

TEST_P(ServerTest, SettlesManyClientsThatFightForFewClientIds) {  // M3-14, M3-15
  start();
  std::vector<std::thread> fighters;
  for (int fighter = 0; fighter < 4; ++fighter) {
    fighters.emplace_back([&, fighter] {
      for (int round = 0; round < 12; ++round) {
        const std::string id = "id-" + std::to_string((fighter + round) % 3);
        auto client = open(device());
        client->send(connect_packet(id, false) + publish_packet("fight/" + id, "x", 1));
        std::string filter;
        encode_subscribe(Version::v3_1_1, 1,
                         std::vector<FilterRequest>{{.filter = "fight/+", .qos = QoS::at_least_once}}, {},
                         filter);
        client->send(filter);
        while (client->receive() && round % 2 == 0) {  // half of them stay until they are taken over
          if (SSL_has_pending(client->ssl()) == 0) break;
        }
      }
    });
  }
  for (std::thread& fighter : fighters) fighter.join();
  for (const char* id : {"id-0", "id-1", "id-2"}) {
    auto heir = connect(id, true);
    std::string bye;
    encode(Version::v3_1_1, Disconnect{}, bye);
    heir->send(bye);
    EXPECT_FALSE(heir->receive());
  }
  settle();
  const BrokerCounters counters = door.broker->counters();
  EXPECT_EQ(counters.connections, 0U);
  EXPECT_EQ(counters.sessions, 0U);
  EXPECT_EQ(counters.subscriptions, 0U);
}

TEST_P(ServerTest, TellsABrokenSocketFromADisconnect) {  // LE-4
  start();
  connect("broken")->abandon();
  auto polite = connect("polite");
  std::string bye;
  encode(Version::v3_1_1, Disconnect{}, bye);
  polite->send(bye);
  EXPECT_FALSE(polite->receive());
  EXPECT_EQ(polite->end(), "close_notify");
  server->stop();
  EXPECT_THAT(events.ended,
              ::testing::UnorderedElementsAre(std::pair{"broken", CloseReason::connection_lost},
                                              std::pair{"polite", CloseReason::client_disconnect}));
}

TEST_P(ServerTest, KeepsAPublisherFastWhenASubscriberDoesNotRead) {
  start({.broker = {.output_high_mark = 64 * 1024, .output_low_mark = 16 * 1024}});
  auto slow = connect("slow");
  subscribe(*slow, "flood", QoS::at_most_once);
  auto publisher = connect("publisher");
  const std::string message = publish_packet("flood", std::string(10'000, 'x'));
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(publisher->send(message));
  publisher->send(publish_packet("other", "x", 7));
  EXPECT_EQ(hear(*publisher), "PUBACK{id 7}");
  EXPECT_GT(door.broker->counters().dropped_slow, 0U);
  EXPECT_LT(door.broker->counters().messages_sent, 2000U);
}

TEST_P(ServerTest, ClosesInOrderWhenItStops) {  // LE-4
  start();
  auto client = connect("device");
  server->stop();
  server->stop();
  EXPECT_FALSE(client->receive());
  EXPECT_EQ(client->end(), "close_notify");
  EXPECT_THAT(events.ended, ElementsAre(std::pair{"device", CloseReason::server_shutdown}));
  EXPECT_EQ(server->connections(), 0U);
  EXPECT_FALSE(server->listen("127.0.0.1", 0));
}

TEST_P(ServerTest, RefusesAPortThatIsTaken) {
  start();
  Server other{{.workers = 1, .manual_time = true}, door, clock, random, counter};
  const Keys& keys = Keys::get();
  ASSERT_TRUE(other.set_tls({.ecdsa = {keys.server_ec.chain_pem, keys.server_ec.key_pem}}));
  const auto taken = other.listen("127.0.0.1", port);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::conflict);
}

TEST_P(ServerTest, TurnsNewClientsAwayWithoutDescriptorsAndServesTheOthers) {
  start();
  auto client = connect("held");
  rlimit former{};
  ::getrlimit(RLIMIT_NOFILE, &former);
  const int next = ::dup(0);
  // Room for the sockets of the client side only.
  const rlimit tight{.rlim_cur = static_cast<rlim_t>(next) + 1, .rlim_max = former.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &tight);
  ::close(next);
  TlsClient refused{port, device()};
  EXPECT_FALSE(refused.ready());
  EXPECT_NE(refused.end(), "timeout");
  ::setrlimit(RLIMIT_NOFILE, &former);
  client->send(publish_packet("t", "x", 3));
  EXPECT_EQ(hear(*client), "PUBACK{id 3}");
  advance(1s);
  connect("later");
}

}  // namespace
}  // namespace iotemu::mqtt::testing
