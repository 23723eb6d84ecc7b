#include "emulator/invoke/registration_handlers.h"

#include <mutex>
#include <utility>

#include "base/log.h"

namespace iotemu::invoke {

void RegistrationHandlers::add(std::string name, std::string ca_certificate_id,
                               std::unique_ptr<FunctionInvoker> invoker) {
  const std::unique_lock lock{mutex_};
  handlers_.push_back({std::move(name), std::move(ca_certificate_id), std::move(invoker)});
}

void RegistrationHandlers::call(const CertificateRegistered& event, const std::string& payload) {
  const std::shared_lock lock{mutex_};
  for (const Handler& handler : handlers_) {
    if (!handler.ca_certificate_id.empty() && handler.ca_certificate_id != event.ca_certificate_id) continue;
    handler.invoker->invoke({.payload = payload,
                             .realm = {.account = event.account, .region = event.region},
                             .client_id = event.client_id,
                             .wants_answer = false},
                            [this, name = handler.name, event](const Result<std::string>& answer) {
                              if (!answer) note_failure(name, event, answer.error());
                            });
  }
}

void RegistrationHandlers::reset(const Hold& until) {
  const std::shared_lock lock{mutex_};
  for (const auto& handler : handlers_) handler.invoker->reset(until);
}

void RegistrationHandlers::stop() {
  std::vector<Handler> ending;
  {
    const std::unique_lock lock{mutex_};
    ending.swap(handlers_);
  }
}

void RegistrationHandlers::note_failure(const std::string& handler, const CertificateRegistered& event,
                                        const Error& error) {
  log::warn("a registration handler failed; the certificate stays PENDING_ACTIVATION",
            {{"handler", handler}, {"certificateId", event.certificate_id}, {"why", error.message}});
  refusals_.add(
      {.refusal = Refusal::handler_failed,
       .client_id = event.client_id,
       .certificate_id = event.certificate_id,
       .cause = handler + ": " + error.message + "; certificate " + event.certificate_id +
                " stays PENDING_ACTIVATION",
       .cure = "mend the handler and let the device connect again (each connect calls it), or activate by "
               "hand: aws iot update-certificate --certificate-id " +
               event.certificate_id + " --new-status ACTIVE"});
}

}  // namespace iotemu::invoke
