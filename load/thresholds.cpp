#include "load/thresholds.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "load/figures.h"
#include "load/metrics.h"

namespace iotemu::load {
namespace {

using Op = Threshold::Op;
using Unit = Threshold::Unit;

constexpr std::string_view kSpaces = " \t";

struct UnitName {
  std::string_view name;
  Unit unit;
  double factor;
};
constexpr std::array kUnits{
    UnitName{"us", Unit::latency, 1},
    UnitName{"ms", Unit::latency, 1e3},
    UnitName{"s", Unit::latency, 1e6},
    UnitName{"m", Unit::latency, 60e6},
    UnitName{"B", Unit::bytes, 1},
    UnitName{"kB", Unit::bytes, 1e3},
    UnitName{"KB", Unit::bytes, 1e3},
    UnitName{"MB", Unit::bytes, 1e6},
    UnitName{"GB", Unit::bytes, 1e9},
    UnitName{"KiB", Unit::bytes, 1024},
    UnitName{"MiB", Unit::bytes, 1024.0 * 1024},
    UnitName{"GiB", Unit::bytes, 1024.0 * 1024 * 1024},
    UnitName{"/s", Unit::per_second, 1},
    UnitName{"%", Unit::percent, 1},
};

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
  return text.substr(0, text.find_last_not_of(kSpaces) + 1);
}

std::string in_quotes(std::string_view text) {
  return "'" + std::string{text} + "'";
}

std::optional<double> read_number(std::string_view text) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  // from_chars knows "inf", "nan" and signs.
  if (!whole || text.front() < '0' || text.front() > '9') return std::nullopt;
  return number;
}

/// 99.9 of "p99.9".
std::optional<double> read_percentile(std::string_view figure) {
  if (!figure.starts_with('p')) return std::nullopt;
  const auto percent = read_number(figure.substr(1));
  if (!percent || *percent > 100) return std::nullopt;
  return percent;
}

bool is_cause(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, text) != names.end();
}

/// The reading of one threshold, step by step; each says what is wrong, or nothing.
class Reading {
 public:
  explicit Reading(std::string_view text) { threshold_.text = trimmed(text); }

  Result<Threshold> read() {
    for (const auto step :
         {&Reading::split, &Reading::read_subject, &Reading::check_figure, &Reading::read_value}) {
      if (auto wrong = (this->*step)()) {
        return Error{.code = Errc::invalid_request, .message = in_quotes(threshold_.text) + ": " + *wrong};
      }
    }
    return threshold_;
  }

 private:
  using Wrong = std::optional<std::string>;

  Wrong split() {
    const std::string_view text{threshold_.text};
    const auto at = text.find_first_of("<>=!");
    if (at == text.npos) return "there is no comparison; expected something like p99>2s or errors>0";
    const bool wide = at + 1 < text.size() && text[at + 1] == '=';
    const auto op = text.substr(at, wide ? 2 : 1);
    if (op == "=" || op == "!")
      return "the comparison " + in_quotes(op) + " is not known; there are > >= < <= == !=";
    constexpr std::array<std::string_view, 6> kOps{">", ">=", "<", "<=", "==", "!="};
    threshold_.op = static_cast<Op>(std::ranges::find(kOps, op) - kOps.begin());
    subject_ = trimmed(text.substr(0, at));
    value_ = trimmed(text.substr(at + op.size()));
    return std::nullopt;
  }

  Wrong read_subject() {
    if (subject_.empty()) return "there is nothing to compare; expected something like p99>2s";
    const bool alone = read_percentile(subject_) || is_one_of(subject_, {"min", "mean", "max", "count"});
    const auto dot = alone ? subject_.npos : subject_.find('.');
    threshold_.metric = alone ? name_of(Phase::provision) : subject_.substr(0, dot);
    if (alone) threshold_.figure = subject_;
    if (dot != subject_.npos) {
      threshold_.figure = subject_.substr(dot + 1);
      if (threshold_.figure.empty()) return "there is nothing behind the point of " + in_quotes(subject_);
    }
    kind_ = kind_of(threshold_.metric);
    if (kind_ != MetricKind::unknown) return std::nullopt;
    return "there is no metric " + in_quotes(threshold_.metric) + "; the metrics are " + metric_names();
  }

  Wrong check_figure() {
    const auto& figure = threshold_.figure;
    switch (kind_) {
      case MetricKind::phase:
        if (const auto percent = read_percentile(figure)) {
          threshold_.percentile = *percent;
        } else if (!is_one_of(figure, {"min", "mean", "max", "count"})) {
          return expected_figure(".", "p50, p99, p99.9 (up to p100), min, mean, max or count");
        }
        return std::nullopt;
      case MetricKind::of_seconds:
        if (!is_one_of(figure, {"min", "mean", "max"})) return expected_figure(".", "min, mean or max");
        return std::nullopt;
      case MetricKind::total:
        if (!figure.empty() && figure != "rate")
          return expected_figure("", " or " + threshold_.metric + ".rate");
        return std::nullopt;
      default:
        if (!figure.empty() && !is_cause(figure))
          return expected_figure("", ", " + threshold_.metric + ".rate or " + threshold_.metric + ".CAUSE");
        return std::nullopt;
    }
  }

  Wrong expected_figure(std::string_view joint, const std::string& expected) const {
    const auto has = threshold_.figure.empty() ? "no figure" : "no figure " + in_quotes(threshold_.figure);
    return in_quotes(threshold_.metric) + " has " + has + "; expected " + threshold_.metric +
           std::string{joint} + expected;
  }

  Wrong read_value() {
    const auto end = std::min(value_.find_first_not_of("0123456789.e"), value_.size());
    const auto number = read_number(value_.substr(0, end));
    if (!number) return in_quotes(value_) + " is not a number with a unit";
    const auto name = trimmed(value_.substr(end));
    threshold_.unit = Unit::number;
    threshold_.value = *number;
    if (name.empty()) return is_right_unit(name);
    const auto unit = std::ranges::find(kUnits, name, &UnitName::name);
    if (unit == kUnits.end()) return "the unit " + in_quotes(name) + " is not known; expected " + units();
    threshold_.unit = unit->unit;
    threshold_.value = *number * unit->factor;
    return is_right_unit(name);
  }

  /// Latencies and memory need a unit, so that nobody has to guess one.
  Wrong is_right_unit(std::string_view name) {
    const auto unit = threshold_.unit;
    const bool number = unit == Unit::number;
    bool right = false;
    if (is_time()) {
      right = unit == Unit::latency;
    } else if (is_memory()) {
      right = unit == Unit::bytes;
    } else if (is_rate()) {
      right = number || unit == Unit::per_second;
      threshold_.unit = Unit::per_second;
    } else if (is_cpu()) {
      right = number || unit == Unit::percent;
      if (unit == Unit::percent) threshold_.value /= 100;
      threshold_.unit = Unit::number;
    } else {
      right = number || (unit == Unit::percent && is_total());
    }
    if (right) return std::nullopt;
    const auto has = name.empty() ? "has no unit" : "is in " + in_quotes(name);
    return in_quotes(value_) + " " + has + "; " + in_quotes(subject_) + " is compared with " + units();
  }

  [[nodiscard]] std::string units() const {
    if (is_time()) return "a time in us, ms, s or m";
    if (is_memory()) return "memory in B, kB, MB, GB, KiB, MiB or GiB";
    if (is_rate()) return "a rate in /s";
    if (is_cpu()) return "cores, or % of one core";
    if (is_total()) return "a number, or % of the arrivals";
    return "a number";
  }

  [[nodiscard]] bool is_time() const {
    const auto phase = phase_named(threshold_.metric);
    return phase && is_latency(*phase) && threshold_.figure != "count";
  }
  [[nodiscard]] bool is_memory() const {
    return threshold_.metric == "rss" || threshold_.metric == "load_rss";
  }
  [[nodiscard]] bool is_cpu() const { return threshold_.metric == "cpu" || threshold_.metric == "load_cpu"; }
  [[nodiscard]] bool is_total() const { return kind_ == MetricKind::causes || kind_ == MetricKind::total; }
  [[nodiscard]] bool is_rate() const { return is_total() && threshold_.figure == "rate"; }

  Threshold threshold_;
  std::string_view subject_;
  std::string_view value_;
  MetricKind kind_{MetricKind::unknown};
};

bool holds(Op op, double actual, double value) {
  switch (op) {
    case Op::greater:
      return actual > value;
    case Op::greater_equal:
      return actual >= value;
    case Op::less:
      return actual < value;
    case Op::less_equal:
      return actual <= value;
    case Op::equal:
      return actual == value;
    case Op::not_equal:
      return actual != value;
  }
  return true;
}

std::optional<double> as_double(const std::optional<std::uint64_t>& value) {
  return value ? std::optional<double>{static_cast<double>(*value)} : std::nullopt;
}

std::optional<double> of_phase(const Threshold& threshold, const Histogram& histogram) {
  if (threshold.figure == "count") return static_cast<double>(histogram.count());
  if (threshold.figure == "min") return as_double(histogram.min());
  if (threshold.figure == "mean") return histogram.mean();
  if (threshold.figure == "max") return as_double(histogram.max());
  return as_double(histogram.percentile(threshold.percentile));
}

std::optional<double> of_total(const Threshold& threshold, const Results& results) {
  const bool one_cause = !threshold.figure.empty() && threshold.figure != "rate";
  const auto count = static_cast<double>(one_cause ? cause_of(threshold.metric, threshold.figure, results)
                                                   : total_of(threshold.metric, results));
  if (threshold.figure == "rate") return count * 1000 / static_cast<double>(results.duration().count());
  if (threshold.unit != Unit::percent) return count;
  if (results.counts.arrivals == 0) return std::nullopt;
  return count * 100 / static_cast<double>(results.counts.arrivals);
}

std::optional<double> actual_of(const Threshold& threshold, const Results& results) {
  if (const auto phase = phase_named(threshold.metric)) return of_phase(threshold, results[*phase]);
  if (kind_of(threshold.metric) == MetricKind::of_seconds) {
    return of_seconds(threshold.metric, threshold.figure, results);
  }
  return of_total(threshold, results);
}

std::string text_of(double value, Unit unit) {
  switch (unit) {
    case Unit::latency:
      return latency_text(value);
    case Unit::bytes:
      return bytes_text(value);
    case Unit::per_second:
      return number_text(value) + "/s";
    case Unit::percent:
      return number_text(value) + " %";
    case Unit::number:
      break;
  }
  return number_text(value);
}

}  // namespace

Result<Threshold> parse_threshold(std::string_view text) {
  return Reading{text}.read();
}

Verdict judge(const Threshold& threshold, const Results& results) {
  const auto actual = actual_of(threshold, results);
  if (!actual) return {.threshold = threshold, .passed = false, .seen = false, .actual = "nothing was seen"};
  return {.threshold = threshold,
          .passed = !holds(threshold.op, *actual, threshold.value),
          .seen = true,
          .actual = text_of(*actual, threshold.unit)};
}

std::vector<Verdict> judge_all(const std::vector<Threshold>& thresholds, const Results& results) {
  std::vector<Verdict> verdicts;
  verdicts.reserve(thresholds.size());
  for (const auto& threshold : thresholds) verdicts.push_back(judge(threshold, results));
  return verdicts;
}

bool all_passed(const std::vector<Verdict>& verdicts) {
  return std::ranges::all_of(verdicts, &Verdict::passed);
}

Json to_json(const std::vector<Verdict>& verdicts) {
  Json list = Json::array();
  for (const auto& verdict : verdicts) {
    list.push_back({{"text", verdict.threshold.text},
                    {"passed", verdict.passed},
                    {"seen", verdict.seen},
                    {"actual", verdict.actual}});
  }
  return list;
}

}  // namespace iotemu::load
