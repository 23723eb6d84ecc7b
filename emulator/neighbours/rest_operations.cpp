#include "emulator/neighbours/rest_operations.h"

#include "emulator/api/router.h"
#include "emulator/neighbours/greengrass/known_operations.h"
#include "emulator/neighbours/protocol.h"

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
      {"AddLayerVersionPermission", Verb::post,
       "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy"},
      {"AddPermission", Verb::post, "/2015-03-31/functions/{FunctionName}/policy"},
      {"CreateAlias", Verb::post, "/2015-03-31/functions/{FunctionName}/aliases"},
      {"CreateCodeSigningConfig", Verb::post, "/2020-04-22/code-signing-configs"},
      {"CreateEventSourceMapping", Verb::post, "/2015-03-31/event-source-mappings"},
      {"CreateFunction", Verb::post, "/2015-03-31/functions"},
      {"CreateFunctionUrlConfig", Verb::post, "/2021-10-31/functions/{FunctionName}/url"},
      {"DeleteAlias", Verb::del, "/2015-03-31/functions/{FunctionName}/aliases/{Name}"},
      {"DeleteCodeSigningConfig", Verb::del, "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}"},
      {"DeleteEventSourceMapping", Verb::del, "/2015-03-31/event-source-mappings/{UUID}"},
      {"DeleteFunction", Verb::del, "/2015-03-31/functions/{FunctionName}"},
      {"DeleteFunctionCodeSigningConfig", Verb::del,
       "/2020-06-30/functions/{FunctionName}/code-signing-config"},
      {"DeleteFunctionConcurrency", Verb::del, "/2017-10-31/functions/{FunctionName}/concurrency"},
      {"DeleteFunctionEventInvokeConfig", Verb::del,
       "/2019-09-25/functions/{FunctionName}/event-invoke-config"},
      {"DeleteFunctionUrlConfig", Verb::del, "/2021-10-31/functions/{FunctionName}/url"},
      {"DeleteLayerVersion", Verb::del, "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}"},
      {"DeleteProvisionedConcurrencyConfig", Verb::del,
       "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"},
      {"GetAccountSettings", Verb::get, "/2016-08-19/account-settings"},
      {"GetAlias", Verb::get, "/2015-03-31/functions/{FunctionName}/aliases/{Name}"},
      {"GetCodeSigningConfig", Verb::get, "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}"},
      {"GetEventSourceMapping", Verb::get, "/2015-03-31/event-source-mappings/{UUID}"},
      {"GetFunction", Verb::get, "/2015-03-31/functions/{FunctionName}"},
      {"GetFunctionCodeSigningConfig", Verb::get, "/2020-06-30/functions/{FunctionName}/code-signing-config"},
      {"GetFunctionConcurrency", Verb::get, "/2019-09-30/functions/{FunctionName}/concurrency"},
      {"GetFunctionConfiguration", Verb::get, "/2015-03-31/functions/{FunctionName}/configuration"},
      {"GetFunctionEventInvokeConfig", Verb::get, "/2019-09-25/functions/{FunctionName}/event-invoke-config"},
      {"GetFunctionUrlConfig", Verb::get, "/2021-10-31/functions/{FunctionName}/url"},
      {"GetLayerVersion", Verb::get, "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}"},
      {"GetLayerVersionByArn", Verb::get, "/2018-10-31/layers?find=LayerVersion"},
      {"GetLayerVersionPolicy", Verb::get, "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy"},
      {"GetPolicy", Verb::get, "/2015-03-31/functions/{FunctionName}/policy"},
      {"GetProvisionedConcurrencyConfig", Verb::get,
       "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"},
      {"Invoke", Verb::post, "/2015-03-31/functions/{FunctionName}/invocations"},
      {"InvokeAsync", Verb::post, "/2014-11-13/functions/{FunctionName}/invoke-async"},
      {"ListAliases", Verb::get, "/2015-03-31/functions/{FunctionName}/aliases"},
      {"ListCodeSigningConfigs", Verb::get, "/2020-04-22/code-signing-configs"},
      {"ListEventSourceMappings", Verb::get, "/2015-03-31/event-source-mappings"},
      {"ListFunctionEventInvokeConfigs", Verb::get,
       "/2019-09-25/functions/{FunctionName}/event-invoke-config/list"},
      {"ListFunctionUrlConfigs", Verb::get, "/2021-10-31/functions/{FunctionName}/urls"},
      {"ListFunctions", Verb::get, "/2015-03-31/functions"},
      {"ListFunctionsByCodeSigningConfig", Verb::get,
       "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}/functions"},
      {"ListLayerVersions", Verb::get, "/2018-10-31/layers/{LayerName}/versions"},
      {"ListLayers", Verb::get, "/2018-10-31/layers"},
      {"ListProvisionedConcurrencyConfigs", Verb::get,
       "/2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL"},
      {"ListTags", Verb::get, "/2017-03-31/tags/{ARN}"},
      {"ListVersionsByFunction", Verb::get, "/2015-03-31/functions/{FunctionName}/versions"},
      {"PublishLayerVersion", Verb::post, "/2018-10-31/layers/{LayerName}/versions"},
      {"PublishVersion", Verb::post, "/2015-03-31/functions/{FunctionName}/versions"},
      {"PutFunctionCodeSigningConfig", Verb::put, "/2020-06-30/functions/{FunctionName}/code-signing-config"},
      {"PutFunctionConcurrency", Verb::put, "/2017-10-31/functions/{FunctionName}/concurrency"},
      {"PutFunctionEventInvokeConfig", Verb::put, "/2019-09-25/functions/{FunctionName}/event-invoke-config"},
      {"PutProvisionedConcurrencyConfig", Verb::put,
       "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"},
      {"RemoveLayerVersionPermission", Verb::del,
       "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}"},
      {"RemovePermission", Verb::del, "/2015-03-31/functions/{FunctionName}/policy/{StatementId}"},
      {"TagResource", Verb::post, "/2017-03-31/tags/{ARN}"},
      {"UntagResource", Verb::del, "/2017-03-31/tags/{ARN}"},
      {"UpdateAlias", Verb::put, "/2015-03-31/functions/{FunctionName}/aliases/{Name}"},
      {"UpdateCodeSigningConfig", Verb::put, "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}"},
      {"UpdateEventSourceMapping", Verb::put, "/2015-03-31/event-source-mappings/{UUID}"},
      {"UpdateFunctionCode", Verb::put, "/2015-03-31/functions/{FunctionName}/code"},
      {"UpdateFunctionConfiguration", Verb::put, "/2015-03-31/functions/{FunctionName}/configuration"},
      {"UpdateFunctionEventInvokeConfig", Verb::post,
       "/2019-09-25/functions/{FunctionName}/event-invoke-config"},
      {"UpdateFunctionUrlConfig", Verb::put, "/2021-10-31/functions/{FunctionName}/url"},
  }};
  static const Router none{{}};
  if (service == "iot-jobs-data") return jobs_data_plane;
  if (service == "lambda") return lambda;
  if (service == "greengrass") return unbuilt_greengrass_operations();
  return none;
}

}  // namespace

std::string_view rest_operation(std::string_view service, const http::Request& request) {
  const auto match = match_rest(known_operations(service), request);
  return match ? match->route->name : std::string_view{};
}

}  // namespace iotemu::neighbours
