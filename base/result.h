#pragma once

// The error vocabulary of every layer: an expected failure is a value. `Result<T>` holds either a T or an
// Error; `Status` is a Result without a value. Nothing here throws or allocates beyond the message.

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace iotemu {

/// Domain errors. `emulator/api/errors.cpp` maps each to the AWS error name and HTTP status.
enum class Errc {
  invalid_request,
  not_found,
  already_exists,
  certificate_state,
  certificate_validation,
  certificate_conflict,
  registration_code_validation,
  malformed_policy,
  sql_parse,
  invalid_query,
  index_not_ready,
  invalid_aggregation,
  delete_conflict,
  conflict,
  conflicting_resource_update,
  limit_exceeded,
  versions_limit_exceeded,
  version_conflict,
  transfer_conflict,
  transfer_already_completed,
  not_configured,
  invalid_response,
  resource_registration_failure,
  unauthorized,
  access_denied,
  forbidden,
  method_not_allowed,
  throttled,
  not_implemented,
  unknown_operation,
  serialization,
  too_large,
  malformed_packet,
  io,
  internal,
  internal_exception,  ///< `internal` of the operations that AWS lets say it by another name
  unavailable,
};

/// What went wrong. `message` names the thing, the rule and the value. `resource_id`/`resource_arn` are
/// filled for `already_exists` (they travel in AWS's answer).
struct Error {
  Errc code{Errc::internal};
  std::string message{};
  std::string resource_id{};
  std::string resource_arn{};
};

/// The empty success value of a Status.
struct Ok {
  friend bool operator==(Ok, Ok) { return true; }
};

template <class T>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return Error{…};` are how a function answers.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : state_{std::in_place_index<1>, std::move(error)} {}

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T&& operator*() && { return std::move(value()); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  T& value() {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    assert(ok());
    return *std::get_if<0>(&state_);
  }

  std::variant<T, Error> state_;
};

using Status = Result<Ok>;

}  // namespace iotemu
