// The TLS side of the server: what is offered, demanded and refused.

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "tests/unit/mqtt/net/server_fixture.h"

namespace iotemu::mqtt::testing {
namespace {

class TlsTest : public ServerTest {};

INSTANTIATE_TEST_SUITE_P(Workers, TlsTest, ::testing::Values(1U, 4U),
                         [](const auto& param_info) { return std::to_string(param_info.param); });

struct TlsCase {
  int version;
  bool rsa_device;
  bool whole_chain;
  std::string ciphers;
};

TEST_P(TlsTest, AcceptsBothVersionsAndBothKeysAndShowsTheChainAsSent) {  // T-9, P3.3
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

TEST_P(TlsTest, ServesTheKeyTypeThatTheClientCanCheck) {  // T-9
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

TEST_P(TlsTest, RefusesOlderTlsAndOffersNoTicketsNorResumption) {  // T-9, T-10
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

// Once it is in, a connection keeps of its handshake only what its version needs.
TEST_P(TlsTest, CarriesMessagesOverNewKeysAndShortRecordsLongAfterTheHandshake) {
  start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const int fragment : {TLSEXT_max_fragment_length_DISABLED, TLSEXT_max_fragment_length_512}) {
      auto client =
          open({.identity = &Keys::get().device, .version = version, .max_fragment_length = fragment});
      client->send(connect_packet("device"));
      EXPECT_EQ(hear(*client), "CONNACK{code 0x00}");
      subscribe(*client, "t", QoS::at_most_once);
      for (const int keys : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
        if (version == TLS1_3_VERSION) {
          ASSERT_EQ(SSL_key_update(client->ssl(), keys), 1);
        }
        for (const std::size_t size : {10U, 100'000U}) {
          const std::string packet = publish_packet("t", std::string(size, 'x'));
          ASSERT_TRUE(client->send(packet));
          EXPECT_EQ(client->receive(), packet) << client->end();
        }
      }
    }
  }
}

TEST_P(TlsTest, RefusesAClientWithoutCertificateInTheHandshake) {  // P3.5 row 1, T-12
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

TEST_P(TlsTest, ClosesARefusedClientWithCloseNotifyAndNoConnack) {  // P3.5, P3.6, T-13
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

TEST_P(TlsTest, RefusesInsideTheHandshakeWhenToldTo) {  // P3.6 handshake_alert
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

TEST_P(TlsTest, ChoosesAnAlpnNameItKnowsAndIgnoresOthers) {  // T-5
  start();
  auto known = open({.identity = &Keys::get().device, .alpn = "x-amzn-mqtt-ca"});
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(known->ssl(), &name, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(name), size), "x-amzn-mqtt-ca");
  auto unknown = open({.identity = &Keys::get().device, .alpn = "h2"});
  EXPECT_TRUE(unknown->ready()) << unknown->end();
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
}  // namespace iotemu::mqtt::testing
