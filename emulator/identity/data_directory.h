#pragma once

// The directory that belongs to one running emulator: private, and locked while this object lives, so that
// two processes never write the same keys. Held by whoever keeps something in it.

#include <filesystem>

#include "base/result.h"

namespace iotemu::identity {

class DataDirectory {
 public:
  /// Makes it if missing. Fails with Errc::conflict if another emulator holds it; the message names its
  /// process.
  static Result<DataDirectory> open(const std::filesystem::path& path);

  DataDirectory(DataDirectory&& other) noexcept;
  DataDirectory& operator=(DataDirectory&&) = delete;
  ~DataDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  DataDirectory(std::filesystem::path path, int lock);

  std::filesystem::path path_;
  int lock_{-1};
};

}  // namespace iotemu::identity
