#include "rules/sql/regexp_syntax.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/utf8.h"

namespace iotemu::rules::sql {
namespace {

// As members of a class. RE2's \s lacks the vertical tab, and its \v is that alone.
constexpr std::string_view kSpaces = R"(\x09-\x0d\x20)";
constexpr std::string_view kNoSpaces = R"(\x00-\x08\x0e-\x1f\x21-\x{10ffff})";
constexpr std::string_view kVerticalSpaces = R"(\x0a-\x0d\x{85}\x{2028}\x{2029})";
/// What ends a line for Java; for RE2 only \n does.
constexpr std::string_view kLineEnds = R"(\n\r\x{85}\x{2028}\x{2029})";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char32_t other_case(char32_t letter) {
  return letter ^ U' ';
}

std::optional<unsigned> hex_value(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

/// By its number where it may mean something else.
std::string quoted(char32_t c) {
  constexpr std::u32string_view kPlain = U" _,:;=<>/\"'!@#%~`";
  if (is_letter(c) || (c >= '0' && c <= '9') || kPlain.find(c) != kPlain.npos)
    return std::string(1, static_cast<char>(c));
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string digits;
  for (auto left = c; left != 0 || digits.empty(); left >>= 4U) digits.insert(0, 1, kHex[left & 15U]);
  return "\\x{" + digits + "}";
}

class Translation {
 public:
  explicit Translation(std::string_view pattern) : pattern_{pattern} {}

  Result<Re2Syntax> run() {
    while (at_ < pattern_.size() && !error_) step();
    if (error_) return *error_;
    return std::move(result_);
  }

 private:
  struct Flags {
    bool any_case{false};
    bool dot_is_all{false};
  };

  void refuse(std::string what) { error_ = Error{Errc::not_implemented, std::move(what)}; }
  void not_valid(std::string what) { error_ = Error{Errc::invalid_request, std::move(what)}; }
  [[nodiscard]] std::string_view rest() const { return pattern_.substr(at_); }
  [[nodiscard]] bool follows(std::string_view text) const { return rest().starts_with(text); }
  void put(std::string_view text) { result_.text += text; }
  /// Copies so many bytes.
  void pass(std::size_t bytes) {
    put(rest().substr(0, bytes));
    at_ = std::min(at_ + bytes, pattern_.size());
  }

  void step() {
    switch (pattern_[at_]) {
      case '\\':
        return escape();
      case '[':
        return character_class();
      case '(':
        return open_group();
      case ')':
        if (!outer_.empty()) {
          flags_ = outer_.back();
          outer_.pop_back();
        }
        return pass(1);
      case '.':
        put(flags_.dot_is_all ? std::string{"(?s:.)"} : "[^" + std::string{kLineEnds} + "]");
        ++at_;
        return;
      case '$':
        return end_of_text();
      case '{':
        return repetition();
      case '*':
      case '+':
      case '?':
      case '|':
      case '^':
        return pass(1);
      default:
        return literal();
    }
  }

  void put_literal(char32_t c) {
    if (flags_.any_case && is_letter(c)) {
      put("[" + quoted(c) + quoted(other_case(c)) + "]");
    } else {
      put(quoted(c));
    }
  }

  void literal() {
    if (const auto c = character()) return put_literal(*c);
    pass(1);  // no UTF-8: compiling tells
  }

  /// The next one of the pattern; nothing, and it stays, if it is not valid.
  std::optional<char32_t> character() {
    const auto bytes = character_bytes(rest());
    const auto first = static_cast<unsigned char>(pattern_[at_]);
    if (bytes == 0) return std::nullopt;
    char32_t c = bytes == 1 ? first : first & (0xFFU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i)
      c = (c << 6U) | (static_cast<unsigned char>(pattern_[at_ + i]) & 0x3FU);
    at_ += bytes;
    return c;
  }

  /// Behind "\x", "\0" or a backslash alone: the character that is meant. Nothing, and all stays, where an
  /// escape means something else.
  std::optional<char32_t> escaped_character() {
    const auto from = at_;
    if (at_ + 1 >= pattern_.size()) return std::nullopt;
    const char kind = pattern_[at_ + 1];
    at_ += 2;
    std::optional<char32_t> meant;
    if (kind == 'x') {
      meant = hexadecimal();
    } else if (kind == '0') {
      meant = octal();
    } else if (constexpr std::string_view kNames = "tnrfa"; kNames.find(kind) != kNames.npos) {
      constexpr std::u32string_view kMeant = U"\t\n\r\f\a";
      meant = kMeant[kNames.find(kind)];
    } else if (!is_digit(kind) && !is_letter(static_cast<unsigned char>(kind))) {
      --at_;
      meant = character();
    }
    if (!meant) at_ = from;
    return meant;
  }

  std::optional<char32_t> hexadecimal() {
    const bool braces = follows("{");
    const auto digits = braces ? rest().substr(1, rest().find('}') - 1) : rest().substr(0, 2);
    if (digits.size() < (braces ? 1U : 2U) || digits.size() > 6) return std::nullopt;
    char32_t c = 0;
    for (const char digit : digits) {
      const auto value = hex_value(digit);
      if (!value) return std::nullopt;
      c = c * 16 + *value;
    }
    if (c > 0x10FFFF) return std::nullopt;
    at_ += digits.size() + (braces ? 2 : 0);
    return c;
  }

  /// Up to three digits, below 0400; RE2 counts the 0 among them.
  std::optional<char32_t> octal() {
    constexpr char32_t kMost = 0377;
    char32_t c = 0;
    std::size_t digits = 0;
    while (digits < 3 && digits < rest().size() && rest()[digits] >= '0' && rest()[digits] <= '7') {
      const auto longer = c * 8 + static_cast<char32_t>(rest()[digits] - '0');
      if (longer > kMost) break;
      c = longer;
      ++digits;
    }
    at_ += digits;
    return digits == 0 ? std::nullopt : std::optional{c};
  }

  void escape() {
    if (follows("\\Q")) return quotation();
    if (const auto c = escaped_character()) return put_literal(*c);
    if (at_ + 1 == pattern_.size()) return pass(1);
    const char kind = pattern_[at_ + 1];
    if (const auto members = class_members(kind); !members.empty()) {
      put("[" + std::string{members} + "]");
      at_ += 2;
      return;
    }
    if (kind == 'p' || kind == 'P') return property();
    if (kind == '0') return not_valid("\\0 without an octal number");
    if (is_digit(kind)) return refuse("a back-reference");
    // RE2 knows these two, and for something else.
    if (kind == 'C' || kind == 'E') return not_valid("an escape that there is not: \\" + std::string{kind});
    pass(2);
  }

  static std::string_view class_members(char kind) {
    if (kind == 's') return kSpaces;
    if (kind == 'S') return kNoSpaces;
    return kind == 'v' ? kVerticalSpaces : std::string_view{};
  }

  void quotation() {
    at_ += 2;
    const auto end = std::min(pattern_.find("\\E", at_), pattern_.size());
    while (at_ < end) literal();
    at_ = std::min(end + 2, pattern_.size());
  }

  /// General categories have the same names in both.
  void property() {
    const bool braces = pattern_.substr(at_ + 2).starts_with('{');
    const auto close = braces ? pattern_.find('}', at_) : at_ + 2;
    if (close >= pattern_.size()) return pass(2);
    const auto name = braces ? pattern_.substr(at_ + 3, close - at_ - 3) : pattern_.substr(at_ + 2, 1);
    if (name.size() > 2 || name.starts_with('^')) return refuse("the class \\p{" + std::string{name} + "}");
    const bool of_case = name == "Lu" || name == "Ll" || name == "Lt";
    if (of_case && flags_.any_case) return refuse("\\p{" + std::string{name} + "} with the flag i");
    pass(close + 1 - at_);
  }

  void character_class() {
    pass(1);
    if (follows("^")) pass(1);
    for (bool first = true; at_ < pattern_.size() && !error_; first = false) {
      // The first sign of a class is one of its characters, even if it is ']'.
      if (follows("]") && !first) return pass(1);
      if (follows("[")) return refuse("a class within a class");
      if (follows("&&")) return refuse("an intersection of classes: &&");
      if (follows("\\Q")) {
        quoted_members();
      } else {
        member();
      }
    }
  }

  void quoted_members() {
    at_ += 2;
    const auto end = std::min(pattern_.find("\\E", at_), pattern_.size());
    while (at_ < end) {
      const auto c = character();
      if (!c) return pass(1);
      put_members(*c, *c);
    }
    at_ = std::min(end + 2, pattern_.size());
  }

  void member() {
    const bool escapes = follows("\\");
    const auto low = escapes ? escaped_character() : character();
    if (!low && escapes && at_ + 1 < pattern_.size()) {
      const char kind = pattern_[at_ + 1];
      if (const auto members = class_members(kind); !members.empty()) {
        put(members);
        at_ += 2;
        return;
      }
      if (kind == 'p' || kind == 'P') return property();
      if (is_digit(kind)) return not_valid("a number behind a backslash in a class");
      return pass(2);
    }
    if (!low) return pass(1);
    const bool range = follows("-") && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']';
    if (!range) return put_members(*low, *low);
    ++at_;
    if (follows("[")) return refuse("a class within a class");
    const auto high = follows("\\") ? escaped_character() : character();
    if (!high) return not_valid("a range without an end");
    put_members(*low, *high);
  }

  void put_members(char32_t low, char32_t high) {
    put(quoted(low));
    if (low != high) put("-" + quoted(high));
    if (!flags_.any_case) return;
    // Only ASCII's letters have a case, without the flag u.
    for (auto c = std::max<char32_t>(low, 'A'); c <= std::min<char32_t>(high, 'z'); ++c) {
      if (is_letter(c)) put(quoted(other_case(c)));
    }
  }

  void open_group() {
    for (const std::string_view sign : {"(?=", "(?!", "(?<=", "(?<!", "(?>"}) {
      if (follows(sign)) return pass(rest().size());  // compiling refuses it by name
    }
    if (!follows("(?")) {
      add_group();
      return pass(1);
    }
    if (follows("(?<")) {
      add_group();
      put("(?P<");
      at_ += 3;
      const auto end = std::min(rest().find('>'), rest().size() - 1);
      return pass(end + 1);
    }
    modifiers();
  }

  void add_group() {
    outer_.push_back(flags_);
    result_.groups.push_back(++count_);
  }

  /// "(?i)", "(?i-s:". All that the flags mean is written out.
  void modifiers() {
    constexpr std::string_view kOthers = "dmuxU";
    auto flags = flags_;
    bool on = true;
    for (at_ += 2; at_ < pattern_.size(); ++at_) {
      const char c = pattern_[at_];
      if (c == ':' || c == ')') {
        ++at_;
        if (c == ':') {
          outer_.push_back(flags_);
          put("(?:");
        }
        flags_ = flags;
        return;
      }
      if (c == '-') {
        on = false;
      } else if (c == 'i') {
        flags.any_case = on;
      } else if (c == 's') {
        flags.dot_is_all = on;
      } else if (kOthers.find(c) != kOthers.npos) {
        return refuse("the flag " + std::string{c});
      } else {
        break;
      }
    }
    not_valid("a group that begins with (? and something unknown");
  }

  void repetition() {
    auto end = at_ + 1;
    const auto digits = [&] {
      const auto begin = end;
      while (end < pattern_.size() && is_digit(pattern_[end])) ++end;
      return end > begin;
    };
    bool good = digits();
    if (good && end < pattern_.size() && pattern_[end] == ',') {
      ++end;
      (void)digits();
    }
    good = good && end < pattern_.size() && pattern_[end] == '}';
    if (!good) return not_valid("'{' that begins no repetition");
    pass(end + 1 - at_);
  }

  /// Java's matches before a line's end that is the last of the text, too. It is taken along and told by its
  /// group, since RE2 cannot look ahead; so nothing may come behind. differs: between \r and \n Java's does
  /// not match.
  void end_of_text() {
    if (!is_last(at_ + 1)) return refuse("a $ that is not at the end");
    put("(?:(\\r\\n|[" + std::string{kLineEnds} + "])?\\z)");
    result_.line_ends.push_back(++count_);
    ++at_;
  }

  /// Whether what stands from there on cannot match behind.
  [[nodiscard]] bool is_last(std::size_t from) const {
    while (from < pattern_.size()) {
      if (pattern_[from] == '|') from = end_of_group(from);
      if (from == pattern_.size()) return true;
      const char c = pattern_[from];
      if (c != ')' && c != '$') return false;
      ++from;
      if (pattern_.substr(from).starts_with('?')) ++from;
    }
    return true;
  }

  /// The ')' of the group around, or the end.
  [[nodiscard]] std::size_t end_of_group(std::size_t from) const {
    std::size_t depth = 0;
    bool in_class = false;
    for (; from < pattern_.size(); ++from) {
      const auto left = pattern_.substr(from);
      if (left.starts_with("\\Q")) {
        from = std::min(pattern_.find("\\E", from), pattern_.size() - 1);
      } else if (left.front() == '\\') {
        ++from;
      } else if (in_class) {
        in_class = left.front() != ']';
      } else if (left.front() == '[') {
        in_class = true;
        if (left.substr(1).starts_with('^')) ++from;
        if (pattern_.substr(from + 1).starts_with(']')) ++from;
      } else if (left.front() == '(') {
        ++depth;
      } else if (left.front() == ')') {
        if (depth == 0) return from;
        --depth;
      }
    }
    return pattern_.size();
  }

  const std::string_view pattern_;
  std::size_t at_{0};
  Flags flags_{};
  std::vector<Flags> outer_{};  ///< of the groups around
  std::size_t count_{0};        ///< groups of RE2's so far
  std::optional<Error> error_{};
  Re2Syntax result_{};
};

}  // namespace

Result<Re2Syntax> re2_of_java(std::string_view pattern) {
  return Translation{pattern}.run();
}

}  // namespace iotemu::rules::sql
