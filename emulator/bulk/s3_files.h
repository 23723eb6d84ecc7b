#pragma once

// Input files as objects of an S3 that is reached by HTTP, for example another emulator or MinIO.

#include <memory>

#include "base/clock.h"
#include "emulator/bulk/input_files.h"
#include "emulator/http/client/upstream.h"

namespace iotemu::bulk {

/// An object is GET <upstream>/<bucket>/<key>, signed with SigV4 for the task's region, at `clock`'s time.
/// Size and time are bounded. `clock` outlives the files.
std::unique_ptr<InputFiles> make_s3_files(http::Upstream upstream, const Clock& clock);

}  // namespace iotemu::bulk
