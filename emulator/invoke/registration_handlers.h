#pragma once

// Who wants to know that a certificate waits for its activation (P4.2): the user's handlers, each behind a
// FunctionInvoker. A handler that fails changes nothing but leaves its reason. Thread-safe; `call` never
// blocks.

#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/realm.h"
#include "emulator/identity/refusals.h"
#include "emulator/invoke/function_invoker.h"
#include "iotemu/events.h"

namespace iotemu::invoke {

class RegistrationHandlers {
 public:
  /// `refusals` outlives the handlers.
  explicit RegistrationHandlers(identity::Refusals& refusals) : refusals_{refusals} {}

  /// `name` stands in the log and in refusals ("JITR webhook"); `ca_certificate_id` empty: for every CA.
  void add(std::string name, std::string ca_certificate_id, std::unique_ptr<FunctionInvoker> invoker);
  /// Starts every handler that wants the event. `payload` is the event as published.
  void call(const CertificateRegistered& event, const std::string& payload);
  /// As FunctionInvoker::reset, of all; the handlers stay.
  void reset(const Hold& until);
  /// Ends what runs and forgets the handlers.
  void stop();

 private:
  struct Handler {
    std::string name{};
    std::string ca_certificate_id{};
    std::unique_ptr<FunctionInvoker> invoker{};
  };

  void note_failure(const std::string& handler, const CertificateRegistered& event, const Error& error);

  identity::Refusals& refusals_;
  std::shared_mutex mutex_;  ///< Guards handlers_; nothing else is locked under it.
  std::vector<Handler> handlers_;
};

}  // namespace iotemu::invoke
