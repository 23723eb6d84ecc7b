#include "load/plan/arrivals.h"

#include <charconv>
#include <cmath>
#include <string>

namespace iotemu::load {
namespace {

constexpr double kMaxRate = 1e6;

template <class Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Arrivals::Arrivals(std::uint64_t devices, double rate, Shard shard)
    : devices_{devices}, rate_{rate}, shard_{shard} {
  const std::uint64_t first = shard.index - 1;
  count_ = first < devices ? (devices - first - 1) / shard.of + 1 : 0;
}

Nanos Arrivals::due_of(std::uint64_t device) const {
  if (rate_ <= 0) return Nanos{0};
  return Nanos{std::llround(static_cast<double>(device) / rate_ * 1e9)};
}

Result<Shard> parse_shard(std::string_view text) {
  Shard shard;
  const auto slash = text.find('/');
  if (slash != std::string_view::npos && parse_whole(text.substr(0, slash), shard.index) &&
      parse_whole(text.substr(slash + 1), shard.of) && shard.of >= 1 && shard.of <= 1000 &&
      shard.index >= 1 && shard.index <= shard.of) {
    return shard;
  }
  return Error{.code = Errc::invalid_request,
               .message = "a shard is i/n with i from 1 to n, such as 2/3, not '" + std::string{text} + "'"};
}

Result<double> parse_rate(std::string_view text) {
  if (text == "all") return 0.0;
  double rate = 0;
  if (parse_whole(text, rate) && rate > 0 && rate <= kMaxRate) return rate;
  return Error{.code = Errc::invalid_request,
               .message = "a rate is a number of devices a second, or 'all' for all at once, not '" +
                          std::string{text} + "'"};
}

}  // namespace iotemu::load
