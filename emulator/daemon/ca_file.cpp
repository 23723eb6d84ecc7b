#include "emulator/daemon/ca_file.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "base/private_file.h"
#include "emulator/identity/server_identity.h"

namespace iotemu::daemon {

Result<CaFile> CaFile::place(const Settings& settings, std::string_view ca_pem) {
  std::error_code failure;
  if (!settings.emulator.data_dir.empty()) {
    return CaFile{std::filesystem::absolute(settings.emulator.data_dir) / identity::kServerCaFileName, {}};
  }
  if (!settings.ready_file.empty()) {
    const auto file = std::filesystem::absolute(settings.ready_file + ".ca.pem");
    if (auto written = write_file(file, ca_pem, kPublicMode, Overwrite::yes); !written)
      return written.error();
    return CaFile{file, file};
  }
  const auto temporary = std::filesystem::temp_directory_path(failure);
  if (failure) return Error{.code = Errc::io, .message = "no temporary directory: " + failure.message()};
  auto name = (temporary / "iot-emulator-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return Error{.code = Errc::io,
                 .message = "cannot create " + name + ": " + std::generic_category().message(errno)};
  }
  CaFile placed{std::filesystem::path{name} / "server-ca.pem", name};
  if (auto written = write_file(placed.path(), ca_pem, kPublicMode, Overwrite::no); !written)
    return written.error();
  return placed;
}

CaFile::CaFile(std::filesystem::path path, std::filesystem::path remove)
    : path_{std::move(path)}, remove_{std::move(remove)} {}

CaFile::CaFile(CaFile&& other) noexcept
    : path_{std::move(other.path_)}, remove_{std::exchange(other.remove_, {})} {}

CaFile::~CaFile() {
  if (remove_.empty()) return;
  // At the end of the process there is nobody to tell of a failure.
  std::error_code ignored;
  if (remove_ != path_) std::filesystem::remove(path_, ignored);
  std::filesystem::remove(remove_, ignored);
}

}  // namespace iotemu::daemon
