#pragma once

// What an account wants logged: the options of version 1 and 2 and the levels of single targets. Kept and
// answered; nothing here writes a log. Owned by the registry; any thread.

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "registry/paging.h"
#include "registry/records/logging.h"
#include "registry/surroundings.h"

namespace iotemu::registry {

/// What is absent stays as it is.
struct SetLoggingV2 {
  std::optional<std::string> role_arn{};
  std::optional<std::string> default_level{};
  std::optional<bool> disable_all{};
  std::optional<std::vector<EventLogging>> events{};
};

struct TargetLevel {
  LogTarget target{};
  std::string level{};
};

class LoggingOptions {
 public:
  explicit LoggingOptions(const Surroundings& surroundings)
      : around_{surroundings}, record_{std::make_shared<const LoggingRecord>()} {}

  [[nodiscard]] std::shared_ptr<const LoggingRecord> get() const;
  Status set_v1(const std::string& role_arn, const std::string& level);
  /// Errc::not_configured before they were ever set.
  [[nodiscard]] Result<LoggingV2> v2() const;
  /// Errc::invalid_request: no role, now or before.
  Status set_v2(const SetLoggingV2& request);

  /// The target `DEFAULT` means the default level. Errc::not_configured: no options of version 2;
  /// Errc::invalid_request: a name where none belongs, or none where one does; Errc::limit_exceeded.
  Status set_level(const LogTarget& target, const std::string& level);
  /// Of all targets, the default first, or of one type. Errc::not_configured.
  [[nodiscard]] Result<Page<TargetLevel>> levels(const PageRequest& page, const std::string& type) const;
  /// A target without level of its own is no error.
  Status remove_level(const LogTarget& target);
  /// Under the writer lock.
  void clear();

 private:
  Status store(LoggingRecord record);
  void show(std::shared_ptr<const LoggingRecord> record);

  const Surroundings around_;
  mutable std::mutex mutex_;  ///< Guards record_.
  std::shared_ptr<const LoggingRecord> record_;
};

}  // namespace iotemu::registry
