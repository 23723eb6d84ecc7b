// The action stepFunctions: one execution for each message, named by the prefix and a UUID.

#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {

Result<AwsCall> build_step_functions(const rules::ActionRequest& action, AwsAround& around) {
  const auto& realm = action.realm;
  const auto machine = text_of(action.parameters, "stateMachineName");
  AwsCall call;
  call.payload = action.payload;
  call.request = json_request(
      "states", "AWSStepFunctions", "StartExecution", "1.0",
      {{"stateMachineArn", "arn:" + std::string{partition(realm.region)} + ":states:" + realm.region + ":" +
                               realm.account + ":stateMachine:" + machine},
       {"name", text_of(action.parameters, "executionNamePrefix") + around.random.uuid()},
       {"input", action.payload}});
  return call;
}

}  // namespace iotemu::sinks
