#pragma once

// One TLS connection of the test Device: blocking calls over a non-blocking socket, every wait bounded in
// real time. Belongs to one thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "iotemu/device.h"

namespace iotemu {

struct TlsClientOptions {
  std::string host{};
  std::uint16_t port{};
  std::string server_ca_pem{};
  const DeviceIdentity& identity;
  const ConnectOptions& connect;
};

class TlsClient {
 public:
  TlsClient();
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// TCP and TLS. False: see `ended()`.
  bool open(const TlsClientOptions& options);
  /// False once the connection has ended.
  bool write(std::string_view bytes);
  /// Appends what arrives next. False: the connection has ended, or (Ended::timeout) nothing came in time.
  bool read(std::string& out);
  /// Appends what has arrived already, without waiting. False once the connection has ended.
  bool read_available(std::string& out);
  /// Ends TCP without a word.
  void drop();

  [[nodiscard]] bool is_open() const;
  [[nodiscard]] Outcome::Ended ended() const;
  /// Number of the fatal alert that ended it.
  [[nodiscard]] int alert() const;
  /// "address:port" of our own end; stays after the end.
  [[nodiscard]] const std::string& local() const;
  /// What went wrong before TLS began or in the check of the server's certificate; else empty.
  [[nodiscard]] const std::string& trouble() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace iotemu
