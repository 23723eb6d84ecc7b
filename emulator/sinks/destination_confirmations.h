#pragma once

// Asks the owners of new topic rule destinations for their confirmation (RU-30): a POST to the confirmation
// URL with the token and the link that confirms. Thread-safe.

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/timers.h"
#include "emulator/sinks/http_post.h"
#include "registry/events.h"

namespace iotemu::sinks {

class DestinationConfirmations {
 public:
  /// The owner could not be asked.
  using Unreachable =
      std::function<void(const registry::DestinationConfirmationDue& due, const std::string& why)>;

  /// All references outlive it. `endpoint`: where owners reach the API, `http://host:port`.
  DestinationConfirmations(HttpPoster& poster, std::function<std::string()> endpoint, Unreachable unreachable)
      : poster_{poster}, endpoint_{std::move(endpoint)}, unreachable_{std::move(unreachable)} {}

  void ask(const registry::DestinationConfirmationDue& due);

 private:
  HttpPoster& poster_;
  const std::function<std::string()> endpoint_;
  const Unreachable unreachable_;
};

}  // namespace iotemu::sinks
