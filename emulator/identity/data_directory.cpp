#include "emulator/identity/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/private_file.h"

namespace iotemu::identity {
namespace {

std::string holder(int lock) {
  std::array<char, 32> text{};
  const auto n = ::pread(lock, text.data(), text.size(), 0);
  std::string_view pid{text.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
  pid = pid.substr(0, pid.find_first_not_of("0123456789"));
  return pid.empty() ? std::string{"another emulator"} : "the emulator with process id " + std::string{pid};
}

}  // namespace

Result<DataDirectory> DataDirectory::open(const std::filesystem::path& path) {
  if (auto made = make_private_directory(path); !made) return made.error();
  const auto lock_path = path / "lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kSecretMode);
  if (lock < 0) {
    return Error{
        .code = Errc::io,
        .message = "cannot open " + lock_path.string() + ": " + std::generic_category().message(errno)};
  }
  DataDirectory directory{path, lock};
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    return Error{.code = Errc::conflict,
                 .message = "data directory " + path.string() + " is in use by " + holder(lock)};
  }
  const auto pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, pid.data(), pid.size(), 0) < 0) {
    return Error{
        .code = Errc::io,
        .message = "cannot write " + lock_path.string() + ": " + std::generic_category().message(errno)};
  }
  return directory;
}

DataDirectory::DataDirectory(std::filesystem::path path, int lock) : path_{std::move(path)}, lock_{lock} {}

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : path_{std::move(other.path_)}, lock_{std::exchange(other.lock_, -1)} {}

DataDirectory::~DataDirectory() {
  // Closing releases the lock; the file stays, since removing it would race with the next holder.
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace iotemu::identity
