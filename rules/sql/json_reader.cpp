#include <algorithm>
#include <vector>

#include "base/json.h"
#include "base/utf8.h"
#include "rules/sql/value.h"

namespace iotemu::rules::sql {
namespace {

/// Recursive descent over the text, straight into Values. Nested no deeper than kMaxJsonDepth, so neither is
/// the recursion.
class Reader {
 public:
  Reader(std::string_view text, Version version, Arena& arena)
      : text_{text},
        version_{version},
        arena_{arena},
        elements_{arena.resource()},
        members_{arena.resource()} {}

  std::optional<Value> whole() {
    skip_space();
    Value out;
    if (!value(out, 0)) return std::nullopt;
    skip_space();
    if (at_ != text_.size()) return std::nullopt;
    return out;
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
      ++at_;
    }
  }

  bool take(char wanted) {
    if (peek() != wanted || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }

  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool value(Value& out, int depth) {
    switch (peek()) {
      case '{':
        return depth < kMaxJsonDepth && object(out, depth);
      case '[':
        return depth < kMaxJsonDepth && array(out, depth);
      case '"': {
        std::string_view text;
        if (!string(text)) return false;
        out = Value::string(text);
        return true;
      }
      case 't':
        out = Value::boolean(true);
        return take("true");
      case 'f':
        out = Value::boolean(false);
        return take("false");
      case 'n':
        out = Value::null();
        return take("null");
      default:
        return number(out);
    }
  }

  bool array(Value& out, int depth) {
    ++at_;
    const std::size_t first = elements_.size();
    skip_space();
    if (!take(']')) {
      do {
        skip_space();
        Value element;
        if (!value(element, depth + 1)) return false;
        elements_.push_back(element);
        skip_space();
      } while (take(','));
      if (!take(']')) return false;
    }
    const auto kept = arena_.make<Value>(elements_.size() - first);
    std::copy(elements_.begin() + static_cast<std::ptrdiff_t>(first), elements_.end(), kept.begin());
    elements_.resize(first);
    out = Value::array(kept);
    return true;
  }

  bool object(Value& out, int depth) {
    ++at_;
    const std::size_t first = members_.size();
    skip_space();
    if (!take('}')) {
      do {
        skip_space();
        Member member;
        if (peek() != '"' || !string(member.key)) return false;
        skip_space();
        if (!take(':')) return false;
        skip_space();
        if (!value(member.value, depth + 1)) return false;
        members_.push_back(member);
        skip_space();
      } while (take(','));
      if (!take('}')) return false;
    }
    out = unique_object(std::span{members_}.subspan(first), arena_);
    members_.resize(first);
    return true;
  }

  bool number(Value& out) {
    const std::size_t begin = at_;
    (void)take('-');
    if (peek() == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    bool is_int = true;
    if (peek() == '.') {
      is_int = false;
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      is_int = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    const std::string_view written = text_.substr(begin, at_ - begin);
    if (is_int && written.size() <= 18) {
      std::int64_t magnitude = 0;
      for (const char c : written) {
        if (c != '-') magnitude = magnitude * 10 + (c - '0');
      }
      out = Value::integer(written.front() == '-' ? -magnitude : magnitude);
      return true;
    }
    auto parsed = Number::parse(written);
    if (parsed && version_ != Version::v2015_10_08) parsed = parsed->simplified();
    out = Value::number(parsed, arena_);
    return true;
  }

  bool digits() {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > begin;
  }

  bool string(std::string_view& out) {
    ++at_;
    const std::size_t begin = at_;
    bool escaped = false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        const std::string_view raw = text_.substr(begin, at_ - begin);
        ++at_;
        if (!escaped) {
          out = raw;
          return true;
        }
        return unescape(raw, out);
      }
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\') {
        escaped = true;
        at_ += 2;
      } else if (static_cast<unsigned char>(c) < 0x80) {
        ++at_;
      } else {
        const std::size_t length = character_bytes(text_.substr(at_));
        if (length == 0) return false;
        at_ += length;
      }
    }
    return false;
  }

  static bool hex(std::string_view raw, std::size_t at, unsigned& out) {
    if (at + 4 > raw.size()) return false;
    out = 0;
    for (const char c : raw.substr(at, 4)) {
      out <<= 4U;
      if (c >= '0' && c <= '9') {
        out |= static_cast<unsigned>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        out |= static_cast<unsigned>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        out |= static_cast<unsigned>(c - 'A' + 10);
      } else {
        return false;
      }
    }
    return true;
  }

  static char* put_utf8(char* to, unsigned code) {
    const auto put = [&](unsigned byte) { *to++ = static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0U | (code >> 6U));
      put(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
      put(0xE0U | (code >> 12U));
      put(0x80U | ((code >> 6U) & 0x3FU));
      put(0x80U | (code & 0x3FU));
    } else {
      put(0xF0U | (code >> 18U));
      put(0x80U | ((code >> 12U) & 0x3FU));
      put(0x80U | ((code >> 6U) & 0x3FU));
      put(0x80U | (code & 0x3FU));
    }
    return to;
  }

  bool unescape(std::string_view raw, std::string_view& out) {
    // No escape is shorter than what it stands for.
    char* const begin = arena_.characters(raw.size());
    char* to = begin;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\') {
        *to++ = raw[i];
        continue;
      }
      ++i;
      switch (raw[i]) {
        case '"':
        case '\\':
        case '/':
          *to++ = raw[i];
          break;
        case 'b':
          *to++ = '\b';
          break;
        case 'f':
          *to++ = '\f';
          break;
        case 'n':
          *to++ = '\n';
          break;
        case 'r':
          *to++ = '\r';
          break;
        case 't':
          *to++ = '\t';
          break;
        case 'u': {
          unsigned code = 0;
          if (!hex(raw, i + 1, code)) return false;
          i += 4;
          unsigned low = 0;
          if (code >= 0xD800 && code < 0xDC00 && raw.substr(i + 1).starts_with("\\u") &&
              hex(raw, i + 3, low) && low >= 0xDC00 && low < 0xE000) {
            code = 0x10000U + ((code - 0xD800U) << 10U) + (low - 0xDC00U);
            i += 6;
          } else if (code >= 0xD800 && code < 0xE000) {
            code = 0xFFFD;
          }
          to = put_utf8(to, code);
          break;
        }
        default:
          return false;
      }
    }
    out = {begin, static_cast<std::size_t>(to - begin)};
    return true;
  }

  std::string_view text_;
  Version version_;
  Arena& arena_;
  std::size_t at_{0};
  // What the arrays and objects under way hold so far; each knows where its own begin.
  std::pmr::vector<Value> elements_;
  std::pmr::vector<Member> members_;
};

}  // namespace

std::optional<Value> read_json(std::string_view text, Version version, Arena& arena) {
  return Reader{text, version, arena}.whole();
}

}  // namespace iotemu::rules::sql
