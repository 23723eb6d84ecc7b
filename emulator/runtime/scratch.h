#pragma once

// The folder of one run: the scratch folders of its functions and the programs that receive their events. It
// is private (0700) and locked while its owner lives; who comes later wipes what runs that died have left.

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace iotemu::runtime {

/// Removes `path` and all below it, whatever its modes are and however deep it is; follows no link. What
/// cannot be removed stays.
void wipe(const std::string& path);

/// Owned by the pool. `make_scratch` from any thread.
class RunFolder {
 public:
  /// Beneath `parent`, which is a folder for temporary files. Fails with Errc::io and a sentence.
  static Result<std::unique_ptr<RunFolder>> make(const std::filesystem::path& parent);
  /// Wipes it.
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// A new, empty folder.
  [[nodiscard]] Result<std::string> make_scratch();

 private:
  RunFolder(std::filesystem::path path, Descriptor lock) : path_{std::move(path)}, lock_{std::move(lock)} {}

  std::filesystem::path path_;
  Descriptor lock_;
  std::atomic<unsigned> scratches_{0};
};

}  // namespace iotemu::runtime
