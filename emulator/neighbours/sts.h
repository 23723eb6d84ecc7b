#pragma once

// STS (P9.6): who asks, and temporary credentials. Any credential is accepted, so the secrets are never
// looked at; what counts is that the access key is known: it names the account of later requests until it
// expires.

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/random.h"
#include "emulator/neighbours/iam.h"
#include "emulator/neighbours/service.h"

namespace iotemu::neighbours {

class Sts final : public Service {
 public:
  /// `iam` outlives it.
  Sts(const Clock& clock, Random& random, const Iam& iam);

  void reset() override;

  /// Whose temporary credentials these are.
  struct Session {
    std::string account{};
    std::string arn{};
    std::string user_id{};
    Time expires{};
  };
  /// Nothing if the access key is none that was handed out here.
  [[nodiscard]] std::optional<Session> session(std::string_view access_key) const;
  /// Credentials of the role, for somebody who has been let in elsewhere (C-2). The role need not exist.
  /// Errc::invalid_request: `role_arn` is the ARN of no role.
  Result<Json> open_for_role(const std::string& role_arn, const std::string& name,
                             std::chrono::seconds lifetime);

 private:
  Answer<Json> caller_identity(const Question& question);
  Answer<Json> assume_role(const Question& question);
  Answer<Json> session_token(const Question& question);

  /// Opens the session and gives its Credentials.
  Json open(Session session);

  const Clock& clock_;
  Random& random_;
  const Iam& iam_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Session> sessions_;
  std::set<std::pair<Time, std::string>> by_end_;  ///< their keys: what ends first makes room
};

}  // namespace iotemu::neighbours
