#pragma once

// A server on an ephemeral port that answers every request with what it saw, as JSON.

#include <gtest/gtest.h>

#include <optional>

#include "base/json.h"
#include "base/manual_clock.h"
#include "base/seeded_random.h"
#include "emulator/http/server.h"
#include "tests/unit/emulator/http/raw_client.h"

namespace iotemu::http {

class ServerTest : public testing::Test {
 protected:
  void serve(ServerOptions options = {}, Handler handler = echo) {
    server.emplace(std::move(options), std::move(handler), clock, random, work);
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

  ManualClock clock;
  SeededRandom random{1};
  WorkCounter work;
  std::optional<Server> server;
  std::uint16_t port{0};
};

}  // namespace iotemu::http
