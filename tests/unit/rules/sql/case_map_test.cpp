#include "rules/sql/case_map.h"

#include <gtest/gtest.h>

namespace iotemu::rules::sql {
namespace {

TEST(CaseMap, MapsTextsOfManyScripts) {
  EXPECT_EQ(to_upper("hello [1]"), "HELLO [1]");
  EXPECT_EQ(to_lower("HELLO @Z["), "hello @z[");
  EXPECT_EQ(to_upper("äöüé"), "ÄÖÜÉ");
  EXPECT_EQ(to_lower("ÄÖÜÉŁ"), "äöüéł");
  EXPECT_EQ(to_upper("αβγ жшя"), "ΑΒΓ ЖШЯ");
  EXPECT_EQ(to_lower("ΑΒΓ ЖШЯ"), "αβγ жшя");
  EXPECT_EQ(to_upper("straße"), "STRASSE");
  EXPECT_EQ(to_upper("ÿ"), "Ÿ");
  EXPECT_EQ(to_lower("𐐀"), "𐐨");
  EXPECT_EQ(to_upper("漢字 €"), "漢字 €");
}

}  // namespace
}  // namespace iotemu::rules::sql
