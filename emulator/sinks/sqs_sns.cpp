// The actions sqs and sns, in the query protocol: every server that plays them reads it, older ones nothing
// else.

#include "base/base64.h"
#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {

Result<AwsCall> build_sqs(const rules::ActionRequest& action, AwsAround& /*around*/) {
  AwsCall call;
  call.payload = flag_of(action.parameters, "useBase64") ? to_base64(action.payload) : action.payload;
  call.request =
      query_request("sqs", "2012-11-05", "SendMessage",
                    {{"QueueUrl", text_of(action.parameters, "queueUrl")}, {"MessageBody", call.payload}});
  return call;
}

Result<AwsCall> build_sns(const rules::ActionRequest& action, AwsAround& /*around*/) {
  AwsCall call;
  call.payload = action.payload;
  std::vector<std::pair<std::string, std::string>> members{
      {"TargetArn", text_of(action.parameters, "targetArn")}, {"Message", call.payload}};
  if (text_of(action.parameters, "messageFormat") == "JSON") members.emplace_back("MessageStructure", "json");
  call.request = query_request("sns", "2010-03-31", "Publish", members);
  return call;
}

}  // namespace iotemu::sinks
