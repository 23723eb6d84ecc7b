// Expressions of DynamoDB from strangers: any text is refused in DynamoDB's words or holds, or not, of an
// item, and what an update makes of an item is an item again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "emulator/neighbours/dynamodb/condition.h"
#include "emulator/neighbours/dynamodb/number.h"
#include "emulator/neighbours/dynamodb/projection.h"
#include "emulator/neighbours/dynamodb/update.h"
#include "emulator/neighbours/dynamodb/values.h"

namespace {

using namespace iotemu;
using namespace iotemu::neighbours;
using namespace iotemu::neighbours::dynamodb;

void require(bool holds) {
  if (!holds) std::abort();
}

const Json& item() {
  static const Json read = *read_item(Json::parse(R"({
      "a": {"S": "text"}, "n": {"N": "5"}, "b": {"B": "AQID"}, "s": {"SS": ["x", "y"]}, "t": {"BOOL": true},
      "l": {"L": [{"S": "x"}, {"M": {"y": {"N": "7"}}}]}, "m": {"M": {"k": {"M": {"d": {"NULL": true}}}}}})"));
  return read;
}

Bindings bindings() {
  static const Json input = Json::parse(R"({"ConditionExpression": "a",
      "ExpressionAttributeNames": {"#a": "a", "#l": "l", "#m": "m"},
      "ExpressionAttributeValues": {":s": {"S": "x"}, ":n": {"N": "1"}, ":b": {"B": "AQ=="}, ":t": {"BOOL": true},
                                    ":l": {"L": [{"N": "1"}]}, ":x": {"SS": ["x"]}}})");
  return *Bindings::read(input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  auto bound = bindings();
  if (const auto condition = read_condition("ConditionExpression", text, bound)) {
    require(holds(*condition, item()) == holds(*condition, item()));
  } else {
    require(condition.fault().name == "ValidationException");
  }
  if (const auto paths = read_projection(text, bound)) {
    require(read_item(project(item(), *paths)).operator bool());
  }
  if (const auto update = read_update(text, bound)) {
    const auto after = updated(item(), *update);
    if (after) require(*read_item(*after) == *after);
  }
  if (const auto number = Number::read(text)) {
    const auto again = Number::read(number->text());
    require(again && again->order() == number->order());
    require(number->plus(number->negated())->text() == "0");
  }
  return 0;
}
