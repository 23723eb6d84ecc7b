#include "emulator/sinks/aws_requests.h"

#include <utility>

#include "emulator/http/target.h"

namespace iotemu::sinks {
namespace {

constexpr std::chrono::seconds kTimeLimit{10};

void add_signature(AwsRequest& request, std::string_view authority, std::string_view target,
                   const http::AwsCredentials& credentials, const Realm& realm, Time now) {
  if (!request.is_signed) return;
  auto added = http::sign({.method = request.method,
                           .authority = authority,
                           .target = target,
                           .headers = request.headers,
                           .body = request.body},
                          credentials, {.region = realm.region, .service = request.service, .now = now});
  for (auto& header : added) request.headers.push_back(std::move(header));
}

}  // namespace

bool RoutedAwsRequests::plays(std::string_view service) const {
  return upstreams_.contains(service) || around_.other_services.plays(service);
}

void RoutedAwsRequests::send(const Realm& realm, AwsRequest request, Done done) {
  const auto upstream = upstreams_.find(request.service);
  if (upstream != upstreams_.end()) {
    return ask_upstream(upstream->second, realm, std::move(request), std::move(done));
  }
  ask_here(realm, std::move(request), std::move(done));
}

void RoutedAwsRequests::ask_upstream(const http::Upstream& upstream, const Realm& realm, AwsRequest request,
                                     Done done) {
  http::Call call{.method = request.method,
                  .url = upstream.base,
                  .time_limit = kTimeLimit,
                  .max_answer = request.most_answer_bytes};
  call.url.target += request.target;
  add_signature(request, call.url.authority, call.url.target, upstream.credentials_of(realm.account), realm,
                around_.clock.now());
  call.headers = std::move(request.headers);
  call.headers.push_back({"User-Agent", "iot-emulator"});
  // What these ask with a body may be empty, and its length is said all the same.
  if (!request.body.empty() || call.method != "GET") call.body = std::move(request.body);
  around_.client.send(std::move(call), [done = std::move(done)](http::Outcome outcome) {
    done(answer_of(std::move(outcome)));
  });
}

void RoutedAwsRequests::ask_here(const Realm& realm, AwsRequest request, Done done) {
  const auto authority = around_.api_authority();
  const http::AwsCredentials credentials{.access_key = realm.account, .secret = "test"};
  add_signature(request, authority, request.target, credentials, realm, around_.clock.now());
  const auto target = http::parse_target(request.target);
  if (!target) return done(target.error());
  http::Request asked{.id = around_.random.uuid(),
                      .method = std::move(request.method),
                      .target = std::move(request.target),
                      .segments = target->segments,
                      .query = target->query,
                      .headers = std::move(request.headers),
                      .body = std::move(request.body),
                      .peer = "127.0.0.1"};
  asked.headers.push_back({"Host", authority});
  asked.headers.push_back({"Content-Length", std::to_string(asked.body.size())});
  // Counted until it is answered, which may be long behind the step.
  auto counted = std::make_shared<WorkToken>(around_.work);
  http::Responder respond{[done = std::move(done), counted = std::move(counted)](http::Response response) {
    done(HttpAnswer{
        .status = response.status, .headers = std::move(response.headers), .body = std::move(response.body)});
  }};
  api::Signatory signatory{.scope = api::CredentialScope{realm.account, realm.region, request.service},
                           .realm = realm};
  around_.steps.post([this, asked = std::move(asked), signatory = std::move(signatory),
                      respond = std::move(respond)]() mutable {
    // Nobody takes it: the one who plays the service has gone since it was asked for.
    if (!around_.other_services.take(asked, signatory, respond)) {
      respond(http::refusal(503, "ServiceUnavailable", "nobody plays the service"));
    }
  });
}

}  // namespace iotemu::sinks
