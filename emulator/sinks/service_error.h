#pragma once

// What an AWS service says of a failure, in any of its protocols. Pure.

#include <string>

#include "emulator/sinks/http_answer.h"

namespace iotemu::sinks {

struct ServiceError {
  std::string code{};     ///< "ResourceNotFoundException"; empty: the answer names none.
  std::string message{};  ///< At most 500 bytes; the answer itself where it is in no form that we know.
  std::string request_id{};
};

[[nodiscard]] ServiceError read_service_error(const HttpAnswer& answer);

}  // namespace iotemu::sinks
