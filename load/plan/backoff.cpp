#include "load/plan/backoff.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

namespace iotemu::load {
namespace {

struct Unit {
  std::string_view name;
  double nanos;
};
constexpr std::array<Unit, 5> kUnits{{{"h", 3600e9}, {"m", 60e9}, {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}}};
constexpr double kDay = 86400e9;

std::optional<double> number(std::string_view& text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (auto comma = text.find(','); comma != std::string_view::npos; comma = text.find(',')) {
    parts.push_back(text.substr(0, comma));
    text.remove_prefix(comma + 1);
  }
  parts.push_back(text);
  return parts;
}

Error wrong(std::string_view text, const std::string& why) {
  return Error{.code = Errc::invalid_request,
               .message = "a back-off is base,factor,max,jitter such as 1s,2,30s,full, not '" +
                          std::string{text} + "': " + why};
}

}  // namespace

Nanos Backoff::delay(std::uint32_t attempt, double fraction) const {
  const double grown = static_cast<double>(base.count()) * std::pow(factor, std::max(attempt, 1U) - 1);
  const double whole = std::min(grown, static_cast<double>(max.count()));
  switch (jitter) {
    case Jitter::full:
      return Nanos{static_cast<Nanos::rep>(whole * fraction)};
    case Jitter::equal:
      return Nanos{static_cast<Nanos::rep>(whole / 2 + whole / 2 * fraction)};
    case Jitter::none:
      break;
  }
  return Nanos{static_cast<Nanos::rep>(whole)};
}

Result<Backoff> parse_backoff(std::string_view text) {
  if (text == "none")
    return Backoff{.base = Nanos{0}, .factor = 1, .max = Nanos{0}, .jitter = Backoff::Jitter::none};
  Backoff backoff;
  const auto parts = split(text);
  if (parts.size() > 4) return wrong(text, "there are more than four parts");
  const auto base = parse_span(parts[0]);
  if (!base) return wrong(text, base.error().message);
  backoff.base = *base;
  if (parts.size() > 1) {
    auto rest = parts[1];
    const auto factor = number(rest);
    if (!factor || !rest.empty() || *factor < 1 || *factor > 100) {
      return wrong(text, "the factor is a number from 1 to 100");
    }
    backoff.factor = *factor;
  }
  backoff.max = std::max(backoff.max, backoff.base);
  if (parts.size() > 2) {
    const auto max = parse_span(parts[2]);
    if (!max) return wrong(text, max.error().message);
    if (*max < backoff.base) return wrong(text, "the maximum is below the base");
    backoff.max = *max;
  }
  if (parts.size() > 3) {
    if (parts[3] == "full") {
      backoff.jitter = Backoff::Jitter::full;
    } else if (parts[3] == "equal") {
      backoff.jitter = Backoff::Jitter::equal;
    } else if (parts[3] == "none") {
      backoff.jitter = Backoff::Jitter::none;
    } else {
      return wrong(text, "the jitter is full, equal or none");
    }
  }
  return backoff;
}

std::string describe(const Backoff& backoff) {
  if (backoff.max == Nanos{0}) return "none";
  std::array<char, 32> factor{};
  const auto end = std::to_chars(factor.data(), factor.data() + factor.size(), backoff.factor).ptr;
  constexpr std::array<std::string_view, 3> kJitters{"full", "equal", "none"};
  return describe(backoff.base) + "," + std::string{factor.data(), end} + "," + describe(backoff.max) + "," +
         std::string{kJitters[static_cast<std::size_t>(backoff.jitter)]};
}

Result<Nanos> parse_span(std::string_view text) {
  auto rest = text;
  const auto value = number(rest);
  if (rest.empty()) rest = "s";
  const auto unit = std::ranges::find(kUnits, rest, &Unit::name);
  if (value && unit != kUnits.end() && *value >= 0 && *value * unit->nanos <= kDay) {
    return Nanos{std::llround(*value * unit->nanos)};
  }
  return Error{.code = Errc::invalid_request,
               .message = "'" + std::string{text} + "' is no time such as 500ms, 2s or 3m, up to a day"};
}

std::string describe(Nanos span) {
  if (span.count() == 0) return "0s";
  for (const auto& unit : kUnits) {
    const auto length = static_cast<Nanos::rep>(unit.nanos);
    if (span.count() % length == 0) return std::to_string(span.count() / length) + std::string{unit.name};
  }
  return std::to_string(span.count()) + "ns";
}

double fraction(std::uint64_t seed, std::uint64_t device, std::uint64_t draw) {
  // SplitMix64, the finisher of a counter: neighbours in any of the three numbers have nothing in common.
  std::uint64_t mixed = seed + 0x9E3779B97F4A7C15ULL * (device + 1) + 0xD1B54A32D192ED03ULL * (draw + 1);
  for (int round = 0; round < 2; ++round) {
    mixed ^= mixed >> 30U;
    mixed *= 0xBF58476D1CE4E5B9ULL;
    mixed ^= mixed >> 27U;
    mixed *= 0x94D049BB133111EBULL;
    mixed ^= mixed >> 31U;
  }
  return static_cast<double>(mixed >> 11U) * 0x1p-53;
}

}  // namespace iotemu::load
