// Bulk registration tasks and their reports (P5.9).

#include "emulator/bulk/registration_tasks.h"

#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

constexpr std::string_view kStatuses[]{"InProgress", "Completed", "Failed", "Cancelled", "Cancelling"};
constexpr std::string_view kReportTypes[]{"ERRORS", "RESULTS"};

const Realm& realm_of(const Call& call) {
  return call.registry.realm();
}

Result<Json> start_task(Call& call) {
  const auto id = call.tasks.start(
      call.registry, {.template_body = call.str("templateBody"),
                      .input = {.bucket = call.str("inputFileBucket"), .key = call.str("inputFileKey")},
                      .role_arn = call.str("roleArn")});
  if (!id) return id.error();
  return Json{{"taskId", *id}};
}

Result<Json> describe_task(Call& call) {
  const auto task = call.tasks.task(realm_of(call), call.str("taskId"));
  if (!task) return task.error();
  Json answer{{"taskId", task->id},
              {"creationDate", epoch_seconds(task->created_at)},
              {"lastModifiedDate", epoch_seconds(task->changed_at)},
              {"templateBody", task->request.template_body},
              {"inputFileBucket", task->request.input.bucket},
              {"inputFileKey", task->request.input.key},
              {"roleArn", task->request.role_arn},
              {"status", to_text(task->status)},
              {"successCount", task->successes},
              {"failureCount", task->failures},
              {"percentageProgress", task->percent}};
  put(answer, "message", task->message);
  return answer;
}

Result<Json> stop_task(Call& call) {
  return empty_answer(call.tasks.cancel(realm_of(call), call.str("taskId")));
}

Result<Json> list_tasks(Call& call) {
  const auto page = call.tasks.list(realm_of(call), call.page(), bulk::parse_task_status(call.str("status")));
  if (!page) return page.error();
  return page_answer(*page, "taskIds", "nextToken", [](const std::string& id) { return id; });
}

Result<Json> list_reports(Call& call) {
  if (const auto first = check_only_page(call); !first) return first.error();
  const auto id = call.str("taskId");
  const auto type = call.str("reportType");
  const bool results = type == "RESULTS";
  const auto key = call.tasks.report_key(realm_of(call), id,
                                         results ? bulk::ReportType::results : bulk::ReportType::errors);
  // The model of this operation has no 404.
  if (!key) return Error{Errc::invalid_request, key.error().message};
  auto links = Json::array();
  if (*key) {
    links.push_back(call.endpoint + "/_iot/thing-registration-tasks/" + id +
                    (results ? "/results" : "/errors") + "?key=" + **key);
  }
  return Json{{"resourceLinks", std::move(links)}, {"reportType", type}};
}

Member task_id() {
  return path_member("taskId").length(0, 40);
}

}  // namespace

const OperationTable& registration_task_operations() {
  static const OperationTable table{
      {.name = "StartThingRegistrationTask",
       .verb = Verb::post,
       .path = "/thing-registration-tasks",
       .input = {template_body(),
                 body("inputFileBucket").required().length(3, 256).pattern(kBucketNamePattern),
                 body("inputFileKey").required().length(1, 1024).pattern(kObjectKeyPattern),
                 body("roleArn").required().length(20, 2048)},
       .output = {"taskId"},
       .run = start_task},
      {.name = "DescribeThingRegistrationTask",
       .verb = Verb::get,
       .path = "/thing-registration-tasks/{taskId}",
       .input = {task_id()},
       .output = {"taskId", "creationDate", "lastModifiedDate", "templateBody", "inputFileBucket",
                  "inputFileKey", "roleArn", "status", "message", "successCount", "failureCount",
                  "percentageProgress"},
       .errors = {Errc::not_found},
       .run = describe_task},
      {.name = "StopThingRegistrationTask",
       .verb = Verb::put,
       .path = "/thing-registration-tasks/{taskId}/cancel",
       .input = {task_id()},
       .errors = {Errc::not_found},
       .run = stop_task},
      {.name = "ListThingRegistrationTasks",
       .verb = Verb::get,
       .path = "/thing-registration-tasks",
       .input = with_token({query("status").one_of(kStatuses)}),
       .output = {"taskIds", "nextToken"},
       .run = list_tasks},
      {.name = "ListThingRegistrationTaskReports",
       .verb = Verb::get,
       .path = "/thing-registration-tasks/{taskId}/reports",
       .input = with_token({task_id(), query("reportType").required().one_of(kReportTypes)}),
       .output = {"resourceLinks", "reportType", "nextToken"},
       .run = list_reports},
  };
  return table;
}

}  // namespace iotemu::api
