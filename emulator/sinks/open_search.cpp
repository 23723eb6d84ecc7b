// The actions openSearch and elasticsearch: a document under index, type and id.

#include "emulator/http/client/aws_signature.h"
#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {

Result<AwsCall> build_open_search(const rules::ActionRequest& action, AwsAround& /*around*/) {
  std::string path;
  for (const auto* name : {"index", "type", "id"}) {
    const auto part = text_of(action.parameters, name);
    if (part.empty()) return wrong(std::string{name} + " is empty");
    path += "/" + http::uri_encoded(part);
  }
  AwsCall call;
  call.payload = action.payload;
  // The endpoint belongs to AWS; the upstream stands in for every domain.
  call.request = {.service = "es",
                  .operation = "PUT",
                  .method = "PUT",
                  .target = std::move(path),
                  .headers = {{"Content-Type", "application/json"}},
                  .body = action.payload};
  return call;
}

}  // namespace iotemu::sinks
