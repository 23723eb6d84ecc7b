#include "emulator/neighbours/upstreams.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "base/log.h"

namespace iotemu::neighbours {
namespace {

constexpr std::chrono::seconds kConnectLimit{10};
constexpr std::chrono::seconds kTimeLimit{900};  ///< A function may run for a quarter of an hour.

/// Headers that concern one connection alone (RFC 9110, 7.6.1), and those that are made anew.
bool is_for_one_connection(std::string_view name, const std::vector<http::Header>& all) {
  static constexpr std::array<std::string_view, 10> kNames{"Connection",
                                                           "Keep-Alive",
                                                           "Proxy-Authenticate",
                                                           "Proxy-Authorization",
                                                           "Proxy-Connection",
                                                           "TE",
                                                           "Trailer",
                                                           "Transfer-Encoding",
                                                           "Upgrade",
                                                           "Expect"};
  const bool known =
      std::ranges::any_of(kNames, [&](std::string_view one) { return http::same_name(one, name); });
  if (known) return true;
  const auto* connection = http::find_header(all, "Connection");
  if (connection == nullptr) return false;
  std::string_view names = *connection;
  while (!names.empty()) {
    const auto comma = std::min(names.find(','), names.size());
    auto one = names.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (http::same_name(one, name)) return true;
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return false;
}

/// Who may read an answer in a browser is said by the guard of this server alone.
bool is_for_browsers(std::string_view name) {
  return lowercase(name).starts_with("access-control-") ||
         http::same_name(name, "Cross-Origin-Resource-Policy");
}

/// The target in its origin form.
std::string origin_form(const std::string& target) {
  if (target.starts_with('/')) return target;
  const auto scheme = target.find("://");
  const auto path = scheme == target.npos ? target.npos : target.find('/', scheme + 3);
  return path == target.npos ? "/" : target.substr(path);
}

/// A server that resolves "..", however it is written, would leave the prefix.
bool has_dot_segment(const http::Request& request) {
  return std::ranges::any_of(request.segments, [](std::string_view rest) {
    while (true) {
      const auto end = std::min(rest.find_first_of("/\\"), rest.size());
      const auto part = rest.substr(0, std::min(rest.find(';'), end));
      if (part == "." || part == "..") return true;
      if (end == rest.size()) return false;
      rest.remove_prefix(end + 1);
    }
  });
}

/// As it came, but for what belongs to its connection.
http::Call call_of(const http::Upstream& place, http::Request request) {
  http::Call call{.method = request.method,
                  .url = place.base,
                  .connect_limit = kConnectLimit,
                  .time_limit = kTimeLimit,
                  .max_answer = kMaxPassedBytes};
  call.url.target += origin_form(request.target);
  const bool may_be_empty = request.method != "GET" && (request.header("Content-Length") != nullptr ||
                                                        request.header("Transfer-Encoding") != nullptr);
  if (request.method != "HEAD" && (!request.body.empty() || may_be_empty)) {
    call.body = std::move(request.body);
  }
  for (const auto& header : request.headers) {
    if (is_for_one_connection(header.name, request.headers)) continue;
    if (!http::same_name(header.name, "Content-Length")) call.headers.push_back(header);
  }
  return call;
}

http::Response response_of(http::Answer answer, bool to_head) {
  http::Response response{.status = answer.status, .body = std::move(answer.body), .content_type = {}};
  for (const auto& header : answer.headers) {
    if (is_for_one_connection(header.name, answer.headers) || is_for_browsers(header.name)) continue;
    // The length is that of the body, which the answer to HEAD does not have.
    if (http::same_name(header.name, "Content-Length") && !to_head) continue;
    response.headers.push_back(header);
  }
  return response;
}

Fault fault_of(http::Ending ending) {
  using http::Ending;
  switch (ending) {
    case Ending::garbled:
    case Ending::too_long:
      return {"BadGatewayException", {}, 502};
    case Ending::unsendable:
      return {"InvalidRequestException", {}, 400};
    default:
      return {"ServiceUnavailableException", {}, 503};
  }
}

class ClientUpstreams final : public Upstreams {
 public:
  ClientUpstreams(http::UpstreamsByName places, std::unique_ptr<http::Client> client)
      : places_{std::move(places)}, client_{std::move(client)} {}

  [[nodiscard]] bool knows(std::string_view service) const override { return places_.contains(service); }

  void pass_on(std::string_view service, http::Request request, Refuse refuse,
               http::Responder respond) override {
    const auto& place = places_.find(service)->second;
    if (!place.base.target.empty() && has_dot_segment(request)) {
      return respond(refuse({"InvalidRequestException",
                             "A path with dot segments would leave the path of the upstream's URL", 400}));
    }
    const bool to_head = request.method == "HEAD";
    client_->send(call_of(place, std::move(request)), [&place, to_head, service = std::string{service},
                                                       refuse = std::move(refuse),
                                                       respond = std::move(respond)](http::Outcome outcome) {
      if (outcome.ending == http::Ending::answered) {
        return respond(response_of(std::move(outcome.answer), to_head));
      }
      log::warn("An upstream did not answer",
                {{"service", service}, {"url", place.shown()}, {"why", outcome.why}});
      auto fault = fault_of(outcome.ending);
      fault.message = "The upstream of " + service + " at " + place.shown() + " failed: " + outcome.why;
      respond(refuse(fault));
    });
  }

  void reset() override { client_->cancel(); }
  void stop() override { client_->stop(); }

 private:
  const http::UpstreamsByName places_;
  const std::unique_ptr<http::Client> client_;  ///< After what its requests refer to.
};

}  // namespace

std::unique_ptr<Upstreams> make_upstreams(http::UpstreamsByName places, WorkCounter& work) {
  return std::make_unique<ClientUpstreams>(std::move(places), http::make_client(kPassedOnLimits, work));
}

}  // namespace iotemu::neighbours
