// The action kafka: what would be written to the topic. Its protocol is not spoken here, so the record is
// only kept.

#include "base/base64.h"
#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {

Result<AwsCall> build_kafka(const rules::ActionRequest& action, AwsAround& /*around*/) {
  if (const auto text = text_of(action.parameters, "partition"); !text.empty() && !integer_in(text)) {
    return wrong("partition is no integer");
  }
  AwsCall call;
  call.payload = action.payload;
  call.request = {.service = "kafka", .operation = "Produce"};
  return call;
}

}  // namespace iotemu::sinks
