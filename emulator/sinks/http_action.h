#pragma once

// The action http (RU-30…32): the result, or a batch of results, POSTed to a URL of a confirmed destination.
// Thread-safe.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "emulator/sinks/http_batches.h"
#include "emulator/sinks/http_post.h"
#include "emulator/sinks/sink.h"

namespace iotemu::sinks {

/// What the registry says of a URL.
class HttpDestinations {
 public:
  virtual ~HttpDestinations() = default;
  /// Errc::invalid_request, with the state and the cure, while no destination that covers `url` is ENABLED.
  /// `confirmation_url` empty: the URL's own.
  [[nodiscard]] virtual Status may_send(const Realm& realm, const std::string& url,
                                        const std::string& confirmation_url) const = 0;
};

class HttpAction final : public Sink {
 public:
  /// All references outlive the action's runs. `failures` is told of batches.
  HttpAction(HttpPoster& poster, const HttpDestinations& destinations, rules::BatchFailures& failures,
             Timers& timers)
      : poster_{poster},
        destinations_{destinations},
        failures_{failures},
        batches_{timers, [this](Batch batch) { send_batch(std::move(batch)); }} {}

  void run(RequestPtr request, Done done) override;
  void reset() override {
    ++epoch_;
    batches_.reset();
  }

 private:
  void send_batch(Batch batch);
  /// `epoch`: when it was sent.
  void end_batch(const Batch& batch, const std::string& url, std::uint64_t epoch,
                 const std::optional<std::string>& why_not);

  HttpPoster& poster_;
  const HttpDestinations& destinations_;
  rules::BatchFailures& failures_;
  std::atomic<std::uint64_t> epoch_{0};  ///< Grows with every reset.
  HttpBatches batches_;
};

}  // namespace iotemu::sinks
