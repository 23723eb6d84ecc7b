// The action salesforce: an event for the input stream of Salesforce IoT Cloud, let in by its token. No AWS
// service, so nothing is signed; `--upstream salesforce=URL` stands in for its host.

#include "emulator/http/client/call.h"
#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {

Result<AwsCall> build_salesforce(const rules::ActionRequest& action, AwsAround& /*around*/) {
  const auto url = http::parse_url(text_of(action.parameters, "url"));
  if (!url) return url.error();
  const auto token = text_of(action.parameters, "token");
  if (!http::is_header_value(token)) return wrong("the token holds a control character");
  AwsCall call;
  call.payload = action.payload;
  call.request = {.service = "salesforce",
                  .operation = "POST",
                  .target = url->target,
                  .headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + token}},
                  .body = action.payload,
                  .is_signed = false};
  return call;
}

}  // namespace iotemu::sinks
