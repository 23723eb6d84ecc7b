#pragma once

// The refusals of Lambda (P9.7).

#include <string>
#include <utility>

#include "emulator/neighbours/fault.h"
#include "emulator/neighbours/service.h"

namespace iotemu::neighbours::lambda {

inline Fault invalid(std::string message) {
  return {"InvalidParameterValueException", std::move(message)};
}
inline Fault not_found(const std::string& arn) {
  return {"ResourceNotFoundException", "Function not found: " + arn, 404};
}
inline Fault not_there(std::string message) {
  return {"ResourceNotFoundException", std::move(message), 404};
}
inline Fault conflict(std::string message) {
  return {"ResourceConflictException", std::move(message), 409};
}
inline Fault rule_broken(const std::string& value, const std::string& member, const std::string& rule) {
  return {"ValidationException", "1 validation error detected: Value '" + value + "' at '" + member +
                                     "' failed to satisfy constraint: " + rule};
}
/// Why an invocation came to no end of the function's own. `reserved`: of a function with a concurrency of
/// its own.
inline Fault invocation_fault(const Error& error, bool reserved) {
  if (error.code == Errc::throttled) {
    return {.name = "TooManyRequestsException",
            .message = error.message.empty() ? std::string{"Rate Exceeded."} : error.message,
            .status = 429,
            .more = {{"Reason", reserved ? "ReservedFunctionConcurrentInvocationLimitExceeded"
                                         : "ConcurrentInvocationLimitExceeded"}}};
  }
  if (error.code == Errc::not_found) return {"ResourceNotFoundException", error.message, 404};
  return {"ServiceException", error.message, 500};
}
inline Fault unbuilt(const std::string& member, const std::string& cure = {}) {
  return invalid(member + " is not emulated" + (cure.empty() ? "" : "; " + cure));
}

/// Of an operation that is only for the revision which the caller has seen.
inline Done check_revision(const Question& question, const std::string& current) {
  if (!question.has("RevisionId") || question.str("RevisionId") == current) return Ok{};
  return Fault{"PreconditionFailedException",
               "The RevisionId provided does not match the latest RevisionId. Call the "
               "GetFunction/GetAlias API to retrieve the latest RevisionId",
               412};
}

}  // namespace iotemu::neighbours::lambda
