#include "emulator/neighbours/dynamodb/number.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

namespace iotemu::neighbours::dynamodb {
namespace {

constexpr std::size_t kMaxDigits = 38;
/// Of numbers from 1E-130 to 9.99…E+125.
constexpr int kLowestExponent = -129;
constexpr int kHighestExponent = 126;
/// What is longer is no number that anybody means.
constexpr std::size_t kMaxText = 512;
constexpr int kFarExponent = 100'000;

Fault invalid(std::string message) {
  return {"ValidationException", std::move(message)};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Both of the same length, the larger first.
std::string difference(std::string larger, const std::string& smaller) {
  int borrow = 0;
  for (auto i = larger.size(); i-- > 0;) {
    int digit = larger[i] - smaller[i] - borrow;
    borrow = digit < 0 ? 1 : 0;
    if (digit < 0) digit += 10;
    larger[i] = static_cast<char>('0' + digit);
  }
  return larger;
}

std::string sum(std::string left, const std::string& right) {
  int carry = 0;
  for (auto i = left.size(); i-- > 0;) {
    const int digit = (left[i] - '0') + (right[i] - '0') + carry;
    carry = digit / 10;
    left[i] = static_cast<char>('0' + digit % 10);
  }
  return std::string{carry == 1 ? "1" : "0"} + left;
}

}  // namespace

Answer<Number> Number::read(std::string_view text) {
  const auto refused = [&] {
    return invalid("The parameter cannot be converted to a numeric value: " +
                   std::string{text.substr(0, kMaxText)});
  };
  if (text.size() > kMaxText) return refused();
  Number number;
  auto rest = text;
  if (rest.starts_with('-') || rest.starts_with('+')) {
    number.negative_ = rest[0] == '-';
    rest.remove_prefix(1);
  }
  int point = 0;  // digits before it
  bool fraction = false;
  std::size_t length = 0;
  for (; length < rest.size(); ++length) {
    const char c = rest[length];
    if (c == '.' && !fraction) {
      fraction = true;
    } else if (is_digit(c)) {
      number.digits_ += c;
      if (!fraction) ++point;
    } else {
      break;
    }
  }
  if (number.digits_.empty()) return refused();
  rest.remove_prefix(length);
  int exponent = 0;
  if (!rest.empty()) {
    if (rest[0] != 'e' && rest[0] != 'E') return refused();
    rest.remove_prefix(1);
    if (rest.starts_with('+') && !rest.starts_with("+-")) rest.remove_prefix(1);
    const auto* end = rest.data() + rest.size();
    const auto parsed = std::from_chars(rest.data(), end, exponent);
    if (rest.empty() || parsed.ptr != end || parsed.ec == std::errc::invalid_argument) return refused();
    const bool far = parsed.ec != std::errc{} || exponent > kFarExponent || exponent < -kFarExponent;
    if (far) exponent = rest.starts_with('-') ? -kFarExponent : kFarExponent;
  }
  number.exponent_ = point + exponent;
  return number.checked();
}

Answer<Number> Number::checked() const {
  Number number = *this;
  const auto first = number.digits_.find_first_not_of('0');
  if (first == std::string::npos) return Number{};
  number.digits_.erase(0, first);
  number.exponent_ -= static_cast<int>(first);
  number.digits_.erase(number.digits_.find_last_not_of('0') + 1);
  if (number.digits_.size() > kMaxDigits) {
    return invalid("Attempting to store more than 38 significant digits in a Number");
  }
  if (number.exponent_ > kHighestExponent) {
    return invalid(
        "Number overflow. Attempting to store a number with magnitude larger than supported range");
  }
  if (number.exponent_ < kLowestExponent) {
    return invalid(
        "Number underflow. Attempting to store a number with magnitude smaller than supported range");
  }
  return number;
}

std::string Number::text() const {
  if (digits_.empty()) return "0";
  std::string text = negative_ ? "-" : "";
  const auto count = static_cast<int>(digits_.size());
  if (exponent_ <= 0) {
    text += "0." + std::string(static_cast<std::size_t>(-exponent_), '0') + digits_;
  } else if (exponent_ >= count) {
    text += digits_ + std::string(static_cast<std::size_t>(exponent_ - count), '0');
  } else {
    text += digits_;
    text.insert(text.size() - static_cast<std::size_t>(count - exponent_), ".");
  }
  return text;
}

std::string Number::order() const {
  if (digits_.empty()) return "1";
  // Three digits, always.
  auto key = std::to_string(exponent_ + 500) + digits_;
  if (!negative_) return "2" + key;
  for (auto& c : key) c = static_cast<char>('0' + ('9' - c));
  return "0" + key + "~";
}

Number Number::negated() const {
  Number number = *this;
  if (!digits_.empty()) number.negative_ = !negative_;
  return number;
}

Answer<Number> Number::plus(const Number& other) const {
  if (digits_.empty()) return other;
  if (other.digits_.empty()) return *this;
  // Both with one point and one length: bounded by the range of exponents.
  const int top = std::max(exponent_, other.exponent_);
  auto left = std::string(static_cast<std::size_t>(top - exponent_), '0') + digits_;
  auto right = std::string(static_cast<std::size_t>(top - other.exponent_), '0') + other.digits_;
  const auto width = std::max(left.size(), right.size());
  left.resize(width, '0');
  right.resize(width, '0');
  Number result;
  if (negative_ == other.negative_) {
    result.negative_ = negative_;
    result.digits_ = sum(left, right);
    result.exponent_ = top + 1;
  } else {
    const bool left_larger = left >= right;
    result.negative_ = left_larger ? negative_ : other.negative_;
    result.digits_ = left_larger ? difference(left, right) : difference(right, left);
    result.exponent_ = top;
  }
  return result.checked();
}

}  // namespace iotemu::neighbours::dynamodb
