#pragma once

// Who the emulator is to its clients: a certificate authority of its own and the server certificates it
// issues, P-256 and RSA-2048. Kept in the data directory when there is one, else in memory only. Built and
// used on the starting thread; only `issue_rsa` is for another thread, because an RSA key costs a quarter of
// a second.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace iotemu::identity {

/// The CA's certificate in the data directory.
inline constexpr std::string_view kServerCaFileName = "server-ca.crt";

/// One server certificate with its key. `chain_pem` is what the server sends: the certificate alone, for its
/// CA is what clients already hold.
struct ServerCredential {
  std::string chain_pem{};
  std::string key_pem{};
};

struct ServerIdentityOptions {
  /// Holds server-ca.{crt,key}, server-ecdsa.{crt,key}, server-rsa.{crt,key} and a lock (0700, files 0600).
  /// Made if missing. Empty: nothing is written anywhere.
  std::filesystem::path directory{};
  /// DNS names or IP addresses beside localhost, 127.0.0.1 and ::1: the endpoint host, --hostname.
  std::vector<std::string> hosts{};
};

class ServerIdentity {
 public:
  /// Loads what the directory holds and makes what is missing, in milliseconds: the CA (10 years) is kept
  /// while it outlives what it issues; a server certificate is issued anew when `hosts` changed, when it
  /// nears its end, or when it does not verify, and its key is kept. The RSA credential is loaded if it is
  /// there and still good, never made here.
  ///
  /// `clock` is the one by which foreign clients judge the certificates: pass the machine's also where the
  /// emulator itself lives in manual time. Fails if the directory is in use by another process, belongs to
  /// somebody else or holds files that cannot be read; the message names the file and the cure.
  static Result<ServerIdentity> open(const ServerIdentityOptions& options, const Clock& clock);

  ServerIdentity(ServerIdentity&&) noexcept;
  ServerIdentity& operator=(ServerIdentity&&) noexcept;
  ~ServerIdentity();

  /// What clients put into their list of trusted CAs.
  [[nodiscard]] const std::string& ca_pem() const;
  /// Where the CA lies on disk; empty without a directory.
  [[nodiscard]] const std::filesystem::path& ca_file() const;

  [[nodiscard]] const ServerCredential& ecdsa() const;
  /// Nothing until `issue_rsa` has been run once (in this process or, with a directory, in an earlier one).
  [[nodiscard]] const std::optional<ServerCredential>& rsa() const;

  /// Makes the RSA key if need be and its certificate, keeps both in the directory and answers them. Touches
  /// nothing that the accessors read, so it may run on another thread while they are used; `*this` must
  /// outlive it.
  [[nodiscard]] Result<ServerCredential> issue_rsa() const;

 private:
  struct State;
  explicit ServerIdentity(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace iotemu::identity
