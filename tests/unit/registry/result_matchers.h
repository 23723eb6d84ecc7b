#pragma once

// Matchers for Result values: what is expected, not what is not.

#include <gmock/gmock.h>

#include <ostream>
#include <string>

#include "base/result.h"

namespace iotemu::registry {

MATCHER(IsOk, "is a success") {
  if (arg.ok()) return true;
  *result_listener << "failed with Errc " << static_cast<int>(arg.error().code) << ": "
                   << arg.error().message;
  return false;
}

MATCHER_P(FailsWith, code, "fails with Errc " + std::to_string(static_cast<int>(code))) {
  if (arg.ok()) {
    *result_listener << "succeeded";
    return false;
  }
  *result_listener << "failed with Errc " << static_cast<int>(arg.error().code) << ": "
                   << arg.error().message;
  return arg.error().code == code;
}

MATCHER_P2(FailsWith, code, text,
           "fails with Errc " + std::to_string(static_cast<int>(code)) + " and '" + std::string{text} + "'") {
  if (arg.ok()) {
    *result_listener << "succeeded";
    return false;
  }
  *result_listener << "failed with Errc " << static_cast<int>(arg.error().code) << ": "
                   << arg.error().message;
  return arg.error().code == code && arg.error().message.find(text) != std::string::npos;
}

}  // namespace iotemu::registry
