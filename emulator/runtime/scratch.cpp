#include "emulator/runtime/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

namespace iotemu::runtime {
namespace {

/// Folders below this depth are moved up and wiped in a further pass, so that descriptors do not run out.
constexpr int kMaxDepth = 100;
constexpr std::string_view kRunPrefix = "run-";

struct Wiping {
  int root{-1};
  unsigned moved{0};
};

void wipe_below(Wiping& wiping, Descriptor folder, int depth) {
  DIR* dir = ::fdopendir(folder.get());
  if (dir == nullptr) return;
  const int fd = folder.release();  // the stream's now
  while (const dirent* entry = ::readdir(dir)) {
    const std::string_view name{entry->d_name};
    if (name == "." || name == "..") continue;
    if (::unlinkat(fd, entry->d_name, 0) == 0 || errno == ENOENT) continue;
    if (errno != EISDIR && errno != EPERM) continue;
    ::fchmodat(fd, entry->d_name, 0700, 0);
    if (::unlinkat(fd, entry->d_name, AT_REMOVEDIR) == 0) continue;
    if (depth >= kMaxDepth) {
      const std::string place = "moved-" + std::to_string(++wiping.moved);
      ::renameat(fd, entry->d_name, wiping.root, place.c_str());
      continue;
    }
    Descriptor below{::openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!below) continue;
    wipe_below(wiping, std::move(below), depth + 1);
    ::unlinkat(fd, entry->d_name, AT_REMOVEDIR);
  }
  ::closedir(dir);
}

Error cannot(std::string_view what, const std::filesystem::path& path, int number) {
  return Error{Errc::io, "the folder for functions: cannot " + std::string{what} + " " + path.string() +
                             ": " + std::system_category().message(number)};
}

/// 0700 and nobody else's, for whoever may write to the parent could have made it for us.
Status claim(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return cannot("make", folder, errno);
  struct stat about {};
  if (::lstat(folder.c_str(), &about) != 0) return cannot("look at", folder, errno);
  if (!S_ISDIR(about.st_mode) || about.st_uid != ::getuid() || (about.st_mode & 077) != 0) {
    return Error{Errc::io, "the folder for functions: " + folder.string() +
                               " is not a private folder of this user (0700): remove it"};
  }
  return Ok{};
}

Descriptor lock(const std::filesystem::path& folder) {
  Descriptor fd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return {};
  struct stat held {};
  struct stat named {};
  // Who tidied up in between has taken it away.
  if (::fstat(fd.get(), &held) != 0 || ::lstat(folder.c_str(), &named) != 0) return {};
  return held.st_ino == named.st_ino ? std::move(fd) : Descriptor{};
}

void wipe_dead_runs(const std::filesystem::path& parent) {
  std::error_code error;
  for (std::filesystem::directory_iterator at{parent, error}, end; !error && at != end; at.increment(error)) {
    if (!at->path().filename().string().starts_with(kRunPrefix)) continue;
    if (const Descriptor dead = lock(at->path())) wipe(at->path());
  }
}

}  // namespace

void wipe(const std::string& path) {
  for (int pass = 0; pass < 1000; ++pass) {
    Descriptor root{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!root) return;
    const Descriptor kept{::fcntl(root.get(), F_DUPFD_CLOEXEC, 0)};
    Wiping wiping{.root = kept.get(), .moved = static_cast<unsigned>(pass) * 1'000'000};
    const unsigned before = wiping.moved;
    wipe_below(wiping, std::move(root), 0);
    if (::rmdir(path.c_str()) == 0 || wiping.moved == before) return;
  }
}

Result<std::unique_ptr<RunFolder>> RunFolder::make(const std::filesystem::path& parent) {
  const auto home = parent / ("iotemu-functions-" + std::to_string(::getuid()));
  if (auto claimed = claim(home); !claimed) return claimed.error();
  wipe_dead_runs(home);
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string name = (home / (std::string{kRunPrefix} + "XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) return cannot("make a folder in", home, errno);
    if (Descriptor held = lock(name)) return std::unique_ptr<RunFolder>{new RunFolder{name, std::move(held)}};
  }
  return cannot("lock a folder in", home, EAGAIN);
}

RunFolder::~RunFolder() {
  wipe(path_);
}

Result<std::string> RunFolder::make_scratch() {
  const auto scratch = path_ / ("scratch-" + std::to_string(++scratches_));
  if (::mkdir(scratch.c_str(), 0700) != 0) return cannot("make", scratch, errno);
  return scratch.string();
}

}  // namespace iotemu::runtime
