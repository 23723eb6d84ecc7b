#pragma once

// Reads the members of one JSON object strictly: each is asked for by name and kind, and what nobody asked
// for is an error too. The first failure wins; later reads answer empty values. Within load/ only.

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace iotemu::load {

class Members {
 public:
  /// `path` names the object in sentences: "histograms.provision"; empty for the whole file.
  Members(const Json& object, std::string path);

  [[nodiscard]] std::string text(std::string_view name);
  [[nodiscard]] std::uint64_t number(std::string_view name,
                                     std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
  [[nodiscard]] bool flag(std::string_view name);
  /// An array or an object, or an empty one of that kind.
  [[nodiscard]] const Json& array(std::string_view name);
  [[nodiscard]] const Json& object(std::string_view name);
  [[nodiscard]] bool has(std::string_view name) const;

  void fail(std::string_view name, std::string_view expected);
  void fail(Error error);
  [[nodiscard]] bool failed() const { return error_.has_value(); }
  /// Ok when every read succeeded and no member was left unread.
  [[nodiscard]] Status done();

 private:
  const Json* find(std::string_view name);
  [[nodiscard]] std::string path_of(std::string_view name) const;

  const Json& object_;
  std::string path_;
  std::set<std::string, std::less<>> read_;
  std::optional<Error> error_;
};

/// Errc::serialization.
[[nodiscard]] Error unreadable(std::string message);

}  // namespace iotemu::load
