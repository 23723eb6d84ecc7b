#include "emulator/sinks/actions.h"

#include <utility>

#include "base/log.h"

namespace iotemu::sinks {
namespace {

class PlainSink final : public Sink {
 public:
  explicit PlainSink(std::unique_ptr<rules::ActionSink> inner) : inner_{std::move(inner)} {}

  void run(RequestPtr request, Done done) override {
    auto copy = *request;
    inner_->run(std::move(copy),
                [request, done = std::move(done)](std::optional<rules::ActionFailure> failure) {
                  Ended ended{.target = resource_of(*request), .payload = request->payload};
                  if (failure) {
                    ended.outcome = ActionRecord::Outcome::failed;
                    ended.reason = failure->message;
                    ended.failure = std::move(failure);
                  }
                  done(std::move(ended));
                });
  }

 private:
  const std::unique_ptr<rules::ActionSink> inner_;
};

class Forward final : public rules::ActionSink {
 public:
  explicit Forward(Actions& actions) : actions_{actions} {}
  void run(rules::ActionRequest request, Done done) override {
    actions_.run(std::move(request), std::move(done));
  }

 private:
  Actions& actions_;
};

/// Of the texts in it: what a template may have made large.
std::size_t size_of(const Json& parameters) {
  if (parameters.is_string()) return parameters.get_ref<const std::string&>().size();
  std::size_t bytes = 0;
  if (parameters.is_structured()) {
    for (const auto& one : parameters) bytes += size_of(one);
  }
  return bytes;
}

}  // namespace

std::unique_ptr<rules::ActionSink> forward_to(Actions& actions) {
  return std::make_unique<Forward>(actions);
}

void Actions::add(std::string kind, std::unique_ptr<rules::ActionSink> sink) {
  add(std::move(kind), std::make_unique<PlainSink>(std::move(sink)));
}

std::vector<Actions::Ends> Actions::ends() const {
  std::vector<Ends> all;
  for (const auto& [kind, counts] : counts_) {
    all.push_back({.kind = kind,
                   .delivered = counts.delivered.load(),
                   .failed = counts.failed.load(),
                   .recorded = counts.recorded.load()});
  }
  return all;
}

std::vector<std::string> Actions::kinds() const {
  std::vector<std::string> names;
  for (const auto& [kind, sink] : sinks_) names.push_back(kind);
  return names;
}

void Actions::run(rules::ActionRequest request, Done done) {
  const auto bytes = request.payload.size() + size_of(request.parameters);
  const auto epoch = epoch_.load();
  const auto shared = std::make_shared<const rules::ActionRequest>(std::move(request));
  const bool too_many = actions_.fetch_add(1) >= limits_.actions;
  const bool too_much = bytes_.fetch_add(bytes) + bytes > limits_.bytes;
  Sink::Done finish = [this, shared, bytes, epoch, done = std::move(done)](Ended ended) {
    --actions_;
    bytes_ -= bytes;
    end(*shared, epoch, std::move(ended), done);
  };
  const auto sink = sinks_.find(shared->kind);
  if (too_many || too_much) {
    return finish(failed(*shared, "too many actions are under way: at most " +
                                      std::to_string(limits_.actions) + " with " +
                                      std::to_string(limits_.bytes) + " bytes"));
  }
  if (sink == sinks_.end()) {
    return finish(failed(*shared, "the action '" + shared->kind + "' is not emulated"));
  }
  sink->second->run(shared, std::move(finish));
}

void Actions::end(const rules::ActionRequest& request, std::uint64_t epoch, Ended ended, const Done& done) {
  if (const auto counts = counts_.find(request.kind); counts != counts_.end()) {
    switch (ended.outcome) {
      case ActionRecord::Outcome::delivered:
        ++counts->second.delivered;
        break;
      case ActionRecord::Outcome::failed:
        ++counts->second.failed;
        break;
      case ActionRecord::Outcome::recorded:
        ++counts->second.recorded;
        break;
    }
  }
  // The engine logs a failure.
  for (auto* text : {&ended.target, &ended.payload, &ended.request_body, &ended.reason}) {
    *text = shown(std::move(*text));
  }
  if (ended.failure) {
    ended.failure->failed_resource = shown(std::move(ended.failure->failed_resource));
    ended.failure->message = shown(std::move(ended.failure->message));
  }
  if (ended.outcome == ActionRecord::Outcome::failed && !ended.failure) {
    // What the engine is told, it logs.
    log::warn("a message of a rule's batch was not delivered", {{"rule", request.rule_name},
                                                                {"topic", shown(request.topic)},
                                                                {"action", request.kind},
                                                                {"why", ended.reason}});
  }
  if (epoch == epoch_) {
    recorder_.add({.time = clock_.now(),
                   .account = request.realm.account,
                   .region = request.realm.region,
                   .rule_name = request.rule_name,
                   .action = request.kind,
                   .is_error_action = request.is_error_action,
                   .position = request.position,
                   .parameters = shown(to_text(without_secrets(request.kind, request.parameters))),
                   .target = shown_target(std::move(ended.target)),
                   .operation = std::move(ended.operation),
                   .payload = std::move(ended.payload),
                   .request_body = std::move(ended.request_body),
                   .topic = shown(request.topic),
                   .client_id = request.client_id,
                   .trace_id = request.trace_id,
                   .outcome = ended.outcome,
                   .reason = std::move(ended.reason)});
  }
  done(std::move(ended.failure));
}

void Actions::reset() {
  ++epoch_;
  for (const auto& [kind, sink] : sinks_) sink->reset();
  recorder_.clear();
}

}  // namespace iotemu::sinks
