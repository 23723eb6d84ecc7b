#include "emulator/neighbours/rest_operations.h"

#include "emulator/api/router.h"

namespace iotemu::neighbours {
namespace {

using api::Router;
using api::Verb;

const Router& known_operations(std::string_view service) {
  static const Router jobs_data_plane{{
      {"DescribeJobExecution", Verb::get, "/things/{thingName}/jobs/{jobId}"},
      {"UpdateJobExecution", Verb::post, "/things/{thingName}/jobs/{jobId}"},
      {"GetPendingJobExecutions", Verb::get, "/things/{thingName}/jobs"},
      {"StartNextPendingJobExecution", Verb::put, "/things/{thingName}/jobs/$next"},
  }};
  static const Router lambda{{
      {"CreateFunction", Verb::post, "/2015-03-31/functions"},
      {"ListFunctions", Verb::get, "/2015-03-31/functions"},
      {"ListFunctions", Verb::get, "/2015-03-31/functions/"},  // as older SDKs write it
      {"GetFunction", Verb::get, "/2015-03-31/functions/{FunctionName}"},
      {"DeleteFunction", Verb::del, "/2015-03-31/functions/{FunctionName}"},
      {"Invoke", Verb::post, "/2015-03-31/functions/{FunctionName}/invocations"},
      {"UpdateFunctionCode", Verb::put, "/2015-03-31/functions/{FunctionName}/code"},
      {"AddPermission", Verb::post, "/2015-03-31/functions/{FunctionName}/policy"},
  }};
  static const Router none{{}};
  if (service == "iot-jobs-data") return jobs_data_plane;
  if (service == "lambda") return lambda;
  return none;
}

}  // namespace

std::string_view rest_operation(std::string_view service, const http::Request& request) {
  const auto match = known_operations(service).match(request.method, request.segments);
  return match ? match->route->name : std::string_view{};
}

}  // namespace iotemu::neighbours
