#include "emulator/bulk/folder_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/descriptor.h"

namespace iotemu::bulk {
namespace {

Error failure(int error, std::string_view what) {
  const std::string name{what};
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return {Errc::not_found, "there is no " + name};
    case ELOOP:
      return {Errc::access_denied, name + " is a symbolic link, which is not followed"};
    case EACCES:
    case EPERM:
      return {Errc::access_denied, name + " may not be read by the emulator"};
    default:
      return {Errc::io, name + " cannot be read: " + std::generic_category().message(error)};
  }
}

/// One step down. O_NOFOLLOW on every step: no link leads out.
Result<Descriptor> step(const Descriptor& from, const std::string& name, int flags, std::string_view what) {
  const int fd = ::openat(from.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags);
  if (fd >= 0) return Descriptor{fd};
  const int error = errno;
  struct stat facts {};
  const bool link = error == ENOTDIR &&
                    ::fstatat(from.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
                    S_ISLNK(facts.st_mode);
  return failure(link ? ELOOP : error, what);
}

bool is_step(std::string_view name) {
  return !name.empty() && name != "." && name != "..";
}

/// `path` below `root`, opened for reading.
Result<Descriptor> open_below(Descriptor root, const std::string& path, std::string_view what) {
  auto at = std::move(root);
  for (std::size_t begin = 0;;) {
    const auto slash = path.find('/', begin);
    const auto name = path.substr(begin, slash - begin);
    if (!is_step(name)) {
      return Error{Errc::access_denied, std::string{what} + " is not a path below its bucket"};
    }
    const bool last = slash == path.npos;
    auto next = step(at, name, last ? 0 : O_DIRECTORY, what);
    if (!next || last) return next;
    at = std::move(*next);
    begin = slash + 1;
  }
}

Result<std::string> read_all(const Descriptor& file, std::string_view what, std::size_t most_bytes,
                             const std::function<bool()>& stopped) {
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return failure(errno, what);
  if (!S_ISREG(facts.st_mode))
    return Error{Errc::access_denied, std::string{what} + " is not a regular file"};
  std::string content;
  std::array<char, 64 * 1024> block{};
  for (;;) {
    if (stopped()) return Error{Errc::unavailable, "the reading was stopped"};
    const auto count = ::read(file.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(errno, what);
    if (count == 0) return content;
    content.append(block.data(), static_cast<std::size_t>(count));
    if (content.size() > most_bytes) {
      return Error{Errc::too_large,
                   std::string{what} + " is longer than " + std::to_string(most_bytes) + " bytes"};
    }
  }
}

}  // namespace

Result<std::string> FolderFiles::read(const Realm& /*realm*/, const InputFile& file,
                                      const std::function<bool()>& stopped) {
  const auto explained = [this](Error error) {
    error.message = "Option " + reading_.option + ": " + error.message;
    return error;
  };
  Descriptor root{::open(folder_.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY)};
  if (root.get() < 0) return explained(failure(errno, "folder '" + folder_ + "'"));
  const auto bucket_name = "bucket (sub-folder) '" + file.bucket + "'";
  if (!is_step(file.bucket) || file.bucket.find('/') != file.bucket.npos) {
    return explained({Errc::access_denied, bucket_name + " is not the name of a sub-folder"});
  }
  auto bucket = step(root, file.bucket, O_DIRECTORY, bucket_name);
  if (!bucket) return explained(bucket.error());
  const auto file_name = "file '" + file.key + "' in bucket '" + file.bucket + "'";
  const auto opened = open_below(std::move(*bucket), file.key, file_name);
  if (!opened) return explained(opened.error());
  auto content = read_all(*opened, file_name, reading_.most_bytes, stopped);
  if (!content) return explained(content.error());
  return content;
}

}  // namespace iotemu::bulk
