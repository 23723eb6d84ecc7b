#include "base/shared_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace iotemu {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// What every process here has loaded already.
constexpr const char* kMath = "libm.so.6";

TEST(SharedLibrary, GivesTheFunctionsOfALibrary) {
  SharedLibrary library{kMath};
  double (*round_down)(double){};
  library.find("floor", round_down);
  ASSERT_TRUE(library.status()) << library.status().error().message;
  ASSERT_NE(round_down, nullptr);
  EXPECT_EQ(round_down(2.5), 2.0);
}

TEST(SharedLibrary, SaysWhichLibraryIsMissing) {
  SharedLibrary library{"libnobody-has-this.so.7"};
  ASSERT_FALSE(library.status());
  EXPECT_EQ(library.status().error().code, Errc::unavailable);
  EXPECT_THAT(library.status().error().message,
              StartsWith("libnobody-has-this.so.7 cannot be loaded: libnobody-has-this.so.7: "));
  EXPECT_THAT(library.status().error().message, HasSubstr("No such file"));
}

TEST(SharedLibrary, HasNoFunctionsWhereItIsMissing) {
  SharedLibrary library{"libnobody-has-this.so.7"};
  double (*round_down)(double){};
  library.find("floor", round_down);
  EXPECT_EQ(round_down, nullptr);
}

TEST(SharedLibrary, SaysTheFirstFunctionThatIsMissingAndFindsTheOthers) {
  SharedLibrary library{kMath};
  double (*first)(double){};
  double (*second)(double){};
  double (*round_down)(double){};
  library.find("first_of_nothing", first);
  library.find("second_of_nothing", second);
  library.find("floor", round_down);
  ASSERT_FALSE(library.status());
  EXPECT_THAT(library.status().error().message, HasSubstr("first_of_nothing"));
  EXPECT_EQ(first, nullptr);
  EXPECT_NE(round_down, nullptr);
}

}  // namespace
}  // namespace iotemu
