#pragma once

// What condition operators compare besides text (P7.7): numbers, dates, addresses, truth values. Each parser
// answers empty for text that is no such value; the comparison is then false.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace iotemu::registry::policy {

/// A decimal number, whole or not; no white space, finite.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// Milliseconds since 1970 of an ISO 8601 date as IAM takes it: `2026`, `2026-11`, `2026-11-21`,
/// `2026-11-21T22:30Z`, with seconds and fraction, with `Z` or an offset `+01:00`; or epoch seconds (any
/// whole number that is not of four digits).
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text);

/// "true" or "false" in any letter case.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);

/// An address range in CIDR notation; a bare address is a range of one. An IPv4 address inside IPv6
/// (`::ffff:192.0.2.1`) is taken as IPv4.
class AddressRange {
 public:
  [[nodiscard]] static std::optional<AddressRange> parse(std::string_view text);
  [[nodiscard]] bool contains(const AddressRange& address) const;

 private:
  std::array<std::uint8_t, 16> bytes_{};  // IPv4 in the first four
  unsigned prefix_{};                     // bits
  bool is_v4_{};
};

}  // namespace iotemu::registry::policy
