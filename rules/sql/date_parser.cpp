#include <algorithm>
#include <array>
#include <utility>

#include "rules/sql/date_fields.h"
#include "rules/sql/date_pattern.h"

namespace iotemu::rules::sql {
namespace {

using Kind = ReadingStep::Kind;
using Sign = ReadingStep::Sign;

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr std::array<std::string_view, 4> kQuarters{"1st quarter", "2nd quarter", "3rd quarter",
                                                    "4th quarter"};

/// Text against steps; the place where it does not match is kNowhere.
class Reader {
 public:
  Reader(const std::vector<ReadingStep>& steps, std::string_view text) : steps_{steps}, text_{text} {}

  std::optional<ReadFields> read() {
    if (run(0, steps_.size(), 0) != text_.size()) return std::nullopt;
    return fields_;
  }

 private:
  std::size_t run(std::size_t first, std::size_t last, std::size_t at) {
    for (auto i = first; i < last && at != kNowhere; ++i) {
      const auto& step = steps_[i];
      if (step.kind == Kind::optional_begin) {
        const auto before = fields_;
        const auto end = run(i + 1, step.match, at);
        if (end == kNowhere) {
          fields_ = before;
        } else {
          at = end;
        }
        i = step.match;
        continue;
      }
      at = step.pad > 0 ? padded(step, at) : one(step, at);
    }
    return at;
  }

  std::size_t padded(const ReadingStep& step, std::size_t at) {
    const auto end = at + step.pad;
    if (end > text_.size()) return kNowhere;
    const auto whole = std::exchange(text_, text_.substr(0, end));
    while (at < end && text_[at] == ' ') ++at;
    const auto reached = one(step, at);
    text_ = whole;
    return reached == end ? end : kNowhere;
  }

  std::size_t one(const ReadingStep& step, std::size_t at) {
    switch (step.kind) {
      case Kind::literal:
        return text_.substr(at).starts_with(step.literal) ? at + step.literal.size() : kNowhere;
      case Kind::number:
      case Kind::reduced:
        return number(step, at);
      case Kind::fraction:
        return fraction(step, at);
      case Kind::text:
        return text(step, at);
      case Kind::offset:
        return offset(step, at);
      case Kind::localized_offset:
        return localized_offset(step.count == 4, at);
      case Kind::zone_id:
        return zone(at, false);
      case Kind::zone_name:
        return zone(at, true);
      case Kind::optional_begin:
      case Kind::optional_end:
        return at;
    }
    return kNowhere;
  }

  std::size_t set(char letter, std::int64_t value, std::size_t end) {
    return fields_.set(letter, value) ? end : kNowhere;
  }

  /// Digits from `at` on, `most` at the most. More than 18 are too many for any field: they saturate.
  std::size_t digits(std::size_t at, std::size_t most, std::int64_t& value) const {
    value = 0;
    const auto begin = at;
    for (; at < text_.size() && at - begin < most && is_digit(text_[at]); ++at) {
      if (at - begin < 18) {
        value = value * 10 + (text_[at] - '0');
      } else {
        value = INT64_MAX;
      }
    }
    return at - begin;
  }

  std::size_t number(const ReadingStep& step, std::size_t at) {
    if (at >= text_.size()) return kNowhere;
    bool minus = false;
    bool plus = false;
    if (text_[at] == '+') {
      if (step.sign != Sign::exceeds_pad) return kNowhere;
      plus = true;
      ++at;
    } else if (text_[at] == '-') {
      if (step.sign == Sign::never) return kNowhere;
      minus = true;
      ++at;
    }
    std::int64_t value = 0;
    auto length = digits(at, step.most_digits + step.following, value);
    if (length < step.least_digits) return kNowhere;
    if (step.following > 0) {
      const auto own = length > step.following ? length - step.following : 0;
      length = digits(at, std::max(step.least_digits, own), value);
    }
    if (minus) {
      if (value == 0) return kNowhere;
      value = -value;
    } else if (step.sign == Sign::exceeds_pad && plus == (length <= step.least_digits)) {
      return kNowhere;  // a plus belongs to years of more digits than the pattern has letters, and to them
                        // alone
    }
    if (step.kind == Kind::reduced) value += 2000;
    return set(step.letter, value, at + length);
  }

  std::size_t fraction(const ReadingStep& step, std::size_t at) {
    std::int64_t value = 0;
    if (digits(at, step.count, value) != step.count) return kNowhere;
    for (auto i = step.count; i < 9; ++i) value *= 10;
    return set('n', value, at + step.count);
  }

  std::size_t text(const ReadingStep& step, std::size_t at) {
    const auto rest = text_.substr(at);
    const auto named = [&](auto&& name_of, int count) {
      for (int i = 1; i <= count; ++i) {
        const auto name = step.count == 4 ? name_of(i) : short_name(name_of(i));
        if (rest.starts_with(name)) return set(step.letter, i, at + name.size());
      }
      return kNowhere;
    };
    // The one-letter forms are no names: several months have the same. differs: JDK reads those that are
    // alone.
    if (step.count == 5 && step.letter != 'G') return kNowhere;
    switch (step.letter) {
      case 'M':
        return named(month_name, 12);
      case 'E':
        return named(weekday_name, 7);
      case 'Q':
        for (std::size_t i = 0; i < kQuarters.size(); ++i) {
          const auto name = step.count == 4 ? std::string{kQuarters[i]} : "Q" + std::to_string(i + 1);
          if (rest.starts_with(name)) return set('Q', static_cast<std::int64_t>(i) + 1, at + name.size());
        }
        return kNowhere;
      case 'a':
        if (rest.starts_with("AM")) return set('a', 0, at + 2);
        return rest.starts_with("PM") ? set('a', 1, at + 2) : kNowhere;
      default:
        return era(step.count, at);
    }
  }

  std::size_t era(std::size_t count, std::size_t at) {
    constexpr std::array<std::array<std::string_view, 2>, 3> kEras{
        {{"BC", "AD"}, {"Before Christ", "Anno Domini"}, {"B", "A"}}};
    const auto& names = kEras[count - 3];
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (text_.substr(at).starts_with(names[i])) {
        return set('G', static_cast<std::int64_t>(i), at + names[i].size());
      }
    }
    return kNowhere;
  }

  bool two_digits(std::size_t at, std::int64_t& value) const { return digits(at, 2, value) == 2; }

  /// A sign, hours, minutes and seconds, as far as the form asks for them. 0: no offset.
  struct OffsetForm {
    bool colon{false};
    bool minutes_required{true};
    bool seconds{false};
  };
  std::size_t plain_offset(OffsetForm form, std::size_t at, std::int64_t& seconds) const {
    if (at >= text_.size() || (text_[at] != '+' && text_[at] != '-')) return kNowhere;
    const bool negative = text_[at] == '-';
    std::array<std::int64_t, 3> parts{};
    if (!two_digits(++at, parts[0])) return kNowhere;
    at += 2;
    for (std::size_t part = 1; part < (form.seconds ? 3U : 2U); ++part) {
      auto from = at;
      bool there = true;
      if (form.colon) there = from < text_.size() && text_[from++] == ':';
      if (!there || !two_digits(from, parts[part]) || parts[part] > 59) {
        parts[part] = 0;
        if (part == 1 && form.minutes_required) return kNowhere;
        break;
      }
      at = from + 2;
    }
    if (parts[0] > 23) return kNowhere;
    seconds = (parts[0] * 3600 + parts[1] * 60 + parts[2]) * (negative ? -1 : 1);
    return at;
  }

  std::size_t offset(const ReadingStep& step, std::size_t at) {
    const auto count = step.count;
    const std::string_view nothing = step.letter == 'X' ? "Z"
                                     : count == 1       ? "+00"
                                     : count % 2 == 0   ? "+0000"
                                                        : "+00:00";
    if (text_.substr(at).starts_with(nothing)) return set('X', 0, at + nothing.size());
    std::int64_t seconds = 0;
    const auto end = plain_offset(
        {.colon = count % 2 == 1 && count > 1, .minutes_required = count > 1, .seconds = count > 3}, at,
        seconds);
    return end == kNowhere ? end : set('X', seconds, end);
  }

  /// "GMT", "GMT+8", "GMT+08:00".
  std::size_t localized_offset(bool full, std::size_t at) {
    if (!text_.substr(at).starts_with("GMT")) return kNowhere;
    at += 3;
    if (at == text_.size() || (text_[at] != '+' && text_[at] != '-')) return set('X', 0, at);
    std::int64_t seconds = 0;
    if (full) {
      const auto end = plain_offset({.colon = true, .minutes_required = true, .seconds = true}, at, seconds);
      return end == kNowhere ? end : set('X', seconds, end);
    }
    const bool negative = text_[at++] == '-';
    std::int64_t hours = 0;
    const auto length = digits(at, 2, hours);
    if (length == 0) return kNowhere;
    at += length;
    std::int64_t minutes = 0;
    if (at < text_.size() && text_[at] == ':' && two_digits(at + 1, minutes)) {
      at += 3;
    }
    return set('X', (hours * 3600 + minutes * 60) * (negative ? -1 : 1), at);
  }

  std::size_t zone(std::size_t at, bool names) {
    if (at >= text_.size()) return kNowhere;
    const auto rest = text_.substr(at);
    if (rest[0] == '+' || rest[0] == '-') return based_on("", at, at);
    std::size_t length = 0;
    auto found = names ? Zone::named(rest, length) : std::nullopt;
    for (const std::string_view prefix : {"UTC", "UT", "GMT"}) {
      if (rest.starts_with(prefix) && length <= prefix.size())
        return based_on(prefix, at, at + prefix.size());
    }
    // The longest region that the text begins with.
    std::size_t run = 0;
    while (run < rest.size() && run < kMostRegionBytes && is_region_character(rest[run])) ++run;
    for (; run > length && run > 0; --run) {
      if (auto region = Zone::region(rest.substr(0, run))) {
        found = std::move(region);
        length = run;
        break;
      }
    }
    if (found) {
      fields_.zone = std::move(found);
      return at + length;
    }
    if (rest[0] != 'Z') return kNowhere;
    fields_.zone = Zone{};
    return at + 1;
  }

  static constexpr std::size_t kMostRegionBytes = 40;
  static bool is_region_character(char c) {
    return is_letter(c) || is_digit(c) || c == '/' || c == '_' || c == '-' || c == '+';
  }

  /// "UTC+01:00", "+01:00"; the prefix alone where no offset follows.
  std::size_t based_on(std::string_view prefix, std::size_t begin, std::size_t at) {
    std::int64_t seconds = 0;
    const auto end = plain_offset({.colon = true, .minutes_required = true, .seconds = true}, at, seconds);
    if (end == kNowhere) {
      if (prefix.empty()) return kNowhere;
      fields_.zone = Zone{};
      return at;
    }
    if (seconds < -18 * 3600 || seconds > 18 * 3600) return kNowhere;
    fields_.zone =
        Zone::fixed(static_cast<std::int32_t>(seconds), std::string{text_.substr(begin, end - begin)});
    return end;
  }

  const std::vector<ReadingStep>& steps_;
  std::string_view text_;
  ReadFields fields_{};
};

}  // namespace

std::optional<std::int64_t> TimeParser::parse(std::string_view text) const {
  const auto fields = Reader{steps_, text}.read();
  return fields ? resolve(*fields) : std::nullopt;
}

}  // namespace iotemu::rules::sql
