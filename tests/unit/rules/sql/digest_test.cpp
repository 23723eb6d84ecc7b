#include "rules/sql/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace iotemu::rules::sql {
namespace {

TEST(Digest, MakesTheMd2OfTheTestSuiteInRfc1319) {
  EXPECT_EQ(hex_digest(Digest::md2, ""), "8350e5a3e24c153df2275c9f80692773");
  EXPECT_EQ(hex_digest(Digest::md2, "a"), "32ec01ec4a6dac72c0ab96fb34c0b5d1");
  EXPECT_EQ(hex_digest(Digest::md2, "abc"), "da853b0d3f88d99b30283a69e6ded6bb");
  EXPECT_EQ(hex_digest(Digest::md2, "message digest"), "ab4f496bfb2a530b219ff33031fe06b0");
  EXPECT_EQ(hex_digest(Digest::md2, "abcdefghijklmnopqrstuvwxyz"), "4e8ddff3650292ab5a4108c3aa47940b");
  EXPECT_EQ(hex_digest(Digest::md2, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
            "da33def2a42df13975352846c30338cd");
  EXPECT_EQ(
      hex_digest(Digest::md2,
                 "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901"
                 "2345678901234567890")
          .size(),
      32U);
}

TEST(Digest, MakesTheOthersAsEverybodyDoes) {
  EXPECT_EQ(hex_digest(Digest::md5, "hello"), "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(hex_digest(Digest::sha1, "hello"), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
  EXPECT_EQ(hex_digest(Digest::sha224, "hello"), "ea09ae9cc6768c50fcee903ed054556e5bfc8347907f12598aa24193");
  EXPECT_EQ(hex_digest(Digest::sha256, "hello"),
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(hex_digest(Digest::sha384, "").size(), 96U);
  EXPECT_EQ(hex_digest(Digest::sha512, "").substr(0, 16), "cf83e1357eefb8bd");
}

}  // namespace
}  // namespace iotemu::rules::sql
