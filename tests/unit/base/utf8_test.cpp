#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace iotemu {
namespace {

// Unicode, table 3-7.
TEST(Utf8, KnowsWellFormedTextFromAnyOther) {
  for (const char* good : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "gr\xC3\xBC\xC3\x9F"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xC1\x80", "\xC2",
                          "\xC2"
                          "a",
                          "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                          "\xF5\x80\x80\x80", "\xFF", "ok\xC3"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Utf8, CountsCharactersNotBytes) {
  EXPECT_EQ(count_characters(""), 0U);
  EXPECT_EQ(count_characters("gr\xC3\xBC\xC3\x9F"), 4U);
  EXPECT_EQ(count_characters("\xF0\x90\x80\x80x"), 2U);
}

TEST(Utf8, CutsBetweenCharactersOnly) {
  const std::string text = "a\xC3\xBC\xF0\x90\x80\x80";
  EXPECT_EQ(front_characters(text, 0), "");
  EXPECT_EQ(front_characters(text, 1), "a");
  EXPECT_EQ(front_characters(text, 2), "a");
  EXPECT_EQ(front_characters(text, 3), "a\xC3\xBC");
  EXPECT_EQ(front_characters(text, 6), "a\xC3\xBC");
  EXPECT_EQ(front_characters(text, 7), text);
  EXPECT_EQ(front_characters(text, 100), text);
}

}  // namespace
}  // namespace iotemu
