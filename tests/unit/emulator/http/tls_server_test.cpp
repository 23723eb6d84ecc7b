// The HTTP server over TLS: who gets in, what the handler learns of him, and what no silent or odd client can
// hold up. The grammar of requests over TLS is in attack_test.cpp.

#include <future>
#include <mutex>

#include "tests/unit/emulator/http/server_fixture.h"

namespace iotemu::http {
namespace {

using namespace std::chrono_literals;
using testing::TlsClientOptions;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";

class TlsServer : public ServerTest {
 public:
  /// Before what its callbacks touch is gone.
  ~TlsServer() override { server.reset(); }

 protected:
  void serve_tls(ServerOptions options = {}) {
    if (!options.tls) options.tls.emplace();
    options.tls->on_handshake_failed = [this](const TlsPeer& peer, std::string_view reason) {
      const std::lock_guard lock{mutex};
      failures.push_back(peer.address + ": " + std::string{reason});
    };
    serve(std::move(options), [](Request request, const Responder& respond) {
      respond(Response{.body = to_text(Json{{"certificates", request.tls->chain.size()},
                                            {"name", request.tls->server_name},
                                            {"version", request.tls->version},
                                            {"port", request.tls->port},
                                            {"body", request.body.size()}}),
                       .close = request.method == "DELETE"});
    });
  }

  std::vector<std::string> failed() {
    const std::lock_guard lock{mutex};
    return failures;
  }

  std::mutex mutex;
  std::vector<std::string> failures;
};

TEST_F(TlsServer, TellsTheHandlerWhoTheClientIs) {
  serve_tls();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto client = tls_client({.version = version, .server_name = "iot.test"});
    for (int i = 0; i < 3; ++i) {
      const auto seen = Json::parse(client.ask(kGet).body);
      EXPECT_EQ(seen.at("certificates"), 1);
      EXPECT_EQ(seen.at("name"), "iot.test");
      EXPECT_EQ(seen.at("version"), version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
      EXPECT_NE(seen.at("port"), 0);
    }
  }
}

TEST_F(TlsServer, TakesAndGivesMoreThanARecordHolds) {
  serve_tls();
  auto client = tls_client();
  const std::string body(900'000, 'x');
  const auto answer =
      client.ask("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\n" + body);
  EXPECT_EQ(Json::parse(answer.body).at("body"), 900'000);
}

TEST_F(TlsServer, WritesMoreThanTheSocketTakesAtOnce) {
  static const std::string much(4'000'000, 'x');
  serve({.tls = TlsOptions{}},
        [](const Request&, const Responder& respond) { respond(Response{.body = much}); });
  auto client = tls_client();
  EXPECT_EQ(client.ask(kGet).body, much);
  EXPECT_EQ(client.ask(kGet).status, 200);
}

TEST_F(TlsServer, ChoosesTheFirstOfItsNamesThatIsOffered) {  // T-5
  serve_tls({.tls = TlsOptions{.alpn = {"x-amzn-http-ca", "http/1.1"}}});
  for (const auto* name : {"x-amzn-http-ca", "http/1.1", "mqtt"}) {
    auto client = tls_client({.alpn = name});
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.tls()->ssl(), &chosen, &size);
    const std::string text{reinterpret_cast<const char*>(chosen), size};
    EXPECT_EQ(text, std::string{name} == "mqtt" ? "" : name);
    EXPECT_EQ(client.ask(kGet).status, 200) << name;
  }
}

TEST_F(TlsServer, RefusesAClientWithoutCertificateAndNotesIt) {  // T-12
  serve_tls();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawClient client{port, TlsClientOptions{.version = version}};
    if (client.connected()) {  // TLS 1.3: the client is done before the server judges
      EXPECT_EQ(client.ask(kGet).status, 0);
    }
    EXPECT_EQ(client.tls()->end().substr(0, 5), "alert");
  }
  EXPECT_EQ(tls_client().ask(kGet).status, 200);  // so the server is done with the others
  EXPECT_EQ(failed(), (std::vector<std::string>(2, "127.0.0.1: peer did not return a certificate")));
}

TEST_F(TlsServer, MayJudgeInsideTheHandshake) {  // P3.6
  std::promise<std::size_t> asked;
  serve_tls({.tls = TlsOptions{.accepts = [&](const TlsPeer& peer) {
               asked.set_value(peer.chain.size());
               return false;
             }}});
  auto client = tls_client({.version = TLS1_2_VERSION});
  EXPECT_FALSE(client.connected());
  EXPECT_EQ(client.tls()->end(), "alert 46");
  EXPECT_EQ(asked.get_future().get(), 1U);
}

TEST_F(TlsServer, SaysGoodbyeBeforeItCloses) {
  serve_tls();
  auto client = tls_client();
  const auto answer = client.ask("DELETE /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(answer.header("Connection"), "close");  // the handler's wish
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_EQ(client.tls()->end(), "close_notify");
}

TEST_F(TlsServer, EndsAHandshakeThatNeverBegins) {
  serve_tls({.handshake_time = 50ms});
  RawClient silent{port};
  EXPECT_TRUE(silent.closed_by_server());
}

TEST_F(TlsServer, EndsAClientThatSpeaksPlainHttp) {
  serve_tls();
  RawClient plain{port};
  plain.send(kGet);
  EXPECT_EQ(plain.answer().status, 0);
  EXPECT_EQ(tls_client().ask(kGet).status, 200);
  EXPECT_EQ(failed().size(), 1U);
}

TEST_F(TlsServer, EndsWhoStaysSilentAfterTheHandshake) {
  serve_tls({.idle_time = 20ms});
  auto client = tls_client();
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_EQ(client.tls()->end(), "close_notify");
}

TEST_F(TlsServer, SurvivesAClientThatGoesInTheMiddleOfAnAnswer) {
  static const std::string much(4'000'000, 'x');
  serve({.tls = TlsOptions{}},
        [](const Request&, const Responder& respond) { respond(Response{.body = much}); });
  for (int i = 0; i < 5; ++i) {
    auto client = tls_client();
    client.send(kGet);
    client.tls()->abandon();
  }
  EXPECT_EQ(tls_client().ask(kGet).body.size(), much.size());
}

TEST_F(TlsServer, TakesNewCertificatesForTheConnectionsThatCome) {
  serve_tls();
  auto before = tls_client();
  const auto other = testing::make_test_identity(testing::make_test_authority("Other"), "other");
  ASSERT_TRUE(server->set_tls({.ecdsa = {other.chain_pem, other.key_pem}}).ok());
  EXPECT_EQ(before.ask(kGet).status, 200);
  EXPECT_EQ(tls_client().ask(kGet).status, 200);
}

TEST_F(TlsServer, NeedsACertificateToListen) {
  Server bare{{.tls = TlsOptions{}}, echo, clock, random, work};
  EXPECT_FALSE(bare.listen("127.0.0.1", 0).ok());
  Server plain{{}, echo, clock, random, work};
  EXPECT_FALSE(plain.set_tls({}).ok());
}

TEST_F(TlsServer, StopsWithSilentClientsAtOnce) {
  serve_tls();
  RawClient silent{port};
  auto idle = tls_client();
  EXPECT_EQ(idle.ask(kGet).status, 200);
  server->stop();
  EXPECT_TRUE(idle.closed_by_server());
}

}  // namespace
}  // namespace iotemu::http
