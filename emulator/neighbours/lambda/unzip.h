#pragma once

// A zip that a stranger sent, unpacked into a folder: nothing of it lands elsewhere, and it cannot fill the
// disk. Blocks.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace iotemu::neighbours::lambda {

struct UnzipLimits {
  std::uint64_t bytes{250ULL * 1024 * 1024};  ///< unpacked, as AWS has it
  std::size_t entries{10'000};
  /// What `ratio` times the zip's size is above this is a bomb.
  std::uint64_t harmless{16ULL * 1024 * 1024};
  std::uint64_t ratio{200};
};

/// `folder` exists and is empty. Files become 0644, or 0755 where their owner may run them, folders 0755.
/// Errc::invalid_request says what is wrong with the zip, Errc::too_large that it unpacks to too much,
/// Errc::unavailable that libarchive is missing.
Status unzip(std::string_view zip, const std::filesystem::path& folder, const UnzipLimits& limits = {});

}  // namespace iotemu::neighbours::lambda
