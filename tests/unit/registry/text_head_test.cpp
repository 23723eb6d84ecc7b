#include "registry/text_head.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace iotemu::registry {
namespace {

TEST(TextHead, ComparesAsTheTextsDoUnlessTheyAreLongAndBeginAlike) {
  using namespace std::string_literals;
  const std::vector<std::string> texts{"",
                                       "a",
                                       "a\0"s,
                                       "a\0b"s,
                                       "ab",
                                       "b",
                                       "\xff",
                                       "123456789012345",
                                       "1234567890123456",
                                       "1234567890123457",
                                       "123456789012346",
                                       std::string(15, '\0'),
                                       std::string(16, '\0')};
  for (const auto& a : texts) {
    for (const auto& b : texts) {
      const TextHead x{a};
      const TextHead y{b};
      EXPECT_EQ(x.is_whole(), a.size() <= 15);
      if (x == y && !x.is_whole()) {
        EXPECT_EQ(a.substr(0, 15), b.substr(0, 15));
      } else {
        EXPECT_EQ(x < y, a < b) << a << " and " << b;
        EXPECT_EQ(x == y, a == b) << a << " and " << b;
      }
    }
  }
}

}  // namespace
}  // namespace iotemu::registry
