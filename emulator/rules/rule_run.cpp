#include "emulator/rules/rule_run.h"

#include <utility>

#include "base/log.h"

namespace iotemu::rule_engine {

using rules::ActionFailure;
using rules::plan::Action;

RuleRun::RuleRun(rules::plan::RulePtr rule, ReceivedPtr message, const RunSurroundings& around,
                 std::uint64_t epoch)
    : rule_{std::move(rule)},
      message_{std::move(message)},
      around_{around},
      epoch_{epoch},
      surroundings_{message_->surroundings()} {
  surroundings_.rule = rule_->name();
}

rules::plan::Execution& RuleRun::execution() {
  if (!execution_) {
    execution_.emplace(*rule_, message_->view(), surroundings_, around_.random, &around_.functions);
  }
  return *execution_;
}

RuleRun::~RuleRun() {
  around_.work.charge(-static_cast<std::ptrdiff_t>(charged_));
}

void RuleRun::let_go() {
  const Action* action = rule_->error_action();
  if (action == nullptr || !action->has_templates()) return execution_.reset();
  charged_ = execution_->bytes();
  around_.work.charge(static_cast<std::ptrdiff_t>(charged_));
}

void RuleRun::start() {
  if (is_of_before()) return;
  auto outcome = execution().run();
  tell_notes();
  if (!outcome) return around_.log.failed(rule_->name(), message_->view().topic, outcome.error().message);
  if (!*outcome || (*outcome)->actions.empty()) return;
  // All of them count before the first may end, and so does this, which still holds the evaluation.
  under_way_ = (*outcome)->actions.size() + 1;
  for (const auto& due : (*outcome)->actions) start_action(due, (*outcome)->selected);
  let_go();
  leave();
}

void RuleRun::start_action(const rules::plan::Due& due, const rules::sql::Selected& selected) {
  const Action& action = *due.action;
  const auto on_done = [self = shared_from_this(),
                        position = due.position](std::optional<ActionFailure> failure) {
    self->on_ended(position, std::move(failure));
  };
  if (!due.parameters) {
    return on_done(
        ActionFailure{.failed_action = std::string{action.kind().failed_action},
                      .failed_resource = action.resource(action.parameters()),
                      .message = "A substitution template failed: " + due.parameters.error().message});
  }
  auto request = message_->request_of(rule_->name());
  request.position = due.position;
  request.parameters = *due.parameters;
  request.payload = selected.payload;
  request.is_json = selected.is_json;
  hand_over(action, std::move(request), on_done);
}

void RuleRun::hand_over(const Action& action, rules::ActionRequest request, rules::ActionSink::Done done) {
  request.kind = action.kind().name;
  request.message = {message_, &message_->view()};
  rules::ActionSink* sink = around_.sinks.find(action.kind().name);
  if (sink == nullptr) {
    return done(ActionFailure{
        .failed_action = std::string{action.kind().failed_action},
        .failed_resource = action.resource(request.parameters),
        .message = "This emulator does not carry out the action " + std::string{action.kind().name}});
  }
  sink->run(std::move(request), std::move(done));
}

void RuleRun::on_ended(std::size_t position, std::optional<ActionFailure> failure) {
  if (failure) {
    const std::lock_guard lock{mutex_};
    failures_.emplace(position, std::move(*failure));
  }
  leave();
}

void RuleRun::leave() {
  std::vector<ActionFailure> failures;
  {
    const std::lock_guard lock{mutex_};
    if (--under_way_ != 0 || failures_.empty()) return;
    for (auto& [place, failed] : failures_) failures.push_back(std::move(failed));
  }
  report(failures);
}

void RuleRun::report(const std::vector<ActionFailure>& failures) {
  if (is_of_before()) return;
  for (const auto& failure : failures) log_failure("an action of a rule failed", failure);
  const Action* action = rule_->error_action();
  if (action == nullptr) return;
  auto document =
      rules::plan::error_document(rule_->name(), message_->view(), message_->trace_id(), failures);
  const std::size_t bytes = document.size() + message_->view().payload.size();
  auto task = [self = shared_from_this(), document = std::move(document)]() mutable {
    self->run_error_action(std::move(document));
  };
  const bool taken = action->may_wait() || rule_->may_wait() ? around_.work.wait(std::move(task))
                                                             : around_.work.follow_up(bytes, std::move(task));
  if (!taken) log::warn("the error action of a rule is not run", {{"rule", rule_->name()}});
}

void RuleRun::run_error_action(std::string document) {
  if (is_of_before()) return;
  const Action& action = *rule_->error_action();
  auto parameters = action.has_templates() ? execution().error_parameters() : action.parameters();
  tell_notes();
  if (!parameters) {
    return log_failure("the error action of a rule failed",
                       {.failed_action = std::string{action.kind().failed_action},
                        .failed_resource = action.resource(action.parameters()),
                        .message = parameters.error().message});
  }
  auto request = message_->request_of(rule_->name());
  request.is_error_action = true;
  request.parameters = std::move(*parameters);
  request.payload = std::move(document);
  request.is_json = true;
  hand_over(action, std::move(request), [self = shared_from_this()](std::optional<ActionFailure> failure) {
    if (failure) self->log_failure("the error action of a rule failed", *failure);
  });
}

void RuleRun::log_failure(const char* what, const ActionFailure& failure) const {
  around_.log.action_failed(what, rule_->name(), message_->view().topic, failure);
}

void RuleRun::tell_notes() {
  if (!execution_ || execution_->notes().size() == notes_told_) return;
  const auto& notes = execution_->notes();
  around_.log.undefined(rule_->name(), message_->view().topic,
                        {notes.begin() + static_cast<std::ptrdiff_t>(notes_told_), notes.end()});
  notes_told_ = notes.size();
}

}  // namespace iotemu::rule_engine
