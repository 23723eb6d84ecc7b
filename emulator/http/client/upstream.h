#pragma once

// Where somebody else plays an AWS service (`--upstream SERVICE=URL`): read once, for all who ask there.
// Pure.

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "emulator/http/client/aws_signature.h"
#include "emulator/http/url.h"

namespace iotemu::http {

struct Upstream {
  Url base{};  ///< Its target is a prefix without a slash at its end.
  /// Of the URL: they sign what this emulator itself asks there. Empty: those of `credentials_of`.
  AwsCredentials credentials{};

  /// For people: the URL without its credentials.
  [[nodiscard]] std::string shown() const { return base.text(); }
  /// `credentials`, or the account's number and "test", as other emulators understand it.
  [[nodiscard]] AwsCredentials credentials_of(const std::string& account) const;
};

/// By the signing name of the service.
using UpstreamsByName = std::map<std::string, Upstream, std::less<>>;

/// For people, however malformed it is: nothing that may be a key or a secret, which stands where somebody
/// forgot the rest.
[[nodiscard]] std::string shown_upstream_url(std::string_view url);
/// The same of SERVICE=URL.
[[nodiscard]] std::string shown_upstream(std::string_view pair);

/// `url`: "http[s]://[KEY:SECRET@]host[:port][/path]"; the secret may hold a slash. Errc::invalid_request: it
/// is none, or `service` is no signing name, or one of IoT's own. No message shows the secret.
Result<Upstream> read_upstream(std::string_view service, std::string_view url);
/// The same for all; the first error.
Result<UpstreamsByName> read_upstreams(const std::map<std::string, std::string>& urls);

}  // namespace iotemu::http
