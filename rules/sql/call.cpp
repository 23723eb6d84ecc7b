#include "rules/sql/functions.h"

namespace iotemu::rules::sql {

Value FunctionCall::object(std::size_t index) {
  const Value& value = argument(index);
  if (value.is_object()) return value;
  if (!value.is_of_one_object() || value.elements().size() != 1) return {};
  const Value& only = value.elements().front();
  return only.is_object() ? only : Value{};
}

Value FunctionCall::text(std::string_view own) {
  if (own.size() > kMostTextBytes) {
    return fail("the result has " + std::to_string(own.size()) + " bytes, more than " +
                std::to_string(kMostTextBytes));
  }
  return Value::copy(own, arena());
}

}  // namespace iotemu::rules::sql
