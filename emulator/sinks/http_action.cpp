#include "emulator/sinks/http_action.h"

#include <utility>

#include "emulator/sinks/aws_call.h"
#include "registry/topic_rule_destinations.h"

namespace iotemu::sinks {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kBytes = "application/octet-stream";

/// In the form of RU-29.
std::string failure(const std::string& why) {
  return "HttpAction failed to make a request to the specified endpoint. " + why;
}

/// differs: `failedResource` is without the query, since the engine logs it.
Ended failure_of(const rules::ActionRequest& request, std::string why) {
  auto ended = failed(request, std::move(why));
  ended.failure->failed_resource = registry::shown_url(ended.failure->failed_resource);
  return ended;
}

}  // namespace

void HttpAction::run(RequestPtr request, Done done) {
  const auto url = text_of(request->parameters, "url");
  const auto fail = [&](const std::string& why) {
    auto ended = failure_of(*request, failure("Reason: " + why + "."));
    ended.operation = "POST";
    ended.payload = request->payload;
    done(std::move(ended));
  };
  const auto allowed =
      destinations_.may_send(request->realm, url, text_of(request->parameters, "confirmationUrl"));
  if (!allowed) return fail(allowed.error().message);
  const bool batching = flag_of(request->parameters, "enableBatching");
  if (batching && !request->is_json) return fail("a result that is no JSON cannot be part of a batch");
  auto post = http_post_of(*request, request->payload, request->is_json ? kJson : kBytes);
  if (!post) return fail(post.error().message);
  if (batching) {
    const auto config = batch_config_of(*request);
    return batches_.add({.request = std::move(request), .done = std::move(done)}, config);
  }
  poster_.post(std::move(*post), [request, url, done = std::move(done)](std::optional<std::string> why_not) {
    Ended ended{.target = url};
    if (why_not) ended = failure_of(*request, failure(*why_not));
    ended.operation = "POST";
    ended.payload = request->payload;
    done(std::move(ended));
  });
}

void HttpAction::send_batch(Batch batch) {
  const auto& last = *batch.back().request;
  const auto url = text_of(last.parameters, "url");
  auto post = http_post_of(last, body_of(batch), kJson);
  const std::uint64_t epoch = epoch_;
  if (!post) return end_batch(batch, url, epoch, "Reason: " + post.error().message + ".");
  auto& headers = post->call.headers;
  std::erase_if(headers, [](const http::Header& one) { return http::same_name(one.name, "Content-Type"); });
  headers.push_back({"Content-Type", std::string{kJson}});
  poster_.post(std::move(*post),
               [this, url, epoch, batch = std::move(batch)](std::optional<std::string> why_not) {
                 end_batch(batch, url, epoch, why_not);
               });
}

void HttpAction::end_batch(const Batch& batch, const std::string& url, std::uint64_t epoch,
                           const std::optional<std::string>& why_not) {
  const auto why = why_not ? failure(*why_not) : std::string{};
  const auto& last = *batch.back().request;
  // A failing error action is only logged (RU-29): it must not run itself again. Nor does one behind a reset.
  if (why_not && !last.is_error_action && epoch == epoch_) {
    failures_.batch_failed(
        last, failure_document(batch, batch_config_of(last).across_topics, registry::shown_url(url), why));
  }
  const auto body = body_of(batch);
  for (const auto& one : batch) {
    Ended ended{.target = url, .operation = "POST", .payload = one.request->payload, .request_body = body};
    if (why_not) {
      ended.outcome = ActionRecord::Outcome::failed;
      ended.reason = why;
    }
    one.done(std::move(ended));
  }
}

}  // namespace iotemu::sinks
