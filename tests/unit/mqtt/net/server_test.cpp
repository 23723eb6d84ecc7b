// The server on loopback: TLS, sockets, workers. Each test runs with one worker and with four.

#include "mqtt/net/server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "base/manual_clock.h"
#include "base/seeded_random.h"
#include "base/thread_executor.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/describe.h"
#include "mqtt/codec/encode.h"
#include "tests/support/tls_client.h"
#include "tests/support/tls_identities.h"

namespace iotemu::mqtt {
namespace {

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

INSTANTIATE_TEST_SUITE_P(Workers, ServerTest, ::testing::Values(1U, 4U),
                         [](const auto& param_info) { return std::to_string(param_info.param); });

struct TlsCase {
  int version;
  bool rsa_device;
  bool whole_chain;
  std::string ciphers;
};

TEST_P(ServerTest, AcceptsBothVersionsAndBothKeysAndShowsTheChainAsSent) {  // T-9, P3.3
  start();
  const Keys& keys = Keys::get();
  for (const TlsCase& one :
       {TlsCase{TLS1_3_VERSION, false, false, ""}, TlsCase{TLS1_3_VERSION, true, true, ""},
        TlsCase{TLS1_2_VERSION, false, true, ""},
        TlsCase{TLS1_2_VERSION, true, false, "ECDHE-RSA-AES128-GCM-SHA256"},
        TlsCase{TLS1_2_VERSION, false, false, "AES128-SHA"}}) {
    const TestIdentity& identity = one.rsa_device ? keys.device_rsa : keys.device;
    auto client = open({.identity = &identity,
                        .whole_chain = one.whole_chain,
                        .version = one.version,
                        .server_name = "broker.test",
                        .ciphers = one.ciphers});
    ASSERT_TRUE(client->ready()) << client->end() << " " << one.ciphers;
    client->send(connect_packet("device"));
    EXPECT_EQ(hear(*client), "CONNACK{code 0x00}");
    const std::lock_guard lock{door.mutex};
    std::vector<std::string> chain{first_der(identity.chain_pem)};
    if (one.whole_chain) chain.push_back(first_der(keys.authority.chain_pem));
    EXPECT_EQ(door.seen.chain, chain);
    EXPECT_EQ(door.seen.server_name, "broker.test");
    EXPECT_EQ(door.seen.address, "127.0.0.1");
    EXPECT_EQ(door.seen.tls_version, one.version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2");
  }
}

TEST_P(ServerTest, ServesTheKeyTypeThatTheClientCanCheck) {  // T-9
  start();
  for (const bool rsa : {false, true}) {
    auto client = open({.identity = &Keys::get().device,
                        .version = TLS1_2_VERSION,
                        .ciphers = rsa ? "ECDHE-RSA-AES128-GCM-SHA256" : "ECDHE-ECDSA-AES128-GCM-SHA256"});
    ASSERT_TRUE(client->ready()) << client->end();
    X509* certificate = SSL_get0_peer_certificate(client->ssl());
    EXPECT_EQ(EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)), rsa ? EVP_PKEY_RSA : EVP_PKEY_EC);
  }
}

TEST_P(ServerTest, RefusesOlderTlsAndOffersNoTicketsNorResumption) {  // T-9, T-10
  start();
  auto old = open({.identity = &Keys::get().device, .version = TLS1_1_VERSION, .ciphers = "ALL:@SECLEVEL=0"});
  EXPECT_FALSE(old->ready());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto client = open({.identity = &Keys::get().device, .version = version});
    client->send(connect_packet("device"));
    EXPECT_EQ(hear(*client), "CONNACK{code 0x00}");
    EXPECT_EQ(SSL_SESSION_has_ticket(SSL_get0_session(client->ssl())), 0);
    EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get0_session(client->ssl())), 0);
  }
}

TEST_P(ServerTest, RefusesAClientWithoutCertificateInTheHandshake) {  // P3.5 row 1
  start();
  auto old = open({.version = TLS1_2_VERSION});
  EXPECT_FALSE(old->ready());
  EXPECT_EQ(old->end(), "alert 40");
  auto modern = open({.version = TLS1_3_VERSION});
  modern->send(connect_packet("device"));
  EXPECT_FALSE(modern->receive());
  EXPECT_EQ(modern->end(), "alert 116");
  EXPECT_EQ(door.attempts, 0);
}

TEST_P(ServerTest, ClosesARefusedClientWithCloseNotifyAndNoConnack) {  // P3.5, P3.6
  start();
  door.refuse = true;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto client = open({.identity = &Keys::get().device, .version = version});
    ASSERT_TRUE(client->ready());
    client->send(connect_packet("device") + publish_packet("t", std::string(20'000, 'x')));
    EXPECT_FALSE(client->receive());
    EXPECT_EQ(client->end(), "close_notify");
  }
}

TEST_P(ServerTest, RefusesInsideTheHandshakeWhenToldTo) {  // P3.6 handshake_alert
  start({.ask_in_handshake = true});
  door.refuse = true;
  auto old = open({.identity = &Keys::get().device, .version = TLS1_2_VERSION});
  EXPECT_FALSE(old->ready());
  EXPECT_EQ(old->end(), "alert 46");
  auto modern = open(device());
  modern->send(connect_packet("device"));
  EXPECT_FALSE(modern->receive());
  EXPECT_EQ(modern->end(), "alert 46");
  {
    const std::lock_guard lock{door.mutex};
    EXPECT_EQ(door.seen.chain, std::vector{first_der(Keys::get().device.chain_pem)});
    EXPECT_EQ(door.attempts, 0);
  }
  door.refuse = false;
  connect("device");
}

TEST_P(ServerTest, ChoosesAnAlpnNameItKnowsAndIgnoresOthers) {  // T-5
  start();
  auto known = open({.identity = &Keys::get().device, .alpn = "x-amzn-mqtt-ca"});
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(known->ssl(), &name, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(name), size), "x-amzn-mqtt-ca");
  auto unknown = open({.identity = &Keys::get().device, .alpn = "h2"});
  EXPECT_TRUE(unknown->ready()) << unknown->end();
}

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

TEST(ServerTls, NamesWhatIsWrongWithItsCertificates) {
  ManualClock clock;
  SeededRandom random{1};
  WorkCounter counter;
  Door door;
  Server server{{.workers = 1, .manual_time = true}, door, clock, random, counter};
  const Keys& keys = Keys::get();
  EXPECT_FALSE(server.listen("127.0.0.1", 0));
  EXPECT_FALSE(server.set_tls({}));
  EXPECT_FALSE(server.set_tls({.rsa = {"junk", keys.server_rsa.key_pem}}));
  EXPECT_FALSE(server.set_tls({.rsa = {keys.server_rsa.chain_pem, "junk"}}));
  const auto mixed = server.set_tls({.ecdsa = {keys.server_ec.chain_pem, keys.device.key_pem}});
  ASSERT_FALSE(mixed);
  EXPECT_THAT(mixed.error().message, ::testing::HasSubstr("private key"));
  ASSERT_TRUE(server.set_tls({.ecdsa = {keys.server_ec.chain_pem, keys.server_ec.key_pem}}));
  const auto nowhere = server.listen("not-an-address", 0);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, Errc::invalid_request);
}

}  // namespace
}  // namespace iotemu::mqtt
