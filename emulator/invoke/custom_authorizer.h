#pragma once

// What the function of a custom authorizer is asked, how a token's signature is judged and how the answer is
// read (A-5…9). Pure.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "registry/records/authorizer.h"

namespace iotemu::invoke {

///
inline constexpr Duration kAuthorizerTimeLimit{std::chrono::seconds{5}};

/// What a client has brought along. Absent members were not there.
struct AuthorizerQuestion {
  struct Tls {
    std::string server_name{};
  };
  struct Http {
    std::map<std::string, std::string> headers{};
    std::string query{};  ///< As it came, with or without `?`.
  };
  struct Mqtt {
    std::string username{};         ///< As it came, its query string included.
    std::string password_base64{};  ///< Of the password's bytes.
    std::string client_id{};
  };
  std::string token{};
  bool signature_verified{false};  ///< False when signing is disabled (A-7).
  std::optional<Tls> tls{};
  std::optional<Http> http{};
  std::optional<Mqtt> mqtt{};
  std::string connection_id{};
};

/// The function's event, JSON.
[[nodiscard]] std::string authorizer_event(const AuthorizerQuestion& question);

/// True: the signature verifies with one of the authorizer's keys; false: signing is disabled.
/// Errc::invalid_request: token or signature is missing; Errc::unauthorized: no key verifies it.
Result<bool> verify_token(const registry::AuthorizerRecord& authorizer, std::string_view token,
                          std::string_view signature_base64);

struct AuthorizerAnswer {
  bool authenticated{false};
  std::string principal{};
  std::vector<std::string> policy_documents{};  ///< JSON texts.
  std::chrono::seconds disconnect_after{};
  std::chrono::seconds refresh_after{};
};

/// Errc::invalid_response with the rule of A-9 that the answer breaks. Of one that says no, nothing else is
/// read.
Result<AuthorizerAnswer> read_authorizer_answer(std::string_view text);

}  // namespace iotemu::invoke
