#pragma once

// Input files as objects of an S3 that is reached by HTTP, for example another emulator or MinIO.

#include <memory>
#include <string>

#include "emulator/bulk/input_files.h"

namespace iotemu::bulk {

/// `url`: "http[s]://[KEY:SECRET@]host[:port][/path]"; an object is GET <url>/<bucket>/<key>, signed with
/// SigV4 for the task's region. Without KEY:SECRET the access key is the task's account, as emulators
/// understand it. Redirects and proxies are not used; size and time are bounded. Errc::invalid_request: the
/// URL cannot be used.
Result<std::unique_ptr<InputFiles>> make_s3_files(const std::string& url);

}  // namespace iotemu::bulk
