#include "rules/sql/value.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace iotemu::rules::sql {
namespace {

/// Members are looked up one by one as long as that is quick.
constexpr std::size_t kManyMembers = 16;

}  // namespace

Value Value::null() {
  Value out;
  out.kind_ = Kind::null;
  return out;
}

Value Value::boolean(bool value) {
  Value out;
  out.kind_ = Kind::boolean;
  out.boolean_ = value;
  return out;
}

Value Value::integer(std::int64_t value) {
  Value out;
  out.kind_ = Kind::integer;
  out.at_.digits = value;
  return out;
}

Value Value::number(const Number& value, Arena& arena) {
  Value out;
  out.kind_ = value.is_int ? Kind::integer : Kind::decimal;
  out.short_.exponent = value.exponent;
  if (value.digits <= static_cast<Digits>(std::numeric_limits<std::int64_t>::max())) {
    const auto magnitude = static_cast<std::int64_t>(value.digits);
    out.at_.digits = value.negative ? -magnitude : magnitude;
    return out;
  }
  const auto kept = arena.make<Number>(1);
  kept[0] = value;
  out.wide_ = true;
  out.at_.number = kept.data();
  return out;
}

Value Value::number(const std::optional<Number>& value, Arena& arena) {
  return value ? number(*value, arena) : Value{};
}

Value Value::string(std::string_view text) {
  Value out;
  out.kind_ = Kind::string;
  out.short_.size = static_cast<std::uint32_t>(text.size());
  out.at_.text = text.data();
  return out;
}

Value Value::copy(std::string_view text, Arena& arena) {
  return string(arena.copy(text));
}

Value Value::array(std::span<const Value> elements) {
  Value out;
  out.kind_ = Kind::array;
  out.short_.size = static_cast<std::uint32_t>(elements.size());
  out.at_.elements = elements.data();
  return out;
}

Value Value::object(std::span<const Member> members) {
  Value out;
  out.kind_ = Kind::object;
  out.short_.size = static_cast<std::uint32_t>(members.size());
  out.at_.members = members.data();
  return out;
}

bool Value::boolean() const {
  assert(is_boolean());
  return boolean_;
}

Number Value::number() const {
  assert(is_number());
  if (wide_) return *at_.number;
  Number out = Number::of(at_.digits);
  out.exponent = short_.exponent;
  out.is_int = is_integer();
  return out;
}

std::string_view Value::string() const {
  assert(is_string());
  return {at_.text, short_.size};
}

std::span<const Value> Value::elements() const {
  assert(is_array());
  return {at_.elements, short_.size};
}

std::span<const Member> Value::members() const {
  assert(is_object());
  return {at_.members, short_.size};
}

std::optional<std::int64_t> Value::small_integer() const {
  if (!is_integer() || wide_) return std::nullopt;
  return at_.digits;
}

const Value* Value::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const Member& member : members()) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

namespace {

/// Some steps' worth of visits makes one step.
constexpr std::size_t kVisitsOfAStep = 16;

class Equality {
 public:
  bool equal(const Value& a, const Value& b) {
    ++visits_;
    if (a.is_number() && b.is_number()) {
      const auto a_small = a.small_integer();
      const auto b_small = b.small_integer();
      if (a_small && b_small) return *a_small == *b_small;
      return compare(a.number(), b.number()) == 0;
    }
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
      case Value::Kind::boolean:
        return a.boolean() == b.boolean();
      case Value::Kind::string:
        visits_ += a.string().size() / 64;
        return a.string() == b.string();
      case Value::Kind::array:
        return std::ranges::equal(a.elements(), b.elements(),
                                  [this](const Value& x, const Value& y) { return equal(x, y); });
      case Value::Kind::object:
        return equal(a.members(), b.members());
      default:
        return true;
    }
  }

  [[nodiscard]] std::size_t visits() const { return visits_; }

 private:
  bool equal(std::span<const Member> a, std::span<const Member> b) {
    if (a.size() != b.size()) return false;
    const auto same = [this](const Member& x, const Member& y) {
      return x.key == y.key && equal(x.value, y.value);
    };
    if (std::ranges::equal(a, b, {}, &Member::key, &Member::key)) return std::ranges::equal(a, b, same);
    visits_ += a.size();
    const auto sorted = [](std::span<const Member> members) {
      std::vector<Member> out{members.begin(), members.end()};
      std::ranges::sort(out, {}, &Member::key);
      return out;
    };
    return std::ranges::equal(sorted(a), sorted(b), same);
  }

  std::size_t visits_{0};
};

}  // namespace

bool equal(const Value& a, const Value& b, std::size_t& work) {
  Equality equality;
  const bool out = equality.equal(a, b);
  work += equality.visits() / kVisitsOfAStep;
  return out;
}

bool equal(const Value& a, const Value& b) {
  return Equality{}.equal(a, b);
}

void ObjectBuilder::set(std::string_view key, const Value& value) {
  if (value.is_undefined()) return;
  members_.push_back({key, value});
}

const Value* ObjectBuilder::find(std::string_view key) const {
  const auto found = std::find_if(members_.rbegin(), members_.rend(),
                                  [&](const Member& member) { return member.key == key; });
  return found == members_.rend() ? nullptr : &found->value;
}

void ObjectBuilder::add_all(const Value& object) {
  if (!object.is_object()) return;
  const auto members = object.members();
  members_.insert(members_.end(), members.begin(), members.end());
}

Value unique_object(std::span<Member> members, Arena& arena) {
  const auto place = arena.make<Member>(members.size());
  std::size_t count = 0;
  if (members.size() <= kManyMembers) {
    for (const Member& member : members) {
      const auto known = std::ranges::find(place.first(count), member.key, &Member::key);
      if (known != place.first(count).end()) {
        known->value = member.value;
      } else {
        place[count++] = member;
      }
    }
  } else {
    const auto order = arena.make<std::uint32_t>(members.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
    std::ranges::sort(order, [&](std::uint32_t x, std::uint32_t y) {
      return members[x].key != members[y].key ? members[x].key < members[y].key : x < y;
    });
    const auto is_first = arena.make<bool>(members.size());
    for (std::size_t i = 0; i < order.size();) {
      std::size_t last = i;
      while (last + 1 < order.size() && members[order[last + 1]].key == members[order[i]].key) ++last;
      is_first[order[i]] = true;
      members[order[i]].value = members[order[last]].value;
      i = last + 1;
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (is_first[i]) place[count++] = members[i];
    }
  }
  const auto used = place.first(count);
  // clang 14 cannot compile what std::ranges::remove_if returns.
  const auto end = std::remove_if(used.begin(), used.end(),
                                  [](const Member& member) { return member.value.is_undefined(); });
  return Value::object(used.first(static_cast<std::size_t>(end - used.begin())));
}

}  // namespace iotemu::rules::sql
