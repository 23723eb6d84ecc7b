#pragma once

// Where clients find the server's CA. With a data directory it lies there and stays. Without one it is
// written beside the ready file (as FILE.ca.pem), or into a private temporary directory when there is no
// ready file either, and goes with this object.

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "emulator/daemon/settings.h"

namespace iotemu::daemon {

class CaFile {
 public:
  static Result<CaFile> place(const Settings& settings, std::string_view ca_pem);

  CaFile(CaFile&& other) noexcept;
  CaFile& operator=(CaFile&&) = delete;
  ~CaFile();

  /// Absolute.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  CaFile(std::filesystem::path path, std::filesystem::path remove);

  std::filesystem::path path_;
  /// The file or directory of our own; empty: nothing goes.
  std::filesystem::path remove_;
};

}  // namespace iotemu::daemon
