#include "mqtt/codec/reader.h"

#include <cassert>
#include <string>

namespace iotemu::mqtt {

Error Reader::error(std::string_view packet) const {
  assert(failed());
  const bool protocol_error = is_v5() && broken_->protocol_error;
  std::string message{packet};
  message += ": ";
  if (!subject_.empty()) {
    message += subject_;
    message += ' ';
  }
  message += broken_->what;
  message += " [";
  message += is_v5() ? broken_->v5 : broken_->v3;
  message += "] at byte " + std::to_string(failed_at_) + " of the body";
  return Error{.code = protocol_error ? Errc::invalid_request : Errc::malformed_packet,
               .message = std::move(message)};
}

}  // namespace iotemu::mqtt
