#pragma once

// Input files in a local folder: bucket `b` is its sub-folder, key `a/c.json` the file b/a/c.json. What a
// request names stays below the folder: no "..", no symbolic link, regular files only.

#include <string>
#include <utility>

#include "emulator/bulk/input_files.h"

namespace iotemu::bulk {

class FolderFiles final : public InputFiles {
 public:
  explicit FolderFiles(std::string folder) : folder_{std::move(folder)} {}
  Result<std::string> read(const Realm& realm, const InputFile& file,
                           const std::function<bool()>& stopped) override;

 private:
  const std::string folder_;
};

}  // namespace iotemu::bulk
