#pragma once

// All ways out of the rules of one emulator, put together: the sinks of all kinds, the recorder behind them,
// the requests they send, and the confirmations of destinations. Owned by the composition. Thread-safe once
// it is filled.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/json.h"
#include "base/random.h"
#include "base/realm.h"
#include "base/result.h"
#include "base/timers.h"
#include "emulator/api/ports.h"
#include "emulator/http/client/client.h"
#include "emulator/http/client/upstream.h"
#include "emulator/sinks/actions.h"
#include "emulator/sinks/aws_requests.h"
#include "emulator/sinks/destination_confirmations.h"
#include "emulator/sinks/http_action.h"
#include "emulator/sinks/http_post.h"
#include "emulator/sinks/record_file.h"
#include "emulator/sinks/recorder.h"
#include "registry/events.h"
#include "rules/ports.h"

namespace iotemu::sinks {

struct OutletOptions {
  http::UpstreamsByName upstreams{};
  /// As Options::record_actions.
  std::string record_file{};
};

/// All of it outlives the outlets.
struct OutletSurroundings {
  const Clock& clock;
  Random& random;
  Timers& timers;
  /// Where services of this process are asked.
  Executor& steps;
  WorkCounter& work;
  api::OtherServices& other_services;
  api::Realms& realms;
  rules::BatchFailures& batch_failures;
  /// `http://host:port` of the API, as this process and as others reach it.
  std::function<std::string()> api_endpoint;
  std::function<std::string()> link_endpoint;
  /// Credentials in STS's form, for so long; Errc::invalid_request if it is no role.
  std::function<Result<Json>(const std::string& role_arn, const std::string& session, std::chrono::seconds)>
      assume;
};

class Outlets final : private HttpDestinations {
 public:
  /// Errc::io: the file cannot be used.
  static Result<std::unique_ptr<Outlets>> open(const OutletOptions& options,
                                               const OutletSurroundings& around);

  [[nodiscard]] Actions& actions() { return actions_; }
  /// As actions ask other services.
  [[nodiscard]] AwsRequests& aws_requests() { return aws_requests_; }
  [[nodiscard]] const ActionRecorder& recorder() const { return recorder_; }
  /// Asks the owner of a destination.
  void confirm(const registry::DestinationConfirmationDue& due) { confirmations_.ask(due); }
  /// Forgets what waits to be sent, ends what is under way, and leaves no record of either. Behind the reset
  /// of the rules, which would run their error actions else.
  void reset();
  /// Ends what is under way. What waits to be tried again is forgotten with the timers.
  void stop() { client_->stop(); }

 private:
  Outlets(OutletSurroundings around, http::UpstreamsByName upstreams, std::unique_ptr<http::Client> client,
          std::unique_ptr<RecordFile> file);

  [[nodiscard]] Status may_send(const Realm& realm, const std::string& url,
                                const std::string& confirmation_url) const override;
  Result<http::AwsCredentials> assume(const Realm& realm, const std::string& role_arn);
  void note_unreachable(const registry::DestinationConfirmationDue& due, const std::string& why);

  struct Session {
    http::AwsCredentials credentials{};
    Tick until{};
  };

  const OutletSurroundings around_;
  const std::unique_ptr<RecordFile> file_;
  ActionRecorder recorder_;
  const std::unique_ptr<http::Client> client_;
  RoutedAwsRequests aws_requests_;
  HttpPoster poster_;
  DestinationConfirmations confirmations_;
  Actions actions_;
  std::mutex mutex_;
  std::map<std::string, Session> sessions_;  ///< guarded; by role
};

}  // namespace iotemu::sinks
