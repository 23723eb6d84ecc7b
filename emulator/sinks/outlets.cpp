#include "emulator/sinks/outlets.h"

#include <utility>

#include "base/log.h"
#include "emulator/sinks/aws_sink.h"
#include "registry/registry.h"
#include "registry/topic_rule_destinations.h"

namespace iotemu::sinks {
namespace {

constexpr std::size_t kMaxSessions = 256;
constexpr std::chrono::seconds kSessionTime{3600};
/// Credentials are used no longer than this, so that none expires on its way.
constexpr std::chrono::minutes kSessionUse{50};

/// "127.0.0.1:4566" of "http://127.0.0.1:4566".
std::string authority_of(const std::string& endpoint) {
  const auto url = http::parse_url(endpoint);
  return url ? url->authority : std::string{"localhost"};
}

}  // namespace

Result<std::unique_ptr<Outlets>> Outlets::open(const OutletOptions& options,
                                               const OutletSurroundings& around) {
  std::unique_ptr<RecordFile> file;
  if (!options.record_file.empty()) {
    auto opened = RecordFile::open(options.record_file, around.work);
    if (!opened) return opened.error();
    file = std::move(*opened);
  }
  return std::unique_ptr<Outlets>{
      new Outlets{around, options.upstreams, http::make_client({}, around.work), std::move(file)}};
}

Outlets::Outlets(OutletSurroundings around, http::UpstreamsByName upstreams,
                 std::unique_ptr<http::Client> client, std::unique_ptr<RecordFile> file)
    : around_{std::move(around)},
      file_{std::move(file)},
      recorder_{{},
                [this](std::shared_ptr<const ActionRecord> record) {
                  if (file_) file_->add(std::move(record));
                }},
      client_{std::move(client)},
      aws_requests_{{.other_services = around_.other_services,
                     .client = *client_,
                     .clock = around_.clock,
                     .random = around_.random,
                     .steps = around_.steps,
                     .work = around_.work,
                     .api_authority = [this] { return authority_of(around_.api_endpoint()); }},
                    std::move(upstreams)},
      poster_{*client_, around_.clock, around_.timers,
              [this](const Realm& realm, const std::string& role) { return assume(realm, role); }},
      confirmations_{poster_, around_.link_endpoint,
                     [this](const registry::DestinationConfirmationDue& due, const std::string& why) {
                       note_unreachable(due, why);
                     }},
      actions_{recorder_, around_.clock} {
  for (const auto& action : aws_actions()) {
    actions_.add(std::string{action.kind}, std::make_unique<AwsSink>(action, aws_requests_, around_.clock,
                                                                     around_.random, around_.timers));
  }
  const HttpDestinations& destinations = *this;
  actions_.add("http",
               std::make_unique<HttpAction>(poster_, destinations, around_.batch_failures, around_.timers));
}

Status Outlets::may_send(const Realm& realm, const std::string& url,
                         const std::string& confirmation_url) const {
  const auto registry = around_.realms.registry(realm);
  if (!registry) return registry.error();
  return (*registry)->topic_rule_destinations().may_send(url, confirmation_url);
}

Result<http::AwsCredentials> Outlets::assume(const Realm& /*realm*/, const std::string& role_arn) {
  const std::lock_guard lock{mutex_};
  if (sessions_.size() >= kMaxSessions && !sessions_.contains(role_arn)) sessions_.clear();
  auto& session = sessions_[role_arn];
  if (session.credentials.access_key.empty() || around_.clock.tick() >= session.until) {
    const auto given = around_.assume(role_arn, "iot-rule", kSessionTime);
    if (!given) return given.error();
    session.credentials = {.access_key = given->at("AccessKeyId").get<std::string>(),
                           .secret = given->at("SecretAccessKey").get<std::string>(),
                           .session_token = given->at("SessionToken").get<std::string>()};
    session.until = around_.clock.tick() + kSessionUse;
  }
  return session.credentials;
}

void Outlets::note_unreachable(const registry::DestinationConfirmationDue& due, const std::string& why) {
  log::warn("The owner of a topic rule destination could not be asked for its confirmation",
            {{"arn", due.arn}, {"why", why}});
  const auto registry = around_.realms.registry(due.realm);
  if (registry) (*registry)->topic_rule_destinations().note_unreachable(due.arn, due.token, why);
}

void Outlets::reset() {
  actions_.reset();
  poster_.reset();
  client_->cancel();
  const std::lock_guard lock{mutex_};
  sessions_.clear();
}

}  // namespace iotemu::sinks
