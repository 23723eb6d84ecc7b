#include "load/plan/device_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace iotemu::load {
namespace {

using ::testing::HasSubstr;

constexpr std::array<std::string_view, 2> kNames{"serial", "index"};

TEST(DeviceText, FillsInWhatDiffers) {
  const DeviceText device{.index = 7, .serial = "sn-7", .client_id = "robot-7", .certificate_id = "ab12"};
  EXPECT_EQ(fill("plant/${clientId}/${index}", device), "plant/robot-7/7");
  EXPECT_EQ(fill("${serial}${certificateId}", device), "sn-7ab12");
  EXPECT_EQ(fill("no names, $5 and {braces}", device), "no names, $5 and {braces}");
}

TEST(DeviceText, KnowsItsNames) {
  EXPECT_TRUE(check_template("/CN=${serial}/serialNumber=${index}", kNames));
  EXPECT_TRUE(check_template("", kNames));
}

TEST(DeviceText, OtherNamesAreRefusedWithThoseThatAreKnown) {
  const auto checked = check_template("/CN=${name}", kNames);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr("${name}; what is known here is ${serial}, ${index}"));
  EXPECT_THAT(check_template("/CN=${serial", kNames).error().message, HasSubstr("closing brace"));
}

TEST(Serial, IsAsWideAsTheLastOneNeeds) {
  EXPECT_EQ(serial_of("load", 17, 100), "load-000017");
  EXPECT_EQ(serial_of("load", 17, 20'000'000), "load-00000017");
}

}  // namespace
}  // namespace iotemu::load
