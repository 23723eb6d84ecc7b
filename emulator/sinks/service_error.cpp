#include "emulator/sinks/service_error.h"

#include <algorithm>

#include "emulator/sinks/aws_call.h"

namespace iotemu::sinks {
namespace {

constexpr std::size_t kMostMessageBytes = 256;

std::string between(const std::string& text, const std::string& tag) {
  const auto open = text.find("<" + tag + ">");
  if (open == text.npos) return {};
  const auto begin = open + tag.size() + 2;
  return text.substr(begin, std::min(text.find("</" + tag + ">", begin), text.size()) - begin);
}

}  // namespace

ServiceError read_service_error(const HttpAnswer& answer) {
  ServiceError error;
  if (const auto* id = http::find_header(answer.headers, "x-amzn-RequestId")) error.request_id = *id;
  if (const auto parsed = parse_json(answer.body); parsed && parsed->is_object()) {
    error.code = text_of(*parsed, "__type");
    if (error.code.empty()) error.code = text_of(*parsed, "code");
    error.message = text_of(*parsed, "message");
    if (error.message.empty()) error.message = text_of(*parsed, "Message");
  } else {
    error.code = between(answer.body, "Code");
    error.message = between(answer.body, "Message");
    if (error.request_id.empty()) error.request_id = between(answer.body, "RequestId");
  }
  if (error.code.empty()) {
    if (const auto* type = http::find_header(answer.headers, "x-amzn-ErrorType")) {
      error.code = type->substr(0, type->find(':'));
    }
  }
  if (const auto hash = error.code.rfind('#'); hash != error.code.npos) error.code.erase(0, hash + 1);
  // Nothing else of its body: what a server that is none of AWS's says may repeat what it was sent.
  if (error.message.empty()) error.message = "(no message)";
  error.message.resize(std::min(error.message.size(), kMostMessageBytes));
  return error;
}

}  // namespace iotemu::sinks
