#pragma once

// Where the input file of a bulk registration is read from (P5.9). A task names it as S3 does, by bucket and
// key; an adaptor says what that is here: a file in a local folder, or an object of an S3 that speaks HTTP.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/realm.h"
#include "base/result.h"
#include "emulator/http/client/upstream.h"

namespace iotemu::bulk {

/// Longest input file: it is held in memory while its task runs.
inline constexpr std::size_t kMaxInputBytes = 100 * 1024 * 1024;

struct InputFile {
  std::string bucket{};
  std::string key{};
};

class InputFiles {
 public:
  virtual ~InputFiles() = default;
  /// The whole file, read for `realm`. May block; `stopped` is asked several times a second meanwhile, and a
  /// yes ends the reading with an error. Called by several threads. Errc::not_found: there is no such bucket
  /// or key; every other error is final. A message names the option that gives the input.
  virtual Result<std::string> read(const Realm& realm, const InputFile& file,
                                   const std::function<bool()>& stopped) = 0;
};

struct InputOptions {
  /// Option --bulk-input-folder: a bucket is one of its sub-folders, a key a path in there. Empty: none.
  std::string folder{};
  /// Option --upstream s3=URL. Nothing: none.
  std::optional<http::Upstream> s3{};
};

/// Looks in the folder first, then asks S3, at `clock`'s time: that of the other server. With neither, every
/// reading fails and says so. `clock` outlives the files.
std::unique_ptr<InputFiles> open_input_files(const InputOptions& options, const Clock& clock);

}  // namespace iotemu::bulk
