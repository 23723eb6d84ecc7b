#pragma once

// One worker's listening socket. When the process runs out of descriptors it gives up a spare one to accept
// and close whoever waits, so that nobody hangs in the backlog, and then rests for a moment; clients that are
// connected notice nothing. Owned by its worker, used on its thread.

#include <cstdint>

#include "base/descriptor.h"
#include "base/snapshot.h"
#include "base/tls/server_context.h"
#include "mqtt/net/pump.h"
#include "mqtt/net/worker.h"

namespace iotemu::mqtt {

class Listener final : public Watched {
 public:
  Listener(const PumpContext& context, Worker& worker, const Snapshot<tls::ServerContext>& tls,
           Descriptor socket);

  void on_ready(std::uint32_t events) override;
  void on_stop_listening() override;
  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  void refuse_waiting();
  void rest();

  const PumpContext& context_;
  Worker& worker_;
  Snapshot<tls::ServerContext>::Reader tls_;
  Descriptor socket_;
  Descriptor spare_;
  Timer rest_;
  bool closed_{false};
};

}  // namespace iotemu::mqtt
