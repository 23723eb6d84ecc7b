// What the tables promise, checked row by row: every member rule of every operation is exercised without
// naming an operation here.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "base/base64.h"
#include "emulator/api/api.h"
#include "emulator/api/operation.h"
#include "emulator/api/router.h"
#include "emulator/api/validate.h"

namespace iotemu::api {
namespace {

std::vector<Route> all_routes() {
  auto all = control_plane_routes();
  const auto data = data_plane_routes();
  all.insert(all.end(), data.begin(), data.end());
  return all;
}

std::vector<const Operation*> built_operations() {
  std::vector<const Operation*> built;
  for (const auto& route : all_routes()) {
    if (route.operation != nullptr) built.push_back(route.operation);
  }
  return built;
}

/// A text that obeys the member's rules, `size` characters long where the rule leaves a choice.
std::string sample_text(const Member& member) {
  if (!member.values.empty()) return std::string{member.values.front()};
  if (member.must_match == &kAcmCertificateArnPattern)
    return "arn:aws:acm:us-east-1:123456789012:certificate/1";
  if (member.must_match == &kFirehoseSeparatorPattern) return ",";
  if (member.must_match == &kSearchEndpointPattern) return "https://1";
  if (member.must_match == &kSalesforceUrlPattern)
    return "https://ingestion-1.1.sfdcnow.com/streams/1/1/event";
  return std::string(std::max<std::size_t>(member.min_length, 1), '1');
}

Json sample(const Member& member) {
  switch (member.type) {
    case Type::string:
    case Type::blob:
      return sample_text(member);
    case Type::integer:
    case Type::number:
      return std::max<std::int64_t>(member.lowest, 1);
    case Type::boolean:
      return true;
    case Type::list:
      return Json::array({sample(member.parts[0])});
    case Type::string_map:
      return Json{{sample_text(member.parts[0]), sample(member.parts[1])}};
    case Type::document:
    case Type::structure: {
      auto object = Json::object();
      for (const auto& part : member.parts) object[std::string{part.name}] = sample(part);
      return object;
    }
  }
  return {};
}

Json sample_input(const Operation& operation) {
  auto input = Json::object();
  for (const auto& member : operation.input) input[std::string{member.name}] = sample(member);
  return input;
}

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

class OperationTest : public testing::TestWithParam<const Operation*> {
 protected:
  [[nodiscard]] const Operation& operation() const { return *GetParam(); }

  void expect_violation(const Json& input, const Member& member, const std::string& constraint) const {
    const auto valid = validate(operation(), input);
    ASSERT_FALSE(valid.ok()) << member.name << " passed against: " << constraint;
    EXPECT_EQ(valid.error().code, Errc::invalid_request);
    EXPECT_THAT(valid.error().message, testing::HasSubstr("validation error"));
    EXPECT_THAT(valid.error().message, testing::HasSubstr("at '" + std::string{member.name}));
    EXPECT_THAT(valid.error().message, testing::HasSubstr("failed to satisfy constraint: " + constraint));
  }
};

TEST_P(OperationTest, AcceptsInputThatObeysItsRules) {
  const auto valid = validate(operation(), sample_input(operation()));
  EXPECT_TRUE(valid.ok()) << (valid ? "" : valid.error().message);
}

TEST_P(OperationTest, NamesARequiredMemberThatIsMissing) {  // P10.5
  std::size_t required = 0;
  for (const auto& member : operation().input) {
    if (!member.is_required) continue;
    ++required;
    auto input = sample_input(operation());
    input.erase(std::string{member.name});
    expect_violation(input, member, "Member must not be null");
  }
  const auto empty = validate(operation(), Json::object());
  EXPECT_EQ(empty.ok(), required == 0);
}

TEST_P(OperationTest, RefusesEachMemberOutsideItsBounds) {  // P10.5, P appendix A
  const auto valid = sample_input(operation());
  for (const auto& member : operation().input) {
    const std::string name{member.name};
    auto input = valid;
    if (member.type == Type::string && member.max_length < 1'000'000) {
      input[name] = std::string(member.max_length + 1, '1');
      expect_violation(input, member,
                       "Member must have length less than or equal to " + std::to_string(member.max_length));
    }
    if (member.type == Type::string && member.min_length > 0) {
      input[name] = std::string(member.min_length - 1, '1');
      expect_violation(
          input, member,
          "Member must have length greater than or equal to " + std::to_string(member.min_length));
    }
    if (!member.values.empty()) {
      input[name] = "active";
      expect_violation(input, member, "Member must satisfy enum value set: [");
    }
    if (member.must_match != nullptr) {
      // No pattern takes both.
      const char wrong = member.must_match->matches("\x01") ? '$' : '\x01';
      input[name] = std::string(std::max<std::size_t>(member.min_length, 1), wrong);
      expect_violation(
          input, member,
          "Member must satisfy regular expression pattern: " + std::string{member.must_match->text});
    }
    if (member.type == Type::integer && member.highest < 1'000'000) {
      input[name] = member.highest + 1;
      expect_violation(input, member,
                       "Member must have value less than or equal to " + std::to_string(member.highest));
      input[name] = member.lowest - 1;
      expect_violation(input, member,
                       "Member must have value greater than or equal to " + std::to_string(member.lowest));
    }
  }
}

TEST_P(OperationTest, RefusesEachMemberOfAnotherJsonType) {
  for (const auto& member : operation().input) {
    auto input = sample_input(operation());
    input[std::string{member.name}] = member.type == Type::list ? Json::object() : Json::array();
    const auto read = read_input(operation(), input);
    ASSERT_FALSE(read.ok()) << member.name;
    EXPECT_EQ(read.error().code, Errc::serialization);
    EXPECT_THAT(read.error().message, testing::HasSubstr(std::string{member.name}));
  }
}

TEST_P(OperationTest, RefusesAMemberItDoesNotHaveWhenCalledInProcess) {
  const auto read = read_input(operation(), Json{{"noSuchMember", 1}});
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().message, testing::HasSubstr("noSuchMember"));
}

TEST_P(OperationTest, ReadsFromTheWireWhatTheInProcessCallIsGiven) {
  static const Router control{control_plane_routes()};
  static const Router data{data_plane_routes()};
  const Router& router = operation().plane == Plane::control ? control : data;
  const auto input = sample_input(operation());
  http::Request request{.method = std::string{method_of(operation().verb)}};
  std::string path{operation().path};
  std::optional<std::string> payload;
  auto sent = Json::object();
  for (const auto& member : operation().input) {
    auto value = input.at(std::string{member.name});
    if (member.decodes_base64) value = to_base64(as_text(value));
    const std::string wire{member.wire};
    switch (member.place) {
      case Place::path: {
        const auto at = path.find('{' + wire);
        ASSERT_NE(at, path.npos) << "no place in the path for " << wire;
        path.replace(at, path.find('}', at) + 1 - at, as_text(value));
        break;
      }
      case Place::query:
        request.query.emplace_back(wire, as_text(value));
        break;
      case Place::header:
        request.headers.push_back({wire, as_text(value)});
        break;
      case Place::body:
        sent[std::string{member.name}] = value;
        break;
      case Place::payload:
        payload = member.type == Type::blob ? as_text(value) : value.dump();
        break;
    }
  }
  EXPECT_EQ(path.find('{'), path.npos) << "a path label without member in " << path;
  request.body = payload.value_or(sent.dump());
  for (std::size_t at = 1; at <= path.size();) {
    const auto slash = std::min(path.find('/', at), path.size());
    request.segments.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  const auto match = router.match(request.method, request.segments);
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->route->name, operation().name);
  const auto read = read_input(operation(), *match, request);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, input);
}

INSTANTIATE_TEST_SUITE_P(Built, OperationTest, testing::ValuesIn(built_operations()),
                         [](const auto& row) { return std::string{row.param->name}; });

TEST(OperationTables, NameEveryOperationOnceAndEveryBuiltOneCanRun) {
  std::set<std::string_view> names;
  std::set<std::pair<Verb, std::string_view>> places;
  for (const auto& route : all_routes()) {
    EXPECT_TRUE(names.insert(route.name).second) << route.name;
    EXPECT_TRUE(places.insert({route.verb, route.path}).second) << route.name << " shares its path";
    EXPECT_TRUE(route.operation == nullptr || route.operation->run != nullptr) << route.name;
  }
}

TEST(OperationTables, DescribeTheWholeServiceModelSortedByName) {
  const auto rows = describe_operations();
  EXPECT_GT(rows.size(), 260U);
  EXPECT_TRUE(
      std::is_sorted(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  const auto find = [&](std::string_view name) {
    return *std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.name == name; });
  };
  EXPECT_TRUE(find("UpdateCertificate").built);
  EXPECT_EQ(find("UpdateCertificate").verb, "PUT");
  EXPECT_EQ(find("UpdateCertificate").path, "/certificates/{certificateId}");
  EXPECT_TRUE(find("CreateTopicRule").built);
  EXPECT_FALSE(find("CreateStream").built);
}

}  // namespace
}  // namespace iotemu::api
