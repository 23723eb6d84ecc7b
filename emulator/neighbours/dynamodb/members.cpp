#include "emulator/neighbours/dynamodb/members.h"

#include <array>
#include <utility>

#include "emulator/neighbours/dynamodb/legacy.h"
#include "emulator/neighbours/dynamodb/projection.h"

namespace iotemu::neighbours::dynamodb {
namespace {

using api::body;
using api::Member;

constexpr std::array<std::string_view, 3> kConsumed{"INDEXES", "TOTAL", "NONE"};
constexpr std::array<std::string_view, 13> kComparisons{
    "EQ",      "NE",       "IN",   "LE",       "LT",           "GE",         "GT",
    "BETWEEN", "NOT_NULL", "NULL", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH"};

}  // namespace

Member table_name() {
  return body("TableName").required().length(1, 1024);
}

Member attributes(std::string_view name) {
  return body(name).map_of(body("key").length(0, 65'535), body("value").document());
}

std::vector<Member> with_bindings(std::vector<Member> members, bool values) {
  members.push_back(body("ExpressionAttributeNames").map_of(body("key"), body("value").length(0, 65'535)));
  if (values) members.push_back(attributes("ExpressionAttributeValues"));
  return members;
}

Member consumed_capacity() {
  return body("ReturnConsumedCapacity").one_of(kConsumed);
}

Member legacy_conditions(std::string_view name) {
  return body(name).map_of(
      body("key"), body("value").structure({body("ComparisonOperator").one_of(kComparisons),
                                            body("AttributeValueList").list_of(body("member").document()),
                                            body("Value").document(), body("Exists").boolean()}));
}

Member attributes_to_get() {
  return body("AttributesToGet").list_of(body("member").length(0, 65'535)).length(1, 1000);
}

std::uint64_t spread(std::string_view bytes) {
  std::uint64_t value = 14'695'981'039'346'656'037U;
  for (const char c : bytes) value = (value ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  return value;
}

Fault refused(std::string message) {
  return {"ValidationException", std::move(message)};
}

Answer<std::optional<Condition>> read_write_condition(const Json& input, Bindings& bindings) {
  if (auto good = check_one_kind(input); !good) return good.fault();
  const auto text = input.find("ConditionExpression");
  if (text == input.end()) return legacy_condition(input, "Expected");
  auto condition = read_condition("ConditionExpression", text->get_ref<const std::string&>(), bindings);
  if (!condition) return condition.fault();
  return std::optional{std::move(*condition)};
}

Answer<std::optional<std::vector<DocumentPath>>> read_places(const Json& input, Bindings& bindings) {
  using Places = std::optional<std::vector<DocumentPath>>;
  if (auto good = check_one_kind(input); !good) return good.fault();
  if (const auto names = input.find("AttributesToGet"); names != input.end()) {
    return Places{legacy_paths(*names)};
  }
  const auto text = input.find("ProjectionExpression");
  if (text == input.end()) return Places{};
  auto paths = read_projection(text->get_ref<const std::string&>(), bindings);
  if (!paths) return paths.fault();
  return Places{std::move(*paths)};
}

}  // namespace iotemu::neighbours::dynamodb
