#pragma once

// A server on an ephemeral port that answers every request with what it saw, as JSON.

#include <gtest/gtest.h>

#include <optional>

#include "base/json.h"
#include "base/manual_clock.h"
#include "base/seeded_random.h"
#include "emulator/http/server.h"
#include "tests/support/raw_client.h"

namespace iotemu::http {

class ServerTest : public ::testing::Test {
 protected:
  void serve(ServerOptions options = {}, Handler handler = echo) {
    const bool over_tls = options.tls.has_value();
    server.emplace(std::move(options), std::move(handler), clock, random, work);
    if (over_tls) {
      ASSERT_TRUE(
          server->set_tls({.ecdsa = {identities().server.chain_pem, identities().server.key_pem}}).ok());
    }
    const auto bound = server->listen("127.0.0.1", 0);
    ASSERT_TRUE(bound.ok()) << bound.error().message;
    port = *bound;
  }

  static void echo(Request request, const Responder& respond) {
    respond(Response{.body = to_text(Json{{"method", request.method},
                                          {"segments", request.segments},
                                          {"body", request.body},
                                          {"peer", request.peer}})});
  }

  [[nodiscard]] RawClient client() const { return RawClient{port}; }
  [[nodiscard]] RawClient tls_client(testing::TlsClientOptions options = {}) const {
    options.identity = &identities().device;
    return RawClient{port, options};
  }

  struct Identities {
    testing::TestIdentity server{};
    testing::TestIdentity device{};
  };
  /// Made once in a test process.
  static const Identities& identities() {
    static const auto made = [] {
      const auto authority = testing::make_test_authority("CA");
      return Identities{.server = testing::make_test_identity(authority, "localhost"),
                        .device = testing::make_test_identity(authority, "device")};
    }();
    return made;
  }

  ManualClock clock;
  SeededRandom random{1};
  WorkCounter work;
  std::optional<Server> server;
  std::uint16_t port{0};
};

}  // namespace iotemu::http
