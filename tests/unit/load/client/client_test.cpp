#include "load/client/client.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <optional>
#include <thread>

#include "fixtures/authority.h"
#include "mqtt/codec/encode.h"

namespace iotemu::load {
namespace {

using Kind = Ending::Kind;

struct Identity {
  std::string chain_pem{};
  std::string key_pem{};
};

Identity pem_of(const fixtures::Device& device) {
  return {device.chain_pem, device.identity.key.private_pem().text()};
}

Identity server_of(const fixtures::Authority& authority) {
  const fixtures::Lifetime lifetime;
  registry::pki::Profile profile{.subject = fixtures::make_subject({.common_name = "server"}),
                                 .not_before = lifetime.not_before,
                                 .not_after = lifetime.not_after};
  profile.alternative_names = {{.kind = registry::pki::AltName::Kind::dns, .value = "localhost"}};
  const auto issued = registry::pki::issue(profile, authority.identity());
  return {issued->certificate.pem(), issued->key.private_pem().text()};
}

fixtures::Authority authority_named(const char* name) {
  return *fixtures::Authority::create(fixtures::make_subject({.common_name = name}));
}

struct Identities {
  fixtures::Authority authority{authority_named("Test CA")};
  Identity server{server_of(authority)};
  Identity client{pem_of(*authority.issue_device(fixtures::make_subject({.common_name = "device"})))};
};

const Identities& identities() {
  static const Identities made;
  return made;
}

/// Serves one connection by a script, on a thread of its own.
class ScriptedServer {
 public:
  using Script = std::function<void(SSL*, int fd)>;

  explicit ScriptedServer(Script script, bool demands_certificate = false)
      : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)},
        context_{SSL_CTX_new(TLS_server_method())} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), plain, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    ::getsockname(listener_.get(), plain, &size);
    port_ = ntohs(address.sin_port);
    const auto& own = identities().server;
    const std::unique_ptr<BIO, Free<BIO_free>> chain{BIO_new_mem_buf(own.chain_pem.data(), -1)};
    const std::unique_ptr<X509, Free<X509_free>> leaf{
        PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)};
    const std::unique_ptr<BIO, Free<BIO_free>> text{BIO_new_mem_buf(own.key_pem.data(), -1)};
    const std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>> key{
        PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr)};
    SSL_CTX_use_certificate(context_.get(), leaf.get());
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
    if (demands_certificate) {
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    thread_ = std::jthread{[this, script = std::move(script)] {
      const Descriptor peer{::accept(listener_.get(), nullptr, nullptr)};
      const std::unique_ptr<SSL, Free<SSL_free>> ssl{SSL_new(context_.get())};
      SSL_set_fd(ssl.get(), peer.get());
      script(ssl.get(), peer.get());
    }};
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  Descriptor listener_;
  std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> context_;
  std::uint16_t port_{};
  std::jthread thread_;
};

/// Accepts TLS and CONNECT, and answers with `bytes`.
ScriptedServer::Script answer(std::string bytes, std::function<void(SSL*)> then = {}) {
  return [bytes = std::move(bytes), then = std::move(then)](SSL* ssl, int) {
    std::array<char, 4096> buffer{};
    if (SSL_accept(ssl) != 1 || SSL_read(ssl, buffer.data(), buffer.size()) <= 0) return;
    if (!bytes.empty()) SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
    if (then) then(ssl);
    SSL_shutdown(ssl);
  };
}

std::string connack_5(std::uint8_t code) {
  std::string bytes;
  mqtt::encode(mqtt::Version::v5, mqtt::Connack{.code = code}, bytes);
  return bytes;
}

std::string connack(std::uint8_t code) {
  std::string bytes;
  mqtt::encode(mqtt::Version::v3_1_1, mqtt::Connack{.code = code}, bytes);
  return bytes;
}

class LoadClientTest : public ::testing::Test {
 protected:
  static TlsSettings tls() {
    return {.server_ca_pem = identities().authority.certificate_pem(), .server_name = "localhost"};
  }

  std::unique_ptr<Client> connect(std::uint16_t port, const TlsSettings& settings = tls()) {
    auto context = TlsContext::make(settings);
    EXPECT_TRUE(context);
    loop_.emplace(std::move(*context));
    const auto identity =
        ClientIdentity::from_pem(identities().client.chain_pem, identities().client.key_pem);
    EXPECT_TRUE(identity);
    auto client =
        std::make_unique<Client>(*loop_, loopback(port).address(0), *identity,
                                 mqtt::Connect{.level = level_, .clean_start = true, .client_id = "device"});
    client->on_ended = [this](const Ending& ending) { ending_ = ending; };
    return client;
  }

  template <class Condition>
  bool turn_until(Condition condition) {
    for (int i = 0; i < 500 && !condition(); ++i) loop_->turn(20);
    return condition();
  }

  /// How a connection to `server` ends.
  Ending ending_of(const ScriptedServer& server, const TlsSettings& settings = tls()) {
    const auto client = connect(server.port(), settings);
    EXPECT_TRUE(turn_until([&] { return ending_.has_value(); }));
    EXPECT_TRUE(client->ended());
    return ending_.value_or(Ending{});
  }

  std::uint8_t level_{4};
  std::optional<Loop> loop_;
  std::optional<Ending> ending_;
};

TEST_F(LoadClientTest, IsAcceptedAndTellsWhatComes) {
  std::string bytes = connack(0);
  mqtt::encode(mqtt::Pingresp{}, bytes);
  ScriptedServer server{answer(bytes, [](SSL* ssl) {
    char byte = 0;
    SSL_read(ssl, &byte, 1);  // until the client leaves
  })};
  const auto client = connect(server.port());
  int packets = 0;
  bool secured = false;
  client->on_secured = [&] { secured = true; };
  client->on_packet = [&](const mqtt::Frame& frame) {
    ++packets;
    EXPECT_EQ(mqtt::packet_type(frame.first_byte), mqtt::PacketType::pingresp);
  };
  EXPECT_TRUE(turn_until([&] { return packets == 1; }));
  EXPECT_TRUE(secured);
  EXPECT_TRUE(client->accepted());
  EXPECT_EQ(client->stage(), Stage::online);
  client->leave();
  EXPECT_TRUE(client->ended());
  EXPECT_FALSE(ending_);  // its own doing is not told
}

TEST_F(LoadClientTest, TellsThatNobodyListens) {
  std::uint16_t port = 0;
  {
    const Descriptor closed{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(closed.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(closed.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  const auto client = connect(port);
  EXPECT_TRUE(turn_until([&] { return ending_.has_value(); }));
  EXPECT_EQ(*ending_, (Ending{Stage::tcp, Kind::failed, ECONNREFUSED}));
}

TEST_F(LoadClientTest, TellsACloseInsteadOfConnack) {  // P3.6
  EXPECT_EQ(ending_of(ScriptedServer{answer("")}), (Ending{Stage::connack, Kind::closed}));
}

TEST_F(LoadClientTest, TellsACloseWithoutCloseNotify) {
  EXPECT_EQ(ending_of(ScriptedServer{[](SSL* ssl, int fd) {
              std::array<char, 4096> buffer{};
              if (SSL_accept(ssl) == 1) SSL_read(ssl, buffer.data(), buffer.size());
              ::shutdown(fd, SHUT_RDWR);
            }}),
            (Ending{Stage::connack, Kind::closed}));
}

TEST_F(LoadClientTest, TellsTheCodeOfConnack) {
  EXPECT_EQ(ending_of(ScriptedServer{answer(connack(5))}), (Ending{Stage::connack, Kind::refused, 5}));
}

TEST_F(LoadClientTest, TellsTheReasonsOfMqtt5) {
  level_ = 5;
  EXPECT_EQ(ending_of(ScriptedServer{answer(connack_5(0x87))}),
            (Ending{Stage::connack, Kind::refused, 0x87}));
  ending_.reset();
  std::string bytes = connack_5(0);
  mqtt::encode(mqtt::Version::v5, mqtt::Disconnect{.reason = mqtt::Reason::session_taken_over}, bytes);
  EXPECT_EQ(ending_of(ScriptedServer{answer(bytes)}), (Ending{Stage::online, Kind::disconnected, 0x8E}));
}

TEST_F(LoadClientTest, TellsWhatIsNoMqtt) {
  EXPECT_EQ(ending_of(ScriptedServer{answer("HTTP/1.1 400 Bad Request\r\n\r\n")}).kind, Kind::malformed);
  ending_.reset();
  EXPECT_EQ(ending_of(ScriptedServer{answer("\x20\xff\xff\xff\xff\x01")}).kind, Kind::malformed);
}

TEST_F(LoadClientTest, TellsTheAlertOfAServerThatDoesNotKnowItsCa) {
  for (const auto versions : {TlsSettings::Versions::only_1_2, TlsSettings::Versions::only_1_3}) {
    ending_.reset();
    auto settings = tls();
    settings.versions = versions;
    const auto ending = ending_of(ScriptedServer{[](SSL* ssl, int fd) {
                                                   SSL_accept(ssl);
                                                   // What is not read yet shall not turn the alert into a
                                                   // reset.
                                                   ::shutdown(fd, SHUT_WR);
                                                   std::array<char, 4096> rest{};
                                                   while (::read(fd, rest.data(), rest.size()) > 0) continue;
                                                 },
                                                 true},
                                  settings);
    EXPECT_EQ(ending.kind, Kind::alert);
    EXPECT_EQ(ending.code, SSL_AD_UNKNOWN_CA);
    // In TLS 1.3 the client is done with the handshake before the server has judged it (P3.6).
    EXPECT_EQ(ending.stage, versions == TlsSettings::Versions::only_1_2 ? Stage::tls : Stage::connack);
  }
}

TEST_F(LoadClientTest, LeavesAServerThatIsNotTheOneItWants) {
  auto settings = tls();
  settings.server_name = "elsewhere.example";
  const auto ending = ending_of(ScriptedServer{[](SSL* ssl, int) { SSL_accept(ssl); }}, settings);
  EXPECT_EQ(ending, (Ending{Stage::tls, Kind::server_rejected, X509_V_ERR_HOSTNAME_MISMATCH}));
}

TEST_F(LoadClientTest, LeavesAServerWhoseCaItDoesNotTrust) {
  auto settings = tls();
  settings.server_ca_pem = authority_named("Other CA").certificate_pem();
  EXPECT_EQ(ending_of(ScriptedServer{[](SSL* ssl, int) { SSL_accept(ssl); }}, settings).kind,
            Kind::server_rejected);
  ending_.reset();
  settings.verify_server = false;
  EXPECT_EQ(ending_of(ScriptedServer{answer("")}, settings).kind, Kind::closed);
}

TEST(TlsContext, SaysWhatItCannotUse) {
  const auto context = TlsContext::make({.server_ca_pem = "no certificate"});
  ASSERT_FALSE(context);
  EXPECT_THAT(context.error().message, ::testing::HasSubstr("holds no certificate"));
}

TEST(ClientIdentity, SaysWhatItCannotUse) {
  const auto& client = identities().client;
  EXPECT_FALSE(ClientIdentity::from_pem("nothing", client.key_pem));
  EXPECT_FALSE(ClientIdentity::from_pem(client.chain_pem, "nothing"));
  const auto other = ClientIdentity::from_pem(client.chain_pem, identities().server.key_pem);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().message, "the key does not belong to the certificate");
}

TEST(Endpoint, KnowsWhatIsOnThisMachine) {
  EXPECT_TRUE(loopback(1).is_loopback());
  EXPECT_TRUE(loopback(1).is_numeric());
  const auto local = resolve("localhost", 8883);
  ASSERT_TRUE(local);
  EXPECT_TRUE(local->is_loopback());
  EXPECT_FALSE(local->is_numeric());
  const auto elsewhere = resolve("192.0.2.1", 8883);
  ASSERT_TRUE(elsewhere);
  EXPECT_FALSE(elsewhere->is_loopback());
  EXPECT_FALSE(resolve("no.such.host.invalid", 8883));
}

}  // namespace
}  // namespace iotemu::load
