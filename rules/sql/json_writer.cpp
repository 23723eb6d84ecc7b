#include <array>
#include <charconv>

#include "rules/sql/value.h"

namespace iotemu::rules::sql {
namespace {

/// Writes to a text, or only counts.
class Writer {
 public:
  Writer(std::string* out, std::size_t most) : out_{out}, most_{most} {}

  [[nodiscard]] std::size_t size() const { return size_; }

  bool write(const Value& value) {
    switch (value.kind()) {
      case Value::Kind::undefined:
        return true;
      case Value::Kind::null:
        return put("null");
      case Value::Kind::boolean:
        return put(value.boolean() ? "true" : "false");
      case Value::Kind::integer:
      case Value::Kind::decimal:
        return number(value);
      case Value::Kind::string:
        return string(value.string());
      case Value::Kind::array: {
        char before = '[';
        for (const Value& element : value.elements()) {
          if (!put(before) || !write(element)) return false;
          before = ',';
        }
        return before == '[' ? put("[]") : put(']');
      }
      case Value::Kind::object: {
        char before = '{';
        for (const Member& member : value.members()) {
          if (!put(before) || !string(member.key) || !put(':') || !write(member.value)) return false;
          before = ',';
        }
        return before == '{' ? put("{}") : put('}');
      }
    }
    return true;
  }

 private:
  bool put(std::string_view text) {
    if (text.size() > most_ - size_) return false;
    size_ += text.size();
    if (out_ != nullptr) *out_ += text;
    return true;
  }

  bool put(char c) { return put(std::string_view{&c, 1}); }

  bool number(const Value& value) {
    if (const auto small = value.small_integer()) {
      std::array<char, 24> buffer{};
      const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), *small).ptr;
      return put(std::string_view{buffer.data(), end});
    }
    return put(value.number().text());
  }

  bool string(std::string_view text) {
    if (!put('"')) return false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20) continue;
      if (!put(text.substr(begin, i - begin)) || !escape(c)) return false;
      begin = i + 1;
    }
    return put(text.substr(begin)) && put('"');
  }

  bool escape(char c) {
    switch (c) {
      case '"':
        return put("\\\"");
      case '\\':
        return put("\\\\");
      case '\b':
        return put("\\b");
      case '\f':
        return put("\\f");
      case '\n':
        return put("\\n");
      case '\r':
        return put("\\r");
      case '\t':
        return put("\\t");
      default:
        break;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    return put("\\u00") && put(digits[byte >> 4U]) && put(digits[byte & 15U]);
  }

  std::string* out_;
  std::size_t most_;
  std::size_t size_{0};
};

}  // namespace

bool write_json(const Value& value, std::string& out, std::size_t most) {
  return Writer{&out, most}.write(value);
}

std::size_t json_size(const Value& value, std::size_t most) {
  Writer writer{nullptr, most};
  return writer.write(value) ? writer.size() : most + 1;
}

}  // namespace iotemu::rules::sql
