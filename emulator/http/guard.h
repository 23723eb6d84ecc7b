#pragma once

// Who may speak to a server on a developer's machine. Every web page the developer opens can reach it, so the
// head of each request is judged before routing, on every path: the Host allow-list defeats DNS rebinding,
// the Origin and Sec-Fetch-Site rules defeat cross-site requests, the token protects the admin paths once the
// server is bound to an address that others can reach. A head in, a verdict out.

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "emulator/http/message.h"

namespace iotemu::http {

struct GuardOptions {
  /// Host names accepted besides localhost, *.localhost, 127.0.0.0/8 and [::1]; without port.
  std::vector<std::string> allowed_hosts{};
  /// Asked about a host that is none of these, in lowercase; empty: no other passes.
  std::function<bool(std::string_view host)> knows_host{};
  /// Origins accepted besides loopback ones, as exact strings ("https://ui.example:8000").
  std::vector<std::string> allowed_origins{};
  /// Not empty: the admin paths ask for `Authorization: Bearer <token>`.
  std::string admin_token{};
  /// First path segments whose paths are admin paths: same-origin only, token where one is set.
  std::vector<std::string> admin_roots{};
  /// Admin paths that never ask for the token ("_iot/health").
  std::vector<std::string> open_paths{};
  /// The same for everything below ("_iot/public/").
  std::vector<std::string> open_folders{};
};

/// The head may pass.
struct Passage {
  std::string cors_origin{};  ///< to name in the answer; empty for none
  /// A browser asks for a page of another site: it may not read the answer, and must have no effect.
  bool foreign{false};
};

/// Judges a parsed head. `authority` is that of an absolute-form target, empty otherwise. A Response is the
/// final answer: a refusal, or the answer to a CORS preflight.
[[nodiscard]] std::variant<Passage, Response> judge(const GuardOptions& options, const Request& head,
                                                    std::string_view authority);

/// Whether `host` (no port; brackets allowed around IPv6) names this machine only.
[[nodiscard]] bool is_loopback_host(std::string_view host);

/// Adds the headers that let a page of `origin` read the answer.
void add_cors_headers(Response& response, std::string_view origin);

}  // namespace iotemu::http
