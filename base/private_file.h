#pragma once

// Files that hold keys and secrets, and the directories around them. Created with an exact mode whatever the
// umask, never through a symbolic link, and whole or not at all. Expected failures name the path and the
// system's reason.

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace iotemu {

inline constexpr mode_t kSecretMode = 0600;
inline constexpr mode_t kPublicMode = 0644;

enum class Overwrite { no, yes };

/// The whole file. Fails with Errc::io, Errc::not_found if it does not exist, Errc::too_large above
/// `max_bytes`.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes = 1 << 20);

/// A file with a secret, as ssh treats keys: no symbolic link, a regular file, owned by this user. If group
/// or others can reach it, its mode is mended to 0600 with a line in the log.
Result<std::string> read_secret_file(const std::filesystem::path& path, std::size_t max_bytes = 1 << 20);

/// Overwrite::no: created new, fails with Errc::already_exists if anything has that name. Overwrite::yes:
/// written beside it and renamed over it, so that a reader sees the old or the new content and never a part.
Status write_file(const std::filesystem::path& path, std::string_view content, mode_t mode,
                  Overwrite overwrite);

/// Makes `path` (and its parents) if missing. The last one is 0700 and owned by this user. One that group or
/// others can reach is mended with a line in the log while it is empty; with something in it (a home, /tmp)
/// it is refused, since shutting others out of it may not be what was meant. A symbolic link to such a
/// directory is accepted.
Status make_private_directory(const std::filesystem::path& path);

}  // namespace iotemu
