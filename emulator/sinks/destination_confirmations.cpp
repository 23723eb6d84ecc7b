#include "emulator/sinks/destination_confirmations.h"

#include <utility>

#include "base/json.h"

namespace iotemu::sinks {

void DestinationConfirmations::ask(const registry::DestinationConfirmationDue& due) {
  auto url = http::parse_url(due.confirmation_url);
  if (!url) return unreachable_(due, url.error().message);
  url->target += (url->target.find('?') == url->target.npos ? "?" : "&");
  url->target += "confirmationToken=" + due.token;
  // differs: the link is this emulator's, not https://iot.<region>.amazonaws.com: it can be opened here.
  const Json body{{"arn", due.arn},
                  {"confirmationToken", due.token},
                  {"enableUrl", endpoint_() + "/confirmdestination/" + due.token},
                  {"messageType", "DestinationConfirmation"}};
  HttpPost post{.call = {.method = "POST",
                         .url = std::move(*url),
                         .headers = {{"Content-Type", "application/json"},
                                     {"User-Agent", "iot-emulator"},
                                     {"x-amz-rules-engine-message-type", "DestinationConfirmation"},
                                     {"x-amz-rules-engine-destination-arn", due.arn}},
                         .body = to_text(body),
                         .time_limit = std::chrono::seconds{3}},
                .realm = due.realm};
  poster_.post(std::move(post), [this, due](const std::optional<std::string>& why_not) {
    if (why_not) unreachable_(due, "The confirmation request failed. " + *why_not);
  });
}

}  // namespace iotemu::sinks
