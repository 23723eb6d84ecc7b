// The action s3: the result as an object, addressed by path.

#include "emulator/http/client/aws_signature.h"
#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {

Result<AwsCall> build_s3(const rules::ActionRequest& action, AwsAround& /*around*/) {
  const auto bucket = text_of(action.parameters, "bucketName");
  const auto key = text_of(action.parameters, "key");
  if (bucket.empty()) return wrong("bucketName is empty");
  if (key.empty()) return wrong("key is empty");
  AwsCall call;
  call.payload = action.payload;
  call.request = {.service = "s3",
                  .operation = "PutObject",
                  .method = "PUT",
                  .target = "/" + http::uri_encoded(bucket) + "/" + http::uri_encoded(key, "/"),
                  .headers = {{"Content-Type", "application/octet-stream"}},
                  .body = action.payload};
  if (const auto acl = text_of(action.parameters, "cannedAcl"); !acl.empty()) {
    call.request.headers.push_back({"x-amz-acl", acl});
  }
  return call;
}

}  // namespace iotemu::sinks
