#pragma once

// The file by which scripts learn that the emulator is ready and where it listens. It is there, whole and
// 0600, exactly while the emulator is ready.

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace iotemu::daemon {

struct ReadyFacts {
  std::string api_endpoint{};
  std::string mqtt_host{};
  std::uint16_t mqtt_port{0};
  std::uint16_t https_port{0};
  std::string server_ca_file{};
  std::string account{};
  std::string region{};
  std::int64_t pid{0};
  /// Empty when bound to loopback; else a member "adminToken".
  std::string admin_token{};
};

/// apiEndpoint, mqttHost, mqttPort, httpsPort, serverCaFile, accountId, region, pid.
[[nodiscard]] Json ready_json(const ReadyFacts& facts);

/// What a program needs to find a running emulator: apiEndpoint and adminToken of its file, the rest stays
/// empty. Errc::io: it cannot be read; Errc::invalid_request: it is no ready file.
[[nodiscard]] Result<ReadyFacts> read_ready_file(const std::filesystem::path& path);

/// Owns the file: what an earlier process left under this name is removed by `claim`, what `write` wrote by
/// the destructor.
class ReadyFile {
 public:
  /// Removes a leftover, so that nobody takes it for ours. Fails if `path` is something else than a file or
  /// its directory cannot be written. An empty path claims nothing, and `write` does nothing.
  static Result<ReadyFile> claim(const std::filesystem::path& path);

  ReadyFile(ReadyFile&& other) noexcept;
  ReadyFile& operator=(ReadyFile&&) = delete;
  ~ReadyFile();

  Status write(const ReadyFacts& facts);

 private:
  explicit ReadyFile(std::filesystem::path path);

  std::filesystem::path path_;
  bool written_{false};
};

}  // namespace iotemu::daemon
