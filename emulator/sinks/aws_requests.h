#pragma once

// Who answers the AWS requests that actions make: the upstream of the service, else the service beside IoT on
// the API's port, asked in this process; else nobody, and the action is only recorded. Thread-safe.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/realm.h"
#include "base/result.h"
#include "emulator/api/ports.h"
#include "emulator/http/message.h"
#include "emulator/sinks/aws_call.h"
#include "emulator/sinks/aws_signature.h"
#include "emulator/sinks/http_client.h"

namespace iotemu::sinks {

class AwsRequests {
 public:
  /// The errors are those of HttpClient::Done.
  using Done = std::function<void(Result<HttpAnswer>)>;

  virtual ~AwsRequests() = default;
  [[nodiscard]] virtual bool plays(std::string_view service) const = 0;
  /// Signs and sends, where somebody plays the service. `done` is called once, on any thread.
  virtual void send(const Realm& realm, AwsRequest request, Done done) = 0;
};

/// Where upstreams stand, and with which credentials they are asked.
struct AwsUpstream {
  http::Url base{};  ///< Its target is a prefix without a slash at its end.
  /// Nothing: the account's number and "test", as other emulators understand it.
  AwsCredentials credentials{};
};

/// From `--upstream`: "http[s]://[KEY:SECRET@]host[:port][/path]" by signing name. Errc::invalid_request.
Result<std::map<std::string, AwsUpstream, std::less<>>> read_upstreams(
    const std::map<std::string, std::string>& urls);

class RoutedAwsRequests final : public AwsRequests {
 public:
  struct Surroundings {
    api::OtherServices& other_services;
    HttpClient& client;
    const Clock& clock;
    Random& random;
    /// Where services of this process are asked: never the caller's thread.
    Executor& steps;
    WorkCounter& work;
    std::function<std::string()> api_authority;  ///< host:port of the API
  };

  /// What `around` refers to outlives it and every answer it owes.
  RoutedAwsRequests(Surroundings around, std::map<std::string, AwsUpstream, std::less<>> upstreams)
      : around_{std::move(around)}, upstreams_{std::move(upstreams)} {}

  [[nodiscard]] bool plays(std::string_view service) const override;
  void send(const Realm& realm, AwsRequest request, Done done) override;

 private:
  void ask_upstream(const AwsUpstream& upstream, const Realm& realm, AwsRequest request, Done done);
  void ask_here(const Realm& realm, AwsRequest request, Done done);

  const Surroundings around_;
  const std::map<std::string, AwsUpstream, std::less<>> upstreams_;
};

}  // namespace iotemu::sinks
