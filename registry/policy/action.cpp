#include "registry/policy/action.h"

#include <array>

#include "registry/policy/pattern.h"
#include "registry/policy/text.h"

namespace iotemu::registry::policy {
namespace {

struct Row {
  Action action{};
  std::string_view name{};
  std::string_view other_name{};  // the older prefix of the jobs actions
};

constexpr std::array<Row, kActionCount> kRows{{
    {Action::connect, "iot:Connect", {}},
    {Action::publish, "iot:Publish", {}},
    {Action::retain_publish, "iot:RetainPublish", {}},
    {Action::subscribe, "iot:Subscribe", {}},
    {Action::receive, "iot:Receive", {}},
    {Action::get_retained_message, "iot:GetRetainedMessage", {}},
    {Action::list_retained_messages, "iot:ListRetainedMessages", {}},
    {Action::get_thing_shadow, "iot:GetThingShadow", {}},
    {Action::update_thing_shadow, "iot:UpdateThingShadow", {}},
    {Action::delete_thing_shadow, "iot:DeleteThingShadow", {}},
    {Action::list_named_shadows_for_thing, "iot:ListNamedShadowsForThing", {}},
    {Action::describe_job_execution, "iotjobsdata:DescribeJobExecution", "iot:DescribeJobExecution"},
    {Action::get_pending_job_executions, "iotjobsdata:GetPendingJobExecutions",
     "iot:GetPendingJobExecutions"},
    {Action::start_next_pending_job_execution, "iotjobsdata:StartNextPendingJobExecution",
     "iot:StartNextPendingJobExecution"},
    {Action::update_job_execution, "iotjobsdata:UpdateJobExecution", "iot:UpdateJobExecution"},
    {Action::delete_connection, "iot:DeleteConnection", {}},
    {Action::get_connection, "iot:GetConnection", {}},
    {Action::list_subscriptions, "iot:ListSubscriptions", {}},
    {Action::send_direct_message, "iot:SendDirectMessage", {}},
    {Action::assume_role_with_certificate, "iot:AssumeRoleWithCertificate", {}},
}};

}  // namespace

std::string_view name(Action action) {
  return kRows[static_cast<std::size_t>(action)].name;
}

ActionSet ActionSet::complement() const {
  ActionSet out;
  out.bits_ = ~bits_ & ((std::uint32_t{1} << kActionCount) - 1);
  return out;
}

ActionSet actions_named_by(std::string_view value) {
  const Pattern pattern = Pattern::from_wildcards(lower(value));
  ActionSet out;
  for (const Row& row : kRows) {
    const bool by_other_name = !row.other_name.empty() && pattern.matches(lower(row.other_name));
    if (by_other_name || pattern.matches(lower(row.name))) out.add(row.action);
  }
  return out;
}

}  // namespace iotemu::registry::policy
