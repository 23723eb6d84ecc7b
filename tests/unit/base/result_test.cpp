#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace iotemu {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return Error{Errc::invalid_request, "odd number 3"};
  return value / 2;
}

TEST(Result, HoldsTheValueOfASuccess) {
  const auto result = half(8);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*result, 4);
}

TEST(Result, HoldsCodeAndMessageOfAFailure) {
  const auto result = half(3);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::invalid_request);
  EXPECT_EQ(result.error().message, "odd number 3");
}

TEST(Result, CarriesTheResourceThatAlreadyExists) {
  const Status status = Error{
      .code = Errc::already_exists, .message = "taken", .resource_id = "p1", .resource_arn = "arn:policy/p1"};
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().resource_id, "p1");
  EXPECT_EQ(status.error().resource_arn, "arn:policy/p1");
}

TEST(Result, MovesOutAValueThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result{std::make_unique<int>(7)};
  const std::unique_ptr<int> owned = *std::move(result);
  EXPECT_EQ(*owned, 7);
}

TEST(Result, ReachesMembersThroughTheArrow) {
  Result<std::string> result{std::string{"abc"}};
  result->push_back('d');
  EXPECT_EQ(result->size(), 4U);
}

TEST(Status, IsOkWithoutAValue) {
  const Status status = Ok{};
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(*status, Ok{});
}

}  // namespace
}  // namespace iotemu
