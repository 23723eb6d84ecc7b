#include "base/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/log.h"

namespace iotemu {
namespace {

Error system_error(std::string_view verb, const std::filesystem::path& path, int number) {
  const auto code = number == ENOENT ? Errc::not_found : number == EEXIST ? Errc::already_exists : Errc::io;
  return {.code = code,
          .message = std::string{"cannot "}
                         .append(verb)
                         .append(" ")
                         .append(path.string())
                         .append(": ")
                         .append(std::generic_category().message(number))};
}

Result<std::string> read_all(const Descriptor& file, const std::filesystem::path& path,
                             std::size_t max_bytes) {
  std::string content;
  char buffer[16 * 1024];
  while (true) {
    const auto n = ::read(file.get(), buffer, sizeof buffer);
    if (n == 0) return content;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("read", path, errno);
    content.append(buffer, static_cast<std::size_t>(n));
    if (content.size() > max_bytes) {
      return Error{.code = Errc::too_large,
                   .message = path.string() + " is larger than " + std::to_string(max_bytes) + " bytes"};
    }
  }
}

Status write_new(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)};
  if (!file) return system_error("create", path, errno);
  const auto failed = [&](int number) {
    ::unlink(path.c_str());
    return system_error("write", path, number);
  };
  if (::fchmod(file.get(), mode) != 0) return failed(errno);
  while (!content.empty()) {
    const auto n = ::write(file.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  // False if the content could not be handed to the file system.
  if (::close(file.release()) != 0) return failed(errno);
  return Ok{};
}

Error not_ours(const std::filesystem::path& path) {
  return {.code = Errc::io,
          .message = path.string() + " belongs to another user; keys are not read from there"};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return system_error("read", path, errno);
  return read_all(file, path, max_bytes);
}

Result<std::string> read_secret_file(const std::filesystem::path& path, std::size_t max_bytes) {
  // O_NONBLOCK: a FIFO put in the key's place must not hold the start.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  if (!file) return system_error("read", path, errno);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return system_error("read", path, errno);
  if (!S_ISREG(facts.st_mode)) {
    return Error{.code = Errc::io, .message = path.string() + " is not a regular file"};
  }
  if (facts.st_uid != ::geteuid()) return not_ours(path);
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    if (::fchmod(file.get(), kSecretMode) != 0) return system_error("set mode 0600 on", path, errno);
    log::warn("a secret could be read by others; its mode is now 0600", {{"file", path.string()}});
  }
  return read_all(file, path, max_bytes);
}

Status write_file(const std::filesystem::path& path, std::string_view content, mode_t mode,
                  Overwrite overwrite) {
  if (overwrite == Overwrite::no) return write_new(path, content, mode);
  auto beside = path;
  beside += "." + std::to_string(::getpid()) + ".tmp";
  // A leftover of a process that had this id and was killed.
  ::unlink(beside.c_str());
  if (auto written = write_new(beside, content, mode); !written) return written;
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    const int number = errno;
    ::unlink(beside.c_str());
    return system_error("write", path, number);
  }
  return Ok{};
}

Status make_private_directory(const std::filesystem::path& path) {
  std::error_code failure;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), failure);
  if (failure) return system_error("create", path.parent_path(), failure.value());
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) return system_error("create", path, errno);

  const Descriptor directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory) return system_error("open directory", path, errno);
  struct stat facts {};
  if (::fstat(directory.get(), &facts) != 0) return system_error("open directory", path, errno);
  if (facts.st_uid != ::geteuid()) return not_ours(path);
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    if (!std::filesystem::is_empty(path, failure) || failure) {
      return Error{.code = Errc::io,
                   .message = path.string() +
                              " can be reached by other users and is not empty; run chmod 700 on it or " +
                              "name a directory of its own"};
    }
    if (::fchmod(directory.get(), S_IRWXU) != 0) return system_error("set mode 0700 on", path, errno);
    log::warn("a directory of keys could be reached by others; its mode is now 0700",
              {{"directory", path.string()}});
  }
  return Ok{};
}

}  // namespace iotemu
