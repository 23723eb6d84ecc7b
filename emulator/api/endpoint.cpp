// Where the devices connect (P8.7).

#include "emulator/api/api.h"
#include "emulator/api/members.h"

namespace iotemu::api {
namespace {

Result<Json> describe_endpoint(Call& call) {
  const auto type = call.str("endpointType");
  const bool current = type == "iot:Data-ATS" || type == "iot:CredentialProvider";
  const bool legacy = type.empty() || type == "iot:Data" || type == "iot:Jobs";
  if (!current && !(legacy && call.options.describe_endpoint_legacy)) {
    return Error{Errc::invalid_request, "Endpoint type '" + type +
                                            "' is not one that can be asked for: use iot:Data-ATS or "
                                            "iot:CredentialProvider"};
  }
  return Json{{"endpointAddress", call.options.endpoint_host}};
}

}  // namespace

const OperationTable& endpoint_operations() {
  static const OperationTable table{
      {.name = "DescribeEndpoint",
       .verb = Verb::get,
       .path = "/endpoint",
       .input = {query("endpointType").length(0, 128)},
       .output = {"endpointAddress"},
       .run = describe_endpoint},
  };
  return table;
}

}  // namespace iotemu::api
