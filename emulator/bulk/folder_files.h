#pragma once

// Input files in a local folder: bucket `b` is its sub-folder, key `a/c.json` the file b/a/c.json. What a
// request names stays below the folder: no "..", no symbolic link, regular files only.

#include <cstddef>
#include <string>
#include <utility>

#include "emulator/bulk/input_files.h"

namespace iotemu::bulk {

struct FolderReading {
  std::string option{"--bulk-input-folder"};  ///< What names the folder: it stands in errors.
  std::size_t most_bytes{kMaxInputBytes};     ///< Longest file.
};

class FolderFiles final : public InputFiles {
 public:
  explicit FolderFiles(std::string folder, FolderReading reading = {})
      : folder_{std::move(folder)}, reading_{std::move(reading)} {}
  Result<std::string> read(const Realm& realm, const InputFile& file,
                           const std::function<bool()>& stopped) override;

 private:
  const std::string folder_;
  const FolderReading reading_;
};

}  // namespace iotemu::bulk
