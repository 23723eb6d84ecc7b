#pragma once

// Who answers the AWS requests that actions make: the upstream of the service, else the service beside IoT on
// the API's port, asked in this process; else nobody, and the action is only recorded. Thread-safe.

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/realm.h"
#include "base/result.h"
#include "emulator/api/ports.h"
#include "emulator/http/client/client.h"
#include "emulator/http/client/upstream.h"
#include "emulator/http/message.h"
#include "emulator/sinks/aws_call.h"
#include "emulator/sinks/http_answer.h"

namespace iotemu::sinks {

class AwsRequests {
 public:
  /// The errors are those of `answer_of`.
  using Done = std::function<void(Result<HttpAnswer>)>;

  virtual ~AwsRequests() = default;
  [[nodiscard]] virtual bool plays(std::string_view service) const = 0;
  /// Signs and sends, where somebody plays the service. `done` is called once, on any thread.
  virtual void send(const Realm& realm, AwsRequest request, Done done) = 0;
};

class RoutedAwsRequests final : public AwsRequests {
 public:
  struct Surroundings {
    api::OtherServices& other_services;
    http::Client& client;
    const Clock& clock;
    Random& random;
    /// Where services of this process are asked: never the caller's thread.
    Executor& steps;
    WorkCounter& work;
    std::function<std::string()> api_authority;  ///< host:port of the API
  };

  /// What `around` refers to outlives it and every answer it owes.
  RoutedAwsRequests(Surroundings around, http::UpstreamsByName upstreams)
      : around_{std::move(around)}, upstreams_{std::move(upstreams)} {}

  [[nodiscard]] bool plays(std::string_view service) const override;
  void send(const Realm& realm, AwsRequest request, Done done) override;

 private:
  void ask_upstream(const http::Upstream& upstream, const Realm& realm, AwsRequest request, Done done);
  void ask_here(const Realm& realm, AwsRequest request, Done done);

  const Surroundings around_;
  const http::UpstreamsByName upstreams_;
};

}  // namespace iotemu::sinks
