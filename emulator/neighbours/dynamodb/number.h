#pragma once

// Numbers of DynamoDB: decimal, exact, at most 38 digits. They travel as text and are compared by value
// ("1.0" is "1"). Pure.

#include <string>
#include <string_view>

#include "emulator/neighbours/fault.h"

namespace iotemu::neighbours::dynamodb {

/// 0.<digits> × 10^exponent; zero has no digits.
class Number {
 public:
  /// A ValidationException in DynamoDB's words: no number, more than 38 digits, too large or too small.
  static Answer<Number> read(std::string_view text);

  /// As DynamoDB writes it: no exponent, no superfluous zero.
  [[nodiscard]] std::string text() const;
  /// Bytes that compare as the numbers do.
  [[nodiscard]] std::string order() const;

  [[nodiscard]] Number negated() const;
  /// The sum must be a number as well.
  [[nodiscard]] Answer<Number> plus(const Number& other) const;

 private:
  [[nodiscard]] Answer<Number> checked() const;

  bool negative_{false};
  std::string digits_{};  ///< neither begins nor ends with a zero
  int exponent_{0};
};

}  // namespace iotemu::neighbours::dynamodb
