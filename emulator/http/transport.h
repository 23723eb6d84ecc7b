#pragma once

// The bytes of one HTTP connection: TCP as it is, or TLS over it. One read and one write at a time. What is
// asked is answered later, by a callback on the server's thread, never inside the call; a callback that comes
// after `close()` says that it failed. Owned by its Connection, which the callbacks keep alive.

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "base/tls/server_context.h"
#include "emulator/http/message.h"
#include "emulator/http/server.h"

namespace iotemu::http {

class Transport {
 public:
  using Done = std::function<void(bool ok, std::size_t size)>;

  virtual ~Transport() = default;

  /// Before anything else is asked: shakes hands, where there are hands to shake.
  virtual void open(Done done) = 0;
  /// At least one byte, into memory that lives until then.
  virtual void read(char* into, std::size_t size, Done done) = 0;
  /// All of `bytes`, which live until then.
  virtual void write(std::string_view bytes, Done done) = 0;
  /// Tells the peer that nothing more will be written.
  virtual void finish_writing() = 0;
  /// After `finish_writing`: takes what still comes, for nobody.
  virtual void discard(char* into, std::size_t size, Done done) = 0;
  virtual void close() = 0;
  /// What TLS showed of the peer; null over TCP, and before `open` is done.
  [[nodiscard]] virtual std::shared_ptr<const TlsPeer> peer() const { return nullptr; }
};

[[nodiscard]] std::unique_ptr<Transport> over_tcp(boost::asio::ip::tcp::socket socket);
/// `options` outlives the transport; `peer` has address and port.
[[nodiscard]] std::unique_ptr<Transport> over_tls(boost::asio::ip::tcp::socket socket,
                                                  const tls::ServerContext& context,
                                                  const TlsOptions& options, TlsPeer peer);

}  // namespace iotemu::http
