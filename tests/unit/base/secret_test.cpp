#include "base/secret.h"

#include <gtest/gtest.h>

namespace iotemu {
namespace {

TEST(Secret, IsTheSameOnlyWhenEveryCharacterIs) {
  EXPECT_TRUE(same_secret("", ""));
  EXPECT_TRUE(same_secret("0123abcd", "0123abcd"));
  for (const auto* other : {"", "0123abc", "0123abcd0", "1123abcd", "0123abce", "0123ABCD"}) {
    EXPECT_FALSE(same_secret("0123abcd", other)) << other;
    EXPECT_FALSE(same_secret(other, "0123abcd")) << other;
  }
}

}  // namespace
}  // namespace iotemu
