#pragma once

// The refusals of SQS, with their names in both protocols.

#include <string>
#include <utility>

#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours::sqs {

inline Fault no_such_queue() {
  return {"QueueDoesNotExist", "The specified queue does not exist.", 400,
          "AWS.SimpleQueueService.NonExistentQueue"};
}
inline Fault invalid_value(std::string message) {
  return {"InvalidParameterValueException", std::move(message), 400, "InvalidParameterValue"};
}
inline Fault missing(const std::string& member) {
  return {"MissingRequiredParameterException", "The request must contain the parameter " + member + ".", 400,
          "MissingParameter"};
}
inline Fault invalid_attribute(const std::string& name) {
  return {"InvalidAttributeValue", "Invalid value for the parameter " + name + "."};
}
inline Fault unsupported(std::string message) {
  return {"UnsupportedOperation", std::move(message), 400, "AWS.SimpleQueueService.UnsupportedOperation"};
}

}  // namespace iotemu::neighbours::sqs
