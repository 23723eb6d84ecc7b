#pragma once

// One client's socket: TLS driven by OpenSSL on the non-blocking descriptor itself, bytes in to the
// ServerConnection, bytes out in whole records at the end of a turn. Owned by its worker, used on its thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/tls/server_context.h"
#include "mqtt/connection/server_connection.h"
#include "mqtt/connection/transport.h"
#include "mqtt/net/output_queue.h"
#include "mqtt/net/worker.h"

namespace iotemu::mqtt {

/// What all pumps of a server share.
struct PumpContext {
  ConnectionContext connection;
  Duration linger{};
};

class Pump final : public Watched, private Transport, private TurnEnd, private tls::ServerContext::Inspector {
 public:
  Pump(const PumpContext& context, Worker& worker, const tls::ServerContext& tls, Descriptor socket,
       PeerIdentity peer);
  ~Pump() override;

  void on_ready(std::uint32_t events) override;
  void on_more() override;
  void on_stop() override;
  [[nodiscard]] int fd() const { return socket_.get(); }

  static constexpr std::uint32_t kFirstInterest = 1;  // EPOLLIN

 private:
  enum class State : std::uint8_t {
    handshaking,
    open,
    closing,    ///< the connection has ended; what is unsent goes out first
    lingering,  ///< our side is shut; what the peer still sends is thrown away
    gone,
  };

  void handshake();
  void read();
  [[nodiscard]] std::size_t read_records(std::size_t filled);
  void flush();
  void say_goodbye();
  void discard_input();
  void bury();
  void failed(int result);
  void update_interest();
  void on_turn_end() override;
  bool accepts(std::vector<std::string> chain) override;

  // Transport.
  const PeerIdentity& peer() override;
  std::string& output(std::size_t size) override;
  std::size_t unsent() override;
  void notify_when_sent() override { notify_when_sent_ = true; }
  void forget_peer() override;
  void pause_reading() override;
  void resume_reading() override;
  void close() override;

  const PumpContext& context_;
  Worker& worker_;
  Descriptor socket_;
  tls::SslPtr ssl_;
  std::unique_ptr<PeerIdentity> peer_;  // until it has been judged
  std::string partial_;                 // the beginning of a packet, or what came while reading was paused
  OutputQueue output_;
  State state_{State::handshaking};
  bool paused_{false};
  bool resumed_{false};
  bool write_blocked_{false};
  bool lost_{false};  // the peer has gone, or TLS has failed; the connection learns it at the end of the turn
  bool tls_usable_{true};
  bool notify_when_sent_{false};
  std::uint32_t interest_{kFirstInterest};
  Timer linger_;
  ServerConnection connection_;
};

}  // namespace iotemu::mqtt
