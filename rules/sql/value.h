#pragma once

// A value of rules SQL (RU-21): small, copied freely, immutable. Strings, elements and members lie elsewhere:
// in the payload, in the statement or in the arena of the evaluation, and live as long as that does. Objects
// keep the order in which their members came and hold each key once.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/sql/arena.h"
#include "rules/sql/number.h"
#include "rules/sql/statement.h"

namespace iotemu::rules::sql {

struct Member;

class Value {
 public:
  enum class Kind : std::uint8_t { undefined, null, boolean, integer, decimal, string, array, object };

  /// Undefined.
  Value() = default;
  [[nodiscard]] static Value null();
  [[nodiscard]] static Value boolean(bool value);
  [[nodiscard]] static Value integer(std::int64_t value);
  /// By its type an Int or a Decimal. The arena is used for numbers of many digits only.
  [[nodiscard]] static Value number(const Number& value, Arena& arena);
  /// Undefined for nothing.
  [[nodiscard]] static Value number(const std::optional<Number>& value, Arena& arena);
  /// Borrows UTF-8 text: literals, parts of the payload. `copy` where the text is your own.
  [[nodiscard]] static Value string(std::string_view text);
  [[nodiscard]] static Value copy(std::string_view text, Arena& arena);
  /// Borrow; of the arena's memory. None of them Undefined.
  [[nodiscard]] static Value array(std::span<const Value> elements);
  [[nodiscard]] static Value object(std::span<const Member> members);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_undefined() const { return kind_ == Kind::undefined; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::null; }
  [[nodiscard]] bool is_boolean() const { return kind_ == Kind::boolean; }
  [[nodiscard]] bool is_integer() const { return kind_ == Kind::integer; }
  [[nodiscard]] bool is_decimal() const { return kind_ == Kind::decimal; }
  [[nodiscard]] bool is_number() const { return is_integer() || is_decimal(); }
  [[nodiscard]] bool is_string() const { return kind_ == Kind::string; }
  [[nodiscard]] bool is_array() const { return kind_ == Kind::array; }
  [[nodiscard]] bool is_object() const { return kind_ == Kind::object; }

  // Each for its own kind only.
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] Number number() const;
  [[nodiscard]] std::string_view string() const;
  [[nodiscard]] std::span<const Value> elements() const;
  [[nodiscard]] std::span<const Member> members() const;

  /// The Int, where it fits 64 bits: the quick way around Number.
  [[nodiscard]] std::optional<std::int64_t> small_integer() const;
  /// The member of an Object; null if it has none of that name or is something else.
  [[nodiscard]] const Value* find(std::string_view key) const;

  /// An Array that a nested query made of one Object (RU-16): where an Object is wanted, it is that Object.
  [[nodiscard]] bool is_of_one_object() const { return of_one_object_; }
  void mark_as_of_one_object() { of_one_object_ = true; }

 private:
  Kind kind_{Kind::undefined};
  bool wide_{false};  ///< The number lies in the arena.
  bool of_one_object_{false};
  bool boolean_{false};
  union {
    std::int32_t exponent;
    std::uint32_t size;
  } short_{.exponent = 0};
  union {
    std::int64_t digits;
    const Number* number;
    const char* text;
    const Value* elements;
    const Member* members;
  } at_{.digits = 0};
};

struct Member {
  std::string_view key{};
  Value value{};
};

/// Deep equality of RU's `=`: Int and Decimal by value, objects in any order. Undefined is not asked for
/// here. `work` grows with the values that were looked at.
[[nodiscard]] bool equal(const Value& a, const Value& b, std::size_t& work);
[[nodiscard]] bool equal(const Value& a, const Value& b);

/// The object of `members`: a key keeps the place where it came first and the value that came last, Undefined
/// is left out. The members are worked on where they are.
[[nodiscard]] Value unique_object(std::span<Member> members, Arena& arena);

/// Builds an object: a later member of the same key takes the place of the earlier one (RU-12).
class ObjectBuilder {
 public:
  explicit ObjectBuilder(Arena& arena) : arena_{arena}, members_{arena.resource()} {}
  void reserve(std::size_t count) { members_.reserve(count); }
  /// The key is borrowed. Undefined sets nothing.
  void set(std::string_view key, const Value& value);
  /// What stands there now; null for nothing. Valid until the next change.
  [[nodiscard]] const Value* find(std::string_view key) const;
  /// The members of an Object; nothing of anything else.
  void add_all(const Value& object);
  [[nodiscard]] Value finish() { return unique_object(members_, arena_); }

 private:
  Arena& arena_;
  std::pmr::vector<Member> members_;
};

/// Reads JSON text. Strings without escapes borrow from `text`. Nothing for what is not JSON: bad syntax, bad
/// UTF-8, more than 64 levels. Of double keys the last wins; half a surrogate pair is U+FFFD. Numbers are
/// kept digit by digit up to 34; 10.0 is Int 10 from 2016-03-23 on; what is out of range is Undefined [unc].
[[nodiscard]] std::optional<Value> read_json(std::string_view text, Version version, Arena& arena);

/// Appends compact JSON. Undefined is nothing at all. False: `most` bytes do not hold it, and `out` is as
/// long as it had become.
[[nodiscard]] bool write_json(const Value& value, std::string& out, std::size_t most);

/// How long that JSON is; `most` + 1 where it is longer than `most`.
[[nodiscard]] std::size_t json_size(const Value& value, std::size_t most);

/// What one value, one text and the result of one evaluation may have: 128 KiB.
inline constexpr std::size_t kMostTextBytes = 128 * std::size_t{1024};

}  // namespace iotemu::rules::sql
