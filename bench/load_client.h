#pragma once

// The clients of load/client as the load programs use them: identities in files, MQTT 3.1.1, and a server
// whose certificate is not judged, since that would be load and not server. For one thread.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "load/client/client.h"

namespace iotemu::bench {

/// `name` is its file's, and the client id of who shows it.
struct Identity {
  std::string name;
  load::ClientIdentity credentials;
};

/// The certificates of `count` pairs of NAME.crt and NAME.key in `folder`, by name, from the `skip`th on;
/// NAME-chain.crt does not count. Ends the program if there are fewer.
[[nodiscard]] std::vector<std::filesystem::path> identity_files(const std::filesystem::path& folder,
                                                                const std::string& prefix, std::size_t skip,
                                                                std::size_t count);
/// The same, read.
[[nodiscard]] std::vector<Identity> read_identities(const std::filesystem::path& folder,
                                                    const std::string& prefix, std::size_t skip,
                                                    std::size_t count);
[[nodiscard]] std::string contents(const std::filesystem::path& file);

/// Where to, and how.
struct LoadTarget {
  std::string host{"127.0.0.1"};
  std::uint16_t port{8883};
  load::TlsSettings::Versions versions{load::TlsSettings::Versions::only_1_3};
  /// Takes only a server certificate with an RSA key, and signs with RSA itself.
  bool rsa{false};
};

class LoadLoop : public load::Loop {
 public:
  explicit LoadLoop(const LoadTarget& target);

  [[nodiscard]] const load::Address& address() const { return endpoint_.addresses.front(); }

 private:
  load::Endpoint endpoint_;
};

class LoadClient : public load::Client {
 public:
  /// Starts to connect; sends CONNECT as soon as TLS is up. `who` is not copied.
  LoadClient(LoadLoop& loop, const Identity& who)
      : Client{loop,
               loop.address(),
               who.credentials,
               {.clean_start = true, .keep_alive = 1200, .client_id = who.name}},
        who_{who} {}

  [[nodiscard]] const std::string& name() const { return who_.name; }

 private:
  const Identity& who_;
};

}  // namespace iotemu::bench
