#pragma once

// The API port of an emulator, asked with plain HTTP by one thread that may block: for setting a run up, and
// for looking at the emulator meanwhile. Proxies of the environment are left alone.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace iotemu::load {

class ApiClient {
 public:
  /// `url` is http://HOST:PORT. Errc::invalid_request for anything else, Errc::unavailable without libcurl.
  static Result<ApiClient> make(std::string_view url);
  ApiClient(ApiClient&&) noexcept;
  ApiClient& operator=(ApiClient&&) noexcept;
  ~ApiClient();

  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// What the emulator's own paths ask for once others can reach it; empty: nothing. Errc::invalid_request:
  /// it could not stand in a header.
  Status set_admin_token(std::string token);

  /// The body of a 200. Fails with Errc::io when nobody answers in time, with Errc::invalid_response and the
  /// server's words for any other status.
  Result<std::string> get(std::string_view path, std::chrono::milliseconds limit);
  /// An operation of the API by its REST form; the signature is that of nobody, which an emulator takes.
  Result<Json> call(std::string_view method, std::string_view path, const Json& body,
                    std::chrono::milliseconds limit);

 private:
  struct Handle;
  ApiClient();
  Result<std::string> ask(std::string_view method, std::string_view path, const std::string* body,
                          std::chrono::milliseconds limit);

  std::unique_ptr<Handle> handle_;
  std::string base_;
  std::string host_;
  std::uint16_t port_{};
  std::string admin_token_;
};

}  // namespace iotemu::load
